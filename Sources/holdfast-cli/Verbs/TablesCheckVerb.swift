import HoldfastTables
import HoldfastText

struct TablesCheckVerb: Verb {
    static let manual = Manual(
        name: "tables check", summary: "Compares the tables with the log, completely.",
        description: """
            Every row and column, every balance, hold, lock, sum and day, and SQLite's own integrity check. Prints a \
            JSON report that names the first 100 differences with file, player, seq, what was expected and what was \
            found. A shard that can't be read is named, and the others are compared. Changes nothing; each shard is seen \
            as it is at the beginning, so it may run beside tables sync.
            """,
        arguments: [
            .required("DIR", "the ledger's directory"), .required("INTO", "the directory of the tables"),
        ],
        example: "holdfast tables check ledger tables",
        exitCodes: [
            .init(.done, "no difference"), .init(.failed, "there are differences, or the check failed"),
            .init(.usage, "wrong usage"),
        ])

    private let directory: String
    private let into: String

    init(_ values: ParsedOptions) throws(UsageError) {
        directory = values.text("DIR")
        into = values.text("INTO")
    }

    func run() async throws -> ExitCode {
        let progress = Progress.onStandardError("tables check", unit: .things("events"))
        let report = try TablesCheck.run(ledger: directory, tables: into) { done, total in
            progress.setTotal(total)
            progress.update(done: done)
        }
        progress.finish()
        LogBeginning.say("tables check", report.logBegin, "; their rows, and sums with them, were not compared")
        try Output.print(report.json)
        for shard in report.unreadable { Output.say("holdfast tables check: can't be read: \(shard.error)") }
        return report.isGood ? .done : .failed
    }
}
