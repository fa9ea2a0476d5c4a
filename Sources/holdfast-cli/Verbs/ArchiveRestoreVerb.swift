import HoldfastArchive
import HoldfastText

struct ArchiveRestoreVerb: Verb {
    static let manual = Manual(
        name: "archive restore", summary: "Brings archived rows back into tables.",
        description: """
            All rows of a snapshot, or those of a tenant, a player or a range of time. INTO holds tables of the same \
            ledger (`holdfast tables sync`), with any number of shards. Rows that are there are passed over, so it \
            may be run again. Days that came back count as archived: the next archive run drops them again once they \
            are old enough. Prints a JSON report.
            """,
        arguments: [ArchiveVerbs.root, .required("INTO", "the directory of the tables")],
        options: [
            .integer("snapshot", "ID", 1...Int.max, "the archive as it was after this one; the newest by default"),
            .text("tenant", "TENANT", "only rows of this brand"),
            .text("player", "PLAYER", "only rows of this player, with --tenant"),
            .time("from", "only rows of this time and later"), .time("to", "only rows of before this time"),
        ],
        example: "holdfast archive restore archive tables --tenant evian --player p1")

    private let root: String
    private let into: String
    private let snapshot: Int64?
    private let filter: RestoreFilter

    init(_ values: ParsedOptions) throws(UsageError) {
        root = values.text("ROOT")
        into = values.text("INTO")
        snapshot = values.integerIfGiven("snapshot").map { Int64($0) }
        var filter = RestoreFilter()
        filter.tenant = values.textIfGiven("tenant")
        filter.player = values.textIfGiven("player")
        filter.from = values.millisecondsIfGiven("from") ?? .min
        filter.to = values.millisecondsIfGiven("to") ?? .max
        if filter.player != nil, filter.tenant == nil {
            throw UsageError("--player needs --tenant: a player's id is unique within its tenant only")
        }
        if filter.from > filter.to { throw UsageError("--from is later than --to") }
        self.filter = filter
    }

    func run() async throws -> ExitCode {
        let archive = try Archive.open(root, for: .reading)
        if let tenant = filter.tenant { try archive.demandRows(of: tenant, player: filter.player, at: snapshot) }
        let shelves = try TableShelf.all(in: into)
        let progress = Progress.onStandardError("archive restore", unit: .things("rows"))
        let report = try archive.restore(into: shelves, snapshot: snapshot, filter) { progress.update(done: $0) }
        progress.finish()
        try Output.print(report.json)
        return .done
    }
}
