import Holdfast
import HoldfastLog
import HoldfastText

struct ReplayVerb: Verb {
    static let manual = Manual(
        name: "replay", summary: "Rebuilds all balances from the log alone and prints totals per asset.",
        arguments: [.required("DIR", "the ledger's directory")],
        options: [
            .time("as-of", "the balances as they were at this time"),
            .text("into", "FILE", "also writes one JSON line per player and asset, sorted"),
        ],
        example: "holdfast replay ledger --into balances.ndjson")

    private let directory: String
    private let asOf: Int64?
    private let into: String?

    init(_ values: ParsedOptions) throws(UsageError) {
        directory = values.text("DIR")
        asOf = values.millisecondsIfGiven("as-of")
        into = values.textIfGiven("into")
    }

    func run() async throws -> ExitCode {
        let files = try LedgerFiles(directory)
        let progress = Progress.onStandardError("replay", unit: .things("events"), total: Int(files.lastPosition))
        let books = try LedgerBooks(replaying: files, asOf: asOf) { progress.update(done: $0) }
        progress.finish()
        if let into { try WholeFile.write(books.lines, to: into) }
        var output = BufferedWriter.standardOutput()
        try output.write(books.totalsJSON)
        try output.flush()
        return .done
    }
}
