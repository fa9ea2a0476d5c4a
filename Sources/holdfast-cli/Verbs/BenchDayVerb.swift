import HoldfastBench
import HoldfastLog
import HoldfastText

struct BenchDayVerb: Verb {
    static let manual = Manual(
        name: "bench day", summary: "Runs a day of a wallet on this machine.",
        description: """
            Tenants of Zipf-skewed sizes, players of Zipf-skewed activity, an evening peak of five times the mean, \
            and the mix of `bench wallet`. First every player gets a deposit; then the day's transactions run as \
            fast as they go, or at a set rate with latencies counted from when each was due. The ledger's clock is \
            given: a fast day takes the ledger through 24 hours, with the expiry of holds and the window of \
            requests that go with them. The generator is deterministic, runs on the same cores, and knows each \
            answer before it comes.

            Afterwards every answer, all balances and the number of events are checked against the generator's own \
            books, the ledger is opened again by replay and from a snapshot, and verified. Exit 1 where anything \
            differs. A day of 400 million transactions takes 60 GB of disk and 12 GB of memory.
            """,
        options: [
            .text("dir", "DIR", "where the ledger is made; missing or empty", default: "bench-day"),
            .integer("tx", "N", 1000...1 << 40, "transactions of the day", default: 40_000_000),
            .integer("players", "N", 1000...1 << 27, "players", default: 3_000_000),
            .integer("tenants", "N", 1...1000, "tenants", default: 100),
            .integer(
                "lanes", "N", 1...Limits.lanesMax,
                "lanes of the ledger; without it one a core up to eight, at a rate one"),
            .integer("seed", "N", 0...Int.max, "seed of the generator", default: 1),
            .integer("rate", "N", 1...10_000_000, "transactions offered a second; without it as fast as it goes"),
            .duration("duration", "length of a run at a rate; cuts a fast one short"),
            .flag("tables", "keeps tables up to date meanwhile, in DIR-tables, and checks them against the log"),
            .flag("archive", "archives the day after it, out of the tables, into DIR-archive; implies --tables"),
            .flag("seal", "seals the log after the day, before it is opened again and verified"),
            .flag("no-checks", "leaves out opening again and `verify`"),
            .flag("json", "one JSON object instead of a table"),
        ],
        exclusive: [["seal", "no-checks"], ["archive", "no-checks"]],
        example: "holdfast bench day --tx 400000000 --players 30000000 --dir /var/tmp/bench-day",
        exitCodes: [
            .init(.done, "done"), .init(.failed, "the ledger failed, or a check did"), .init(.usage, "wrong usage"),
        ])

    private let plan: DayPlan
    private let asJSON: Bool

    init(_ values: ParsedOptions) throws(UsageError) {
        var plan = DayPlan(values)
        plan.tenants = values.integer("tenants")
        plan.rate = values.integerIfGiven("rate")
        // As fast as it goes every core decides; at a rate one lane is enough, and a second would be a second sync.
        if !values.isGiven("lanes"), plan.rate == nil { plan.lanes = min(Machine.usableCores, 8) }
        plan.seconds = values.millisecondsIfGiven("duration").map { Double($0) / 1000 }
        if values.flag("archive") { plan.archive = plan.directory + "-archive" }
        if values.flag("tables") || values.flag("archive") { plan.tables = plan.directory + "-tables" }
        plan.seals = values.flag("seal")
        plan.checks = !values.flag("no-checks")
        self.plan = plan
        asJSON = values.flag("json")
    }

    func run() async throws -> ExitCode {
        let report = try await DayBench(plan, dashboard: .onStandardError()).run()
        try Report.print(report, asJSON: asJSON)
        return report.isGood ? .done : .failed
    }
}
