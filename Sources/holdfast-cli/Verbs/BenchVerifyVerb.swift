import HoldfastBench
import HoldfastLog
import HoldfastText

struct BenchVerifyVerb: Verb {
    static let manual = Manual(
        name: "bench verify", summary: "Measures `verify`.",
        description: """
            Makes a ledger by the traffic of `bench day`, leaves it in DIR, and verifies it.
            """,
        options: [
            .text("dir", "DIR", "where the ledger is made; missing or empty", default: "bench-verify"),
            .integer("tx", "N", 1000...1 << 40, "transactions of the day", default: 10_000_000),
            .integer("players", "N", 1000...1 << 27, "players", default: 1_000_000),
            .integer("lanes", "N", 1...Limits.lanesMax, "lanes of the ledger", default: 1),
            .integer("runs", "N", 1...99, "runs; medians are printed", default: 3),
            .integer("seed", "N", 0...Int.max, "seed of the generator", default: 1),
            .flag("json", "one JSON object instead of a table"),
        ],
        example: "holdfast bench verify --dir /var/tmp/bench-verify")

    private let plan: DayPlan
    private let runs: Int
    private let asJSON: Bool

    init(_ values: ParsedOptions) throws(UsageError) {
        var plan = DayPlan()
        plan.directory = values.text("dir")
        plan.transactions = values.integer("tx")
        plan.players = values.integer("players")
        plan.lanes = values.integer("lanes")
        plan.seed = UInt64(values.integer("seed"))
        self.plan = plan
        runs = values.integer("runs")
        asJSON = values.flag("json")
    }

    func run() async throws -> ExitCode {
        let report = try await VerifyBench(plan, runs: runs, dashboard: .onStandardError()).run()
        try Report.print(report, asJSON: asJSON)
        return report.isGood ? .done : .failed
    }
}
