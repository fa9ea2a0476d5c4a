import HoldfastArchive
import HoldfastText

struct ArchiveCompactVerb: Verb {
    static let manual = Manual(
        name: "archive compact", summary: "Merges the small files of each partition, as a new snapshot.",
        description: """
            The rows stay the same, which their row-set hash proves. The old files move to ROOT/_retired, where older \
            snapshots find them until they expire. Prints a JSON report.
            """,
        arguments: [ArchiveVerbs.root],
        options: [
            .integer("small-mib", "MIB", 1...4096, "files below this size are merged", default: 64),
            ArchiveVerbs.compressor, ArchiveVerbs.now, .flag("dry-run", "only says what would be done"),
        ],
        example: "holdfast archive compact archive --dry-run")

    private let root: String
    private let smallBytes: UInt64
    private let engine: GzipEngine
    private let now: Int64
    private let isDryRun: Bool

    init(_ values: ParsedOptions) throws(UsageError) {
        root = values.text("ROOT")
        smallBytes = UInt64(values.integer("small-mib")) << 20
        engine = try ArchiveVerbs.engine(values)
        now = ArchiveVerbs.time(values)
        isDryRun = values.flag("dry-run")
    }

    func run() async throws -> ExitCode {
        let archive = try Archive.open(root, for: .upkeep)
        let progress = Progress.onStandardError("archive compact", unit: .things("rows"))
        let report = try archive.compact(at: now, smallBytes: smallBytes, engine: engine, isDryRun: isDryRun) {
            progress.update(done: $0)
        }
        progress.finish()
        try Output.print(report.json(isDryRun: isDryRun))
        return .done
    }
}
