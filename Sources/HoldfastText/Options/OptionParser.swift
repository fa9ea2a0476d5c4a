/// Applies a verb's table to its words.
struct OptionParser {
    private let manual: Manual
    private var values: [String: [CheckedValue]] = [:]
    private var flags: Set<String> = []
    private var places: [String] = []

    /// Whether the words ask for help. `--` ends options, so a player may be called `-h`.
    static func asksForHelp(_ words: [String]) -> Bool {
        words.prefix { $0 != "--" }.contains { $0 == "--help" || $0 == "-h" }
    }

    static func parse(_ words: [String], by manual: Manual) throws(UsageError) -> ParsedOptions {
        var parser = OptionParser(manual: manual)
        try parser.takeWords(words)
        try parser.takePlaces()
        try parser.checkTogether()
        return ParsedOptions(manual: manual, values: parser.values, flags: parser.flags)
    }

    private init(manual: Manual) {
        self.manual = manual
    }

    private mutating func takeWords(_ words: [String]) throws(UsageError) {
        var rest = words[...]
        while let word = rest.popFirst() {
            if word == "--" {
                places += rest
                return
            }
            if word.hasPrefix("--") {
                try takeOption(word, &rest)
            } else if word.hasPrefix("-"), word.count > 1, !Self.isNegativeNumber(word) {
                throw UsageError(
                    "unknown option \(word)\(Suggestions.question(long(word), among: names, prefix: "--"))")
            } else {
                places.append(word)
            }
        }
    }

    private mutating func takeOption(_ word: String, _ rest: inout ArraySlice<String>) throws(UsageError) {
        let body = word.dropFirst(2)
        let equals = body.firstIndex(of: "=")
        let name = String(body[..<(equals ?? body.endIndex)])
        guard let option = manual.options.first(where: { $0.name == name }) else {
            throw UsageError("unknown option --\(name)\(Suggestions.question(name, among: names, prefix: "--"))")
        }
        guard let rule = option.rule else {
            guard equals == nil else { throw UsageError("--\(name) is a flag and takes no value") }
            guard flags.insert(name).inserted else { throw UsageError("--\(name) is given twice") }
            return
        }
        let text: String
        if let equals {
            text = String(body[body.index(after: equals)...])
        } else {
            guard let next = rest.popFirst() else {
                throw UsageError("--\(name) needs a value: --\(name) \(option.placeholder)")
            }
            guard !next.hasPrefix("--") else {
                throw UsageError(
                    "--\(name) needs a value, not \(next); a value with dashes is written --\(name)=\(next)")
            }
            text = next
        }
        guard option.repeats || values[name] == nil else { throw UsageError("--\(name) is given twice") }
        values[name, default: []].append(try rule.check(text, name: "--\(name)"))
    }

    private mutating func takePlaces() throws(UsageError) {
        var rest = places[...]
        for argument in manual.arguments {
            if argument.count == .many, !rest.isEmpty {
                var all: [CheckedValue] = []
                for text in rest { all.append(try argument.rule.check(text, name: argument.name)) }
                values[argument.name] = all
                return
            }
            guard let text = rest.popFirst() else {
                let isExcused = argument.unless.map { values[$0] != nil || flags.contains($0) } ?? false
                guard argument.count == .optional || isExcused else {
                    throw UsageError("\(argument.name) is missing: \(argument.summary)")
                }
                continue
            }
            guard !text.isEmpty else { throw UsageError("\(argument.name) is empty: \(argument.summary)") }
            values[argument.name] = [try argument.rule.check(text, name: argument.name)]
        }
        if let extra = rest.first {
            throw UsageError("unexpected argument “\(extra)”")
        }
    }

    private func checkTogether() throws(UsageError) {
        for group in manual.exclusive {
            let given = group.filter { values[$0] != nil || flags.contains($0) }
            guard given.count <= 1 else {
                throw UsageError("--\(given[0]) and --\(given[1]) cannot be used together")
            }
        }
        for option in manual.options where option.isRequired && values[option.name] == nil {
            throw UsageError("--\(option.name) \(option.placeholder) is missing: \(option.summary)")
        }
    }

    private var names: [String] { manual.options.map(\.name) + ["help"] }

    /// `-lanes` is more often `--lanes` than anything else.
    private func long(_ word: String) -> String { String(word.drop { $0 == "-" }) }

    private static func isNegativeNumber(_ word: String) -> Bool {
        DecimalDigits.integer(word.utf8) != nil
    }
}
