// The help is made from the same table that the parser obeys, so the two can't part ways.
extension Manual {
    /// The whole help of a verb. `program` is what the person typed to get here: `holdfast`.
    package func help(program: String, columns: Int) -> String {
        let width = Self.width(columns)
        var sections = [TextLayout.wrap(summary, width: width), usageLines(program: program, width: width)]
        if !description.isEmpty { sections.append(TextLayout.wrap(description, width: width)) }
        if !arguments.isEmpty {
            let rows = arguments.map { ($0.name, Self.explain($0.summary, notes: [$0.rule.note])) }
            sections.append(["arguments:"] + TextLayout.table(rows, width: width))
        }
        sections.append(["options:"] + TextLayout.table(optionRows, width: width))
        let lines = example.split(separator: "\n", omittingEmptySubsequences: false).map { $0.isEmpty ? "" : "  \($0)" }
        sections.append(["example:"] + lines)
        let codes = exitCodes.map { ("\($0.code.rawValue)", $0.text) }
        sections.append(["exit codes:"] + TextLayout.table(codes, width: width))
        return sections.map { $0.joined(separator: "\n") + "\n" }.joined(separator: "\n")
    }

    /// Lines longer than this are hard to read, and a terminal narrower than that is rare enough to wrap by itself.
    static func width(_ columns: Int) -> Int { max(60, min(columns, 100)) }

    func usageLines(program: String, width: Int) -> [String] {
        let forms = usage.isEmpty ? [synopsis] : usage.map { [$0] }
        return forms.enumerated().flatMap { index, pieces -> [String] in
            let start = (index == 0 ? "usage: " : "       ") + "\(program) \(name)"
            // Further lines hang under the first piece, unless the name is so long that this leaves no room.
            let column = min(start.count + 1, width / 2)
            let lines = TextLayout.pack(pieces, width: width - column)
            let hanging = lines.dropFirst().map { String(repeating: " ", count: column) + $0 }
            return [lines.first.map { "\(start) \($0)" } ?? start] + hanging
        }
    }

    /// The pieces of the usage line, each to be kept whole.
    private var synopsis: [String] {
        var pieces = arguments.map { argument in
            switch (argument.count, argument.unless) {
            case (.one, nil): argument.name
            case (.one, _), (.optional, _): "[\(argument.name)]"
            case (.many, _): "\(argument.name)…"
            }
        }
        for option in options {
            if let group = exclusive.first(where: { $0.contains(option.name) }) {
                guard group.first == option.name else { continue }
                let members = group.compactMap { name in options.first { $0.name == name } }
                pieces.append("[\(members.map(\.form).joined(separator: " | "))]")
            } else {
                pieces.append((option.isRequired ? option.form : "[\(option.form)]") + (option.repeats ? "…" : ""))
            }
        }
        return pieces
    }

    private var optionRows: [(term: String, text: String)] {
        let rows = options.map { option in
            let choices: [String]? = if case .choice(let allowed)? = option.rule { allowed } else { nil }
            // A choice's placeholder lists its values already, unless it is a word that stands for them.
            let isListed = choices.map { $0.joined(separator: "|") == option.placeholder } ?? false
            let rule = isListed ? nil : option.rule?.note
            let notes = [
                rule, option.defaultText.map { "default \($0)" }, option.isRequired ? "required" : nil,
                option.repeats ? "may be repeated" : nil,
            ]
            return (option.form, Self.explain(option.summary, notes: notes))
        }
        return rows + [("-h, --help", "prints this help")]
    }

    private static func explain(_ summary: String, notes: [String?]) -> String {
        let given = notes.compactMap { $0 }
        return given.isEmpty ? summary : "\(summary) (\(given.joined(separator: "; ")))"
    }
}

extension Manual.Option {
    /// `--lanes N`, or `--deep` for a flag.
    var form: String { rule == nil ? "--\(name)" : "--\(name) \(placeholder)" }
}
