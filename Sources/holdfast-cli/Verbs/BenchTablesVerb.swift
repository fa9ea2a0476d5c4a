import HoldfastBench
import HoldfastText

struct BenchTablesVerb: Verb {
    static let manual = Manual(
        name: "bench tables", summary: "Measures the sharded tables on this machine.",
        description: """
            Makes a ledger in DIR, then measures following its log from the first event, making the tables anew, what \
            SQLite takes from a plain loop with the same tables and indexes, the lag behind the ledger at a set rate, \
            and a day that goes. Ends with a complete check. DIR must be missing or empty and is left there.
            """,
        options: [
            .text("dir", "DIR", "where all of it is made", default: "bench-tables"),
            .integer("players", "N", 100...1 << 27, "players", default: 200_000),
            .integer("tx", "N", 1000...Int.max, "transactions of the ledger", default: 2_000_000),
            .integer("shards", "N", 1...1024, "shards", default: 8),
            .integer("rate", "N", 100...10_000_000, "transactions a second while the lag is measured", default: 50_000),
            .integer("seconds", "N", 1...3600, "for how long", default: 5),
            .integer("seed", "N", 0...Int.max, "seed of the generator", default: 1),
            .flag("json", "one JSON object instead of a table"),
        ],
        example: "holdfast bench tables --dir /var/tmp/bench-tables")

    private let plan: TablesBench.Plan
    private let asJSON: Bool

    init(_ values: ParsedOptions) throws(UsageError) {
        var plan = TablesBench.Plan()
        plan.directory = values.text("dir")
        plan.players = values.integer("players")
        plan.transactions = values.integer("tx")
        plan.shards = values.integer("shards")
        plan.rate = values.integer("rate")
        plan.seconds = values.integer("seconds")
        plan.seed = UInt64(values.integer("seed"))
        self.plan = plan
        asJSON = values.flag("json")
    }

    func run() async throws -> ExitCode {
        let report = try await TablesBench(plan).run()
        try Report.print(report, asJSON: asJSON)
        return report.isGood ? .done : .failed
    }
}
