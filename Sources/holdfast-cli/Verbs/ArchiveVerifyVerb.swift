import HoldfastArchive
import HoldfastText

struct ArchiveVerifyVerb: Verb {
    static let manual = Manual(
        name: "archive verify", summary: "Checks every file of an archive against its manifest.",
        description: """
            The chain of snapshots, and of each file its size, hashes, rows, bounds, counts and order; rows that lie \
            in two files; files that nobody knows. With --tables also that every row that is marked there lies in a \
            file. Prints a JSON report. Changes nothing.
            """,
        arguments: [ArchiveVerbs.root],
        options: [.text("tables", "INTO", "also holds the tables in this directory against the archive")],
        example: "holdfast archive verify archive --tables tables",
        exitCodes: [
            .init(.done, "all sound"), .init(.failed, "there are faults, or the check failed"),
            .init(.usage, "wrong usage"),
        ])

    private let root: String
    private let tables: String?

    init(_ values: ParsedOptions) throws(UsageError) {
        root = values.text("ROOT")
        tables = values.textIfGiven("tables")
    }

    func run() async throws -> ExitCode {
        let progress = Progress.onStandardError("archive verify", unit: .things("rows"))
        let report = try ArchiveVerification.run(root, tables: tables) { rows, total in
            progress.setTotal(total)
            progress.update(done: rows)
        }
        progress.finish()
        try Output.print(report.json)
        return report.isGood ? .done : .failed
    }
}
