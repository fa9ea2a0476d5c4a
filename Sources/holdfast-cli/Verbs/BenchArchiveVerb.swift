import HoldfastBench
import HoldfastText

struct BenchArchiveVerb: Verb {
    static let manual = Manual(
        name: "bench archive", summary: "Measures the archive on this machine.",
        description: """
            Rows of one day, made in memory, go into files as archive run writes them: hashes, syncs and reading back \
            are inside, reading SQLite is not. Each compressor that is there, then verify, then single players from \
            the middle. The archives are made in DIR, which must be missing or empty, and are left there.
            """,
        options: [
            .text("dir", "DIR", "where the archives are made", default: "bench-archive"),
            .integer("rows", "N", 1000...Int.max, "rows", default: 10_000_000),
            .integer("threads", "N", 1...3, "threads of a run", default: 3),
            .flag("json", "one JSON object instead of a table"),
        ],
        example: "holdfast bench archive --rows 20000000 --dir /var/tmp/bench-archive")

    private let values: ParsedOptions

    init(_ values: ParsedOptions) throws(UsageError) { self.values = values }

    func run() async throws -> ExitCode {
        let plan = ArchiveBench.Plan(
            directory: values.text("dir"), rows: values.integer("rows"), threads: values.integer("threads"))
        try Report.print(ArchiveBench(plan).run(), asJSON: values.flag("json"))
        return .done
    }
}
