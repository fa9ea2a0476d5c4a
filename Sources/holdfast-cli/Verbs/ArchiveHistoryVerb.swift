import HoldfastArchive
import HoldfastText

struct ArchiveHistoryVerb: Verb {
    static let manual = Manual(
        name: "archive history", summary: "Prints a player's archived events as rows, one JSON object a line.",
        description: "Reads only the parts of files that may hold the player.",
        arguments: [
            ArchiveVerbs.root, .required("TENANT", "the brand"), .required("PLAYER", "the player's id"),
        ],
        options: [
            .integer("from", "SEQ", 1...Int.max, "the event to begin with", default: 1),
            .integer("limit", "N", 0...Int.max, "at most so many rows"),
        ],
        example: "holdfast archive history archive evian p1 --limit 10")

    private let root: String
    private let tenant: String
    private let player: String
    private let from: UInt64
    private let limit: Int

    init(_ values: ParsedOptions) throws(UsageError) {
        root = values.text("ROOT")
        tenant = values.text("TENANT")
        player = values.text("PLAYER")
        from = UInt64(values.integer("from"))
        limit = values.integerIfGiven("limit") ?? .max
    }

    func run() async throws -> ExitCode {
        let archive = try Archive.open(root, for: .reading)
        let rows = try archive.history(tenant: tenant, player: player, from: from, limit: limit)
        // Of one who is known there may be nothing from there on.
        if rows.isEmpty { try archive.demandRows(of: tenant, player: player) }
        var output = BufferedWriter.standardOutput()
        for row in rows { try output.writeLine(String(decoding: row.line, as: UTF8.self)) }
        try output.flush()
        return .done
    }
}
