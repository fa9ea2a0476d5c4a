import HoldfastTables
import HoldfastText

struct TablesDeadLettersVerb: Verb {
    static let manual = Manual(
        name: "tables dead-letters", summary: "Lists, retries or discards events that could not be projected.",
        description: """
            An event that failed three times is put aside with its error, and the rest goes on. Prints one JSON object a \
            letter; with --retry those that failed again. A discarded one stays on record with its reason. May run \
            beside tables sync.
            """,
        arguments: [.required("INTO", "the directory of the tables")],
        options: [
            .flag("all", "lists those that are settled too"), .flag("retry", "tries all open ones once more"),
            .integer("discard", "ID", 1...Int.max, "gives this one up for good"),
            .text("reason", "TEXT", "why; it is kept"),
        ],
        exclusive: [["all", "retry", "discard"]], example: "holdfast tables dead-letters tables --retry",
        exitCodes: [
            .init(.done, "done"), .init(.failed, "a letter failed again, or the command failed"),
            .init(.usage, "wrong usage"),
        ])

    private let into: String
    private let all: Bool
    private let retry: Bool
    private let discarded: (id: UInt64, reason: String)?

    init(_ values: ParsedOptions) throws(UsageError) {
        into = values.text("INTO")
        all = values.flag("all")
        retry = values.flag("retry")
        let reason = values.textIfGiven("reason")
        if let id = values.integerIfGiven("discard") {
            guard let reason, !reason.isEmpty else {
                throw UsageError("--discard needs a --reason: it stays on record")
            }
            discarded = (UInt64(id), reason)
        } else {
            guard reason == nil else { throw UsageError("--reason goes with --discard") }
            discarded = nil
        }
    }

    func run() async throws -> ExitCode {
        let box = try DeadLetterBox(into)
        if let discarded {
            try box.discard(discarded.id, because: discarded.reason)
            return .done
        }
        let letters = retry ? try box.retry() : try box.letters(settled: all)
        var output = BufferedWriter.standardOutput()
        var json = JSONWriter()
        for letter in letters {
            json.removeAll()
            letter.write(to: &json)
            try output.write(json)
        }
        try output.flush()
        return retry && !letters.isEmpty ? .failed : .done
    }
}
