import HoldfastArchive
import HoldfastText

struct ArchiveExpireVerb: Verb {
    static let manual = Manual(
        name: "archive expire", summary: "Removes old snapshots, the files that only they need, and orphans.",
        description: """
            Snapshots older than --older-than go, with files that were merged or erased since; the rows of the newest \
            snapshot all stay. A line about each expired snapshot stays in ROOT/_metadata/base-….json. Files that no \
            snapshot knows are removed as well. Prints a JSON report.
            """,
        arguments: [ArchiveVerbs.root],
        options: [
            .duration("older-than", "age of the snapshots that go", required: true), ArchiveVerbs.now,
            .flag("dry-run", "only says what would be removed"),
        ],
        example: "holdfast archive expire archive --older-than 30d --dry-run")

    private let root: String
    private let cut: Int64
    private let isDryRun: Bool

    init(_ values: ParsedOptions) throws(UsageError) {
        root = values.text("ROOT")
        cut = ArchiveVerbs.time(values) - values.milliseconds("older-than")
        isDryRun = values.flag("dry-run")
    }

    func run() async throws -> ExitCode {
        let archive = try Archive.open(root, for: .upkeep)
        let report = try archive.expire(before: cut, isDryRun: isDryRun)
        try Output.print(report.json(isDryRun: isDryRun))
        return .done
    }
}
