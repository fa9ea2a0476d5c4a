import Holdfast
import HoldfastAudit
import HoldfastLog
import HoldfastText

struct ReplayVerb: Verb {
    static let manual = Manual(
        name: "replay", summary: "Rebuilds all balances from the log alone and prints totals per asset.",
        description: """
            Every event goes through the same code that served it live and, beside it, through an independent \
            summation that reads the documented bytes by itself. Both must come to the same books; exit 1 and what \
            differs where they do not.
            """,
        arguments: [.required("DIR", "the ledger's directory")],
        options: [
            .time("as-of", "the balances as they were at this time"),
            .text("into", "FILE", "also writes one JSON line per player and asset, sorted"),
        ] + ComparisonOptions.options,
        example: "holdfast replay ledger --into balances.ndjson")

    private let directory: String
    private let asOf: Int64?
    private let into: String?
    private let plan: ComparisonPlan

    init(_ values: ParsedOptions) throws(UsageError) {
        directory = values.text("DIR")
        asOf = values.millisecondsIfGiven("as-of")
        into = values.textIfGiven("into")
        plan = ComparisonOptions.plan(values)
    }

    func run() async throws -> ExitCode {
        let output = try into.map { path in try OutputFile(path) }
        let files = try LedgerFiles(directory)
        let progress = Progress.onStandardError("replay", unit: .things("events"), total: Int(files.lastPosition))
        var replay = try LedgerReplay(of: files, asOf: asOf) { progress.update(done: $0) }
        progress.finish()
        if !plan.isEmpty { replay.add(ComparisonOptions.run(plan, directory)) }
        try output?.write(replay.lines)
        try Output.print(replay.json)
        return replay.isGood ? .done : .failed
    }
}
