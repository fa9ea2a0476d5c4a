import HoldfastBench
import HoldfastLog
import HoldfastText

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
