extension Program {
    /// Finds out what the words ask for, without doing it.
    package func request(_ words: [String], columns: Int = 80) throws(UsageError) -> Request {
        guard let first = words.first else {
            throw UsageError("a verb is missing; \(name) --help lists them")
        }
        switch first {
        case "--help", "-h": return .print(help(columns: columns))
        case "--version": return .print("\(name) \(version)\n")
        case "help": return .print(try help(about: Array(words.dropFirst()), columns: columns))
        default: break
        }
        guard !first.hasPrefix("-") else {
            throw UsageError("unknown option \(first); a verb comes first: \(name) VERB \(first)")
        }
        guard let (verb, rest) = find(words) else {
            guard isFamily(first) else { throw unknown(words) }
            guard words.count > 1 else { throw UsageError("a verb is missing after \(first)", verb: first) }
            guard OptionParser.asksForHelp([words[1]]) else { throw unknown(words) }
            return .print(familyHelp(first, columns: columns))
        }
        let manual = verb.manual
        if OptionParser.asksForHelp(rest) { return .print(manual.help(program: name, columns: columns)) }
        do throws(UsageError) {
            return .run(try verb.init(try OptionParser.parse(rest, by: manual)), name: manual.name)
        } catch {
            throw UsageError(error.message, verb: manual.name)
        }
    }

    /// The verb that the first words name, two words before one, and the words after it.
    private func find(_ words: [String]) -> (verb: any Verb.Type, rest: [String])? {
        for length in [2, 1] where words.count >= length {
            let name = words.prefix(length).joined(separator: " ")
            for group in groups {
                if let verb = group.verbs.first(where: { $0.manual.name == name }) {
                    return (verb, Array(words.dropFirst(length)))
                }
            }
        }
        return nil
    }

    private func isFamily(_ word: String) -> Bool {
        manuals.contains { $0.name.hasPrefix(word + " ") }
    }

    private func unknown(_ words: [String]) -> UsageError {
        let names = manuals.map(\.name)
        if isFamily(words[0]), words.count > 1 {
            let members = names.filter { $0.hasPrefix(words[0] + " ") }.map { String($0.dropFirst(words[0].count + 1)) }
            let question = Suggestions.question(words[1], among: members, prefix: words[0] + " ")
            return UsageError("unknown verb “\(words[0]) \(words[1])”\(question)", verb: words[0])
        }
        // A slip in the first word of two, or in one word.
        for length in [2, 1] where words.count >= length {
            let typed = words.prefix(length).joined(separator: " ")
            let firstWords = names.compactMap { $0.split(separator: " ").first.map(String.init) }
            let candidates = length == 2 ? names.filter { $0.contains(" ") } : Array(Set(firstWords)).sorted()
            if let name = Suggestions.nearest(to: typed, among: candidates) {
                return UsageError("unknown verb “\(words[0])”; did you mean \(name)?")
            }
        }
        return UsageError("unknown verb “\(words[0])”")
    }

    // MARK: Help

    /// The list of verbs by group.
    package func help(columns: Int) -> String {
        let width = Manual.width(columns)
        let widest = manuals.map(\.name.count).max() ?? 0
        var sections = [
            TextLayout.wrap(summary, width: width), ["usage: \(name) VERB [ARGUMENT]… [OPTION]…"],
        ]
        for group in groups {
            // Padding the names keeps the summaries of all groups in one column.
            let rows = group.verbs.map { verb in
                (TextColumn.pad(verb.manual.name, widest), verb.manual.summary)
            }
            sections.append(["\(group.title):"] + TextLayout.table(rows, width: width))
        }
        sections.append(["\(name) VERB --help tells all about one verb; \(name) --version prints the version."])
        return sections.map { $0.joined(separator: "\n") + "\n" }.joined(separator: "\n")
    }

    private func help(about words: [String], columns: Int) throws(UsageError) -> String {
        guard let first = words.first else { return help(columns: columns) }
        if let (verb, _) = find(words) { return verb.manual.help(program: name, columns: columns) }
        if words.count == 1, isFamily(first) { return familyHelp(first, columns: columns) }
        throw unknown(words)
    }

    private func familyHelp(_ family: String, columns: Int) -> String {
        let rows = manuals.filter { $0.name.hasPrefix(family + " ") }.map { ($0.name, $0.summary) }
        let lines = ["usage: \(name) \(family) VERB [ARGUMENT]… [OPTION]…", "", "verbs:"]
        let table = TextLayout.table(rows, width: Manual.width(columns))
        return (lines + table + ["", "\(name) \(family) VERB --help tells all about one verb."])
            .joined(separator: "\n") + "\n"
    }
}
