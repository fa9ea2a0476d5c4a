import HoldfastArchive
import HoldfastText

struct ArchiveEraseVerb: Verb {
    static let manual = Manual(
        name: "archive erase", summary: "Takes the references out of a tenant's or a player's archived rows.",
        description: """
            `ref` becomes null; all other columns stay, and the row-set hash, which leaves ref out, proves it. What was \
            done is recorded in a new snapshot. The old files move to ROOT/_retired and are gone after \
            `holdfast archive expire`; until then older snapshots still have the references. Rows of days that are \
            not archived yet keep theirs: erase again after they were. A tenant or player of whom the archive has no row \
            is exit code 1.
            """,
        arguments: [
            ArchiveVerbs.root, .required("TENANT", "the brand"),
            .optional("PLAYER", "one player; all of the tenant without"),
        ],
        options: [ArchiveVerbs.compressor, ArchiveVerbs.now],
        example: "holdfast archive erase archive evian p1")

    private let root: String
    private let tenant: String
    private let player: String?
    private let engine: GzipEngine
    private let now: Int64

    init(_ values: ParsedOptions) throws(UsageError) {
        root = values.text("ROOT")
        tenant = values.text("TENANT")
        player = values.textIfGiven("PLAYER")
        engine = try ArchiveVerbs.engine(values)
        now = ArchiveVerbs.time(values)
    }

    func run() async throws -> ExitCode {
        let archive = try Archive.open(root, for: .upkeep)
        try archive.demandRows(of: tenant, player: player)
        let progress = Progress.onStandardError("archive erase", unit: .things("rows"))
        let report = try archive.erase(tenant: tenant, player: player, at: now, engine: engine) {
            progress.update(done: $0)
        }
        progress.finish()
        try Output.print(report.json)
        return .done
    }
}
