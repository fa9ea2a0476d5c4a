import Holdfast
import HoldfastBench
import HoldfastLog
import HoldfastText

struct BenchLogVerb: Verb {
    static let manual = Manual(
        name: "bench log", summary: "Measures the event log on this machine.",
        description: """
            Durable appends in bulk and one by one, commit latency at set rates, reading and recovery. The log is \
            made in DIR, which must be missing or empty, and is left there. Durable means synced.
            """,
        options: [
            .text("dir", "DIR", "where the log is made", default: "bench-log"),
            .integer("events", "N", 1000...Int.max, "events in bulk", default: 10_000_000),
            .integer("streams", "N", 1...1 << 28, "streams that they go to", default: 100_000),
            .integer("runs", "N", 1...99, "runs of each; medians are printed", default: 3),
            .integer("seconds", "N", 1...3600, "length of each timed run", default: 3),
            .choice("only", of: LogBench.Plan.Part.self, "one part instead of all"),
            .flag("json", "one JSON object instead of a table"),
        ],
        example: "holdfast bench log --dir /var/tmp/bench-log")

    private let values: ParsedOptions

    init(_ values: ParsedOptions) throws(UsageError) { self.values = values }

    func run() async throws -> ExitCode {
        let plan = LogBench.Plan(
            directory: values.text("dir"), events: values.integer("events"), streams: values.integer("streams"),
            seconds: Double(values.integer("seconds")), runs: values.integer("runs"),
            only: values.choiceIfGiven("only", as: LogBench.Plan.Part.self))
        try await Report.print(LogBench(plan).run(), asJSON: values.flag("json"))
        return .done
    }
}

struct BenchWalletVerb: Verb {
    static let manual = Manual(
        name: "bench wallet", summary: "Measures the wallet ledger on this machine.",
        description: """
            First every player gets a deposit, then authorise + confirm pairs and a mix of 45% authorise, 40% \
            confirm, 8% credit, 3% debit, 2% rollback, 1% duplicates and 1% refused run in bulk, uniform and skewed \
            (80% of the traffic on 5% of the players), then callers one by one. Durable, with request memory on. \
            The generator's own cost is printed and not subtracted.
            """,
        options: [
            .text("dir", "DIR", "where the ledger is made", default: "bench-wallet"),
            .integer("players", "N", 1000...1 << 27, "players", default: 1_000_000),
            .integer("tx", "N", 1000...Int.max, "transactions a run", default: 10_000_000),
            .integer("lanes", "N", 1...Limits.lanesMax, "lanes of the ledger", default: 1),
            .integer("seconds", "N", 1...3600, "length of the one-by-one runs", default: 3),
            .integer("seed", "N", 0...Int.max, "seed of the generator", default: 1),
            .flag("json", "one JSON object instead of a table"),
        ],
        example: "holdfast bench wallet --players 30000000 --dir /var/tmp/bench-wallet")

    private let values: ParsedOptions

    init(_ values: ParsedOptions) throws(UsageError) { self.values = values }

    func run() async throws -> ExitCode {
        let plan = WalletBench.Plan(
            directory: values.text("dir"), players: values.integer("players"), transactions: values.integer("tx"),
            lanes: values.integer("lanes"), seconds: Double(values.integer("seconds")),
            seed: UInt64(values.integer("seed")))
        try await Report.print(WalletBench(plan).run(), asJSON: values.flag("json"))
        return .done
    }
}
