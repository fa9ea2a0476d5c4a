import HoldfastArchive
import HoldfastText

struct ArchiveRunVerb: Verb {
    static let manual = Manual(
        name: "archive run", summary: "The nightly job, once: moves old days into files, and drops them later.",
        description: """
            Days of the tables whose end is older than --older-than are written into compressed files under \
            ROOT/warehouse, and marked once a snapshot has them. Days whose end is older than --delete-after are \
            dropped from the tables, after every row was found again in files that match their hashes. A run that \
            was stopped is finished, or cleared away, by the next. Prints a JSON report. May run beside the ledger \
            and beside tables sync.
            """,
        arguments: [
            .required("DIR", "the ledger's directory"), .required("INTO", "the directory of its tables"),
            ArchiveVerbs.root,
        ],
        options: [
            ArchiveVerbs.now, .duration("older-than", "age at which days move", default: "90d"),
            .duration("delete-after", "age at which they leave the tables", default: "100d"),
            .choice(
                "source", of: Source.self, "where rows are read; the tables are marked either way", default: .tables),
            .text("database", "NAME", "the ledger's name in the partitions; by default that of DIR"),
            ArchiveVerbs.compressor,
            .integer("snapshot-days", "N", 1...10_000, "days that one snapshot takes at most", default: 32),
            .flag("dry-run", "only says what would be done"),
            .flag("forgive-clock", "goes on though the newest snapshot is later than the time"),
        ],
        example: "holdfast archive run ledger tables archive --dry-run",
        exitCodes: [
            .init(.done, "done"), .init(.failed, "it failed, or some days could not be done"),
            .init(.usage, "wrong usage"),
        ])

    enum Source: String, CaseIterable, Sendable { case tables, log }

    private let job: NightlyJob
    private let now: Int64?

    init(_ values: ParsedOptions) throws(UsageError) {
        var job = NightlyJob(ledger: values.text("DIR"), tables: values.text("INTO"), root: values.text("ROOT"))
        job.olderThan = values.milliseconds("older-than")
        job.deleteAfter = values.milliseconds("delete-after")
        job.engine = try ArchiveVerbs.engine(values)
        job.isDryRun = values.flag("dry-run")
        job.forgivesClock = values.flag("forgive-clock")
        job.readsLog = values.choice("source", as: Source.self) == .log
        job.snapshotDaysMax = values.integer("snapshot-days")
        job.database = values.textIfGiven("database")
        if let name = job.database, !Self.isName(name) {
            throw UsageError("--database \(name): a name has lower-case letters, digits, - and _, 64 at most")
        }
        guard job.deleteAfter >= job.olderThan else {
            throw UsageError("--delete-after comes before --older-than: rows can't be deleted before they are moved")
        }
        self.job = job
        now = values.millisecondsIfGiven("now")
    }

    private static func isName(_ name: String) -> Bool {
        let letters = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
                UInt8(ascii: "_"):
                true
            default: false
            }
        }
        return letters && (1...64).contains(name.utf8.count)
    }

    func run() async throws -> ExitCode {
        let progress = Progress.onStandardError("archive run", unit: .things("rows"))
        let report = try job.run(at: now) { progress.update(done: $0) }
        progress.finish()
        try Output.print(report.json(isDryRun: job.isDryRun))
        for problem in report.problems { Output.say("holdfast archive run: \(problem)") }
        return report.problems.isEmpty ? .done : .failed
    }
}
