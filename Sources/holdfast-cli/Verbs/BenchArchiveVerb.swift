import HoldfastBench
import HoldfastText

struct BenchArchiveVerb: Verb {
    static let manual = Manual(
        name: "bench archive", summary: "Measures the archive on this machine.",
        description: """
            Rows of one day, made in memory, go into files as archive run writes them: hashes, syncs and reading back \
            are inside, reading SQLite is not. Each compressor that is there, then verify, then single players from \
            the middle. Then a whole night as archive run does it, out of the tables of a ledger that is made for it, \
            and once more out of its log. All of it is made in DIR, which must be missing or empty, and is left there.
            """,
        options: [
            .text("dir", "DIR", "where the archives are made", default: "bench-archive"),
            .integer("rows", "N", 1000...Int.max, "rows", default: 10_000_000),
            .integer("threads", "N", 1...4, "threads of a run from memory", default: 4),
            .integer("players", "N", 100...1 << 27, "players of the ledger", default: 200_000),
            .integer("tx", "N", 1000...Int.max, "transactions of the ledger", default: 2_000_000),
            .integer("shards", "N", 1...1024, "shards of its tables", default: 8),
            .integer("seed", "N", 0...Int.max, "seed of the generator", default: 1),
            .flag("json", "one JSON object instead of a table"),
        ],
        example: "holdfast bench archive --rows 20000000 --dir /var/tmp/bench-archive")

    private let values: ParsedOptions

    init(_ values: ParsedOptions) throws(UsageError) { self.values = values }

    func run() async throws -> ExitCode {
        var plan = ArchiveBench.Plan(
            directory: values.text("dir"), rows: values.integer("rows"), threads: values.integer("threads"))
        plan.players = values.integer("players")
        plan.transactions = values.integer("tx")
        plan.shards = values.integer("shards")
        plan.seed = UInt64(values.integer("seed"))
        let report = try await ArchiveBench(plan).run()
        try Report.print(report, asJSON: values.flag("json"))
        return report.isGood ? .done : .failed
    }
}
