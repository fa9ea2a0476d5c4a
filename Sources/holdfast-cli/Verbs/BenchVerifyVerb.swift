import HoldfastBench
import HoldfastText

struct BenchVerifyVerb: Verb {
    static let manual = Manual(
        name: "bench verify", summary: "Measures `verify`.",
        description: """
            Makes a ledger by the traffic of `bench day`, leaves it in DIR, and verifies it.
            """,
        options: BenchDayLedger.options(directory: "bench-verify"),
        example: "holdfast bench verify --dir /var/tmp/bench-verify")

    private let plan: DayPlan
    private let runs: Int
    private let asJSON: Bool

    init(_ values: ParsedOptions) throws(UsageError) {
        plan = DayPlan(values)
        runs = values.integer("runs")
        asJSON = values.flag("json")
    }

    func run() async throws -> ExitCode {
        let report = try await VerifyBench(plan, runs: runs, dashboard: .onStandardError()).run()
        try Report.print(report, asJSON: asJSON)
        return report.isGood ? .done : .failed
    }
}
