import HoldfastBench
import HoldfastLog
import HoldfastText

struct BenchScaleVerb: Verb {
    static let manual = Manual(
        name: "bench scale", summary: "Measures how cost grows with players and history.",
        description: """
            Runs the traffic of `bench day` on ledgers of a thirtieth, a tenth, a third and all of --players with a \
            tenth of --events, then of a hundredth, a tenth and all of --events with a thirtieth of --players. Prints \
            processor time a transaction, memory, and the time to open, of each. The ledgers are made in DIR and \
            removed.
            """,
        options: [
            .text("dir", "DIR", "where ledgers are made; must not exist", default: "bench-scale"),
            .integer("players", "N", 30_000...1 << 27, "most players", default: 30_000_000),
            .integer("events", "N", 100_000...1 << 40, "most events of history", default: 100_000_000),
            .integer("lanes", "N", 1...Limits.lanesMax, "lanes of the ledgers", default: 1),
            .integer("seed", "N", 0...Int.max, "seed of the generator", default: 1),
            .flag("json", "one JSON object instead of a table"),
        ],
        example: "holdfast bench scale --players 3000000 --events 10000000 --dir /var/tmp/bench-scale")

    private let plan: ScaleBench.Plan
    private let asJSON: Bool

    init(_ values: ParsedOptions) throws(UsageError) {
        plan = ScaleBench.Plan(
            directory: values.text("dir"), players: values.integer("players"), events: values.integer("events"),
            lanes: values.integer("lanes"), seed: UInt64(values.integer("seed")))
        asJSON = values.flag("json")
    }

    func run() async throws -> ExitCode {
        let report = try await ScaleBench(plan, dashboard: .onStandardError()).run()
        try Report.print(report, asJSON: asJSON)
        return report.isGood ? .done : .failed
    }
}
