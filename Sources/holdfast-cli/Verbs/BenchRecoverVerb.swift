import HoldfastBench
import HoldfastText

struct BenchRecoverVerb: Verb {
    static let manual = Manual(
        name: "bench recover", summary: "Measures how long a ledger takes to open.",
        description: """
            Makes a ledger by the traffic of `bench day`, leaves it in DIR, and opens it again: everything replayed, and \
            from a snapshot.
            """,
        options: BenchDayLedger.options(directory: "bench-recover"),
        example: "holdfast bench recover --dir /var/tmp/bench-recover")

    private let plan: DayPlan
    private let runs: Int
    private let asJSON: Bool

    init(_ values: ParsedOptions) throws(UsageError) {
        plan = DayPlan(values)
        runs = values.integer("runs")
        asJSON = values.flag("json")
    }

    func run() async throws -> ExitCode {
        let report = try await RecoverBench(plan, runs: runs, dashboard: .onStandardError()).run()
        try Report.print(report, asJSON: asJSON)
        return report.isGood ? .done : .failed
    }
}
