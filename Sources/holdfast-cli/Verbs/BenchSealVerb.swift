import HoldfastBench
import HoldfastText

struct BenchSealVerb: Verb {
    static let manual = Manual(
        name: "bench seal", summary: "Measures sealed segments on this machine.",
        description: """
            Fills ledgers with the mix of `bench wallet`, uniform and skewed, then seals them on one core and checks \
            them on two; makes proofs, a backup and a restore; runs the mix with and without sealing beside it, in \
            turns; and reads one player's 10 000 events out of many segments, from the disk and from memory. The \
            ledgers are made in DIR; those that were sealed are left there.
            """,
        options: [
            .text("dir", "DIR", "where the ledgers are made", default: "bench-seal"),
            .integer("players", "N", 1000...1 << 27, "players", default: 1_000_000),
            .integer("tx", "N", 1000...Int.max, "transactions of the mix", default: 3_000_000),
            .integer("segments", "N", 1...10_000, "segments that the history runs through", default: 100),
            .integer("seed", "N", 0...Int.max, "seed of the generator", default: 1),
            .flag("json", "one JSON object instead of a table"),
        ],
        example: "holdfast bench seal --dir /var/tmp/bench-seal")

    private let values: ParsedOptions

    init(_ values: ParsedOptions) throws(UsageError) { self.values = values }

    func run() async throws -> ExitCode {
        let plan = SealBench.Plan(
            directory: values.text("dir"), players: values.integer("players"), transactions: values.integer("tx"),
            historySegments: values.integer("segments"), seed: UInt64(values.integer("seed")))
        try await Report.print(SealBench(plan).run(), asJSON: values.flag("json"))
        return .done
    }
}
