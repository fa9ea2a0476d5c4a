/// A command line with verbs: finds the verb, answers `--help` and `--version`, reports errors, gives the exit code.
///
///     let program = Program(
///         name: "holdfast", summary: "An event-sourced wallet ledger.", version: "1.0.0",
///         groups: [VerbGroup("ledger", [InitVerb.self, ApplyVerb.self])])
///     exit(await program.run().rawValue)
package struct Program: Sendable {
    package let name: String
    package let summary: String
    package let version: String
    package let groups: [VerbGroup]

    package init(name: String, summary: String, version: String, groups: [VerbGroup]) {
        self.name = name
        self.summary = summary
        self.version = version
        self.groups = groups
    }

    /// What the words on the command line come to.
    package enum Request: Sendable {
        case print(String)
        case run(any Verb, name: String)
    }

    var manuals: [Manual] { groups.flatMap { $0.verbs.map { $0.manual } } }

    /// The whole run: request, output, errors on standard error, exit code.
    package func run() async -> ExitCode {
        SystemCalls.ignoreBrokenPipes()
        var verbName: String?
        do {
            let words = try Self.words()
            let columns = SystemCalls.columns(SystemCalls.standardOutput) ?? 80
            switch try request(words, columns: columns) {
            case .print(let text):
                var output = BufferedWriter.standardOutput()
                try output.write(text)
                try output.flush()
                return .done
            case .run(let verb, let name):
                verbName = name
                return try await verb.run()
            }
        } catch StreamError.readerWentAway {
            // Whoever stopped reading knows it; a message would only disturb what they do instead.
            return .failed
        } catch let error as UsageError {
            StandardError.put(usageText(UsageError(error.message, verb: error.verb ?? verbName)))
            return .usage
        } catch {
            StandardError.put(errorText(error, verb: verbName))
            return .failed
        }
    }

    func usageText(_ error: UsageError) -> String {
        let command = error.verb.map { "\(name) \($0)" } ?? name
        return "\(command): \(error.message.visible(keepingLineEnds: true))\nTry “\(command) --help”.\n"
    }

    func errorText(_ error: any Error, verb: String?) -> String {
        "\(verb.map { "\(name) \($0)" } ?? name): \("\(error)".visible(keepingLineEnds: true))\n"
    }

    /// The words after the program's name. Swift would quietly repair what isn't UTF-8, and a repaired name is the name
    /// of another player or another file.
    private static func words() throws(UsageError) -> [String] {
        var words: [String] = []
        for index in 1..<max(1, Int(CommandLine.argc)) {
            guard let bytes = CommandLine.unsafeArgv[index] else { break }
            guard let word = String(validatingCString: bytes) else {
                throw UsageError("argument \(index) is not valid UTF-8")
            }
            words.append(word)
        }
        return words
    }
}
