import HoldfastArchive
import HoldfastText

struct ArchiveSnapshotsVerb: Verb {
    static let manual = Manual(
        name: "archive snapshots", summary: "Lists the snapshots of an archive, one JSON object a line.",
        description: "The oldest first. Snapshots that have expired are listed too, and can't be restored.",
        arguments: [ArchiveVerbs.root],
        options: [.flag("files", "lists the files of the newest snapshot instead, one path a line")],
        example: "holdfast archive snapshots archive")

    private let root: String
    private let files: Bool

    init(_ values: ParsedOptions) throws(UsageError) {
        root = values.text("ROOT")
        files = values.flag("files")
    }

    func run() async throws -> ExitCode {
        let archive = try Archive.open(root, for: .reading)
        guard files else {
            try Output.print(archive.chain.json)
            return .done
        }
        try Output.print(archive.chain.live.keys.sorted().map { "\(root)/\($0)" })
        return .done
    }
}
