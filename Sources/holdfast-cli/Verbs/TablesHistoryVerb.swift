import Holdfast
import HoldfastTables
import HoldfastText

struct TablesHistoryVerb: Verb {
    static let manual = Manual(
        name: "tables history", summary: "Prints a page of a player's rows from the tables, the newest first.",
        description: """
            One JSON object a row. The next page begins with --before and the seq of the last row; unlike --offset, that \
            stays in its place when new events come. An exchange is two rows, which stay together: a page may have one \
            row more than its limit. Days that the archive alone has are shown by archive history.
            """,
        arguments: [
            .required("INTO", "the directory of the tables"), .required("TENANT", "the brand"),
            .required("PLAYER", "the player's id"),
        ],
        options: [
            .integer("limit", "N", 1...1_000_000, "rows of the page", default: 50),
            .integer("before", "SEQ", 1...Int.max, "only events before this one"),
            .integer("offset", "N", 0...Int.max, "passes over so many rows first"),
        ],
        exclusive: [["before", "offset"]],
        example: "holdfast tables history tables evian p1 --limit 10 --before 4711")

    private let into: String
    private let player: Player
    private let limit: Int
    private let offset: Int
    private let cursor: TablesReader.Cursor?

    init(_ values: ParsedOptions) throws(UsageError) {
        into = values.text("INTO")
        player = Player(values.text("PLAYER"), of: values.text("TENANT"))
        limit = values.integer("limit")
        offset = values.integerIfGiven("offset") ?? 0
        cursor = values.integerIfGiven("before").map { TablesReader.Cursor(seq: UInt64($0)) }
    }

    func run() async throws -> ExitCode {
        let reader = try TablesReader(into)
        guard try reader.knows(player) else {
            try reader.require(tenant: player.tenant)
            throw Failure("player \(player.id) of \(player.tenant) has no events")
        }
        var output = BufferedWriter.standardOutput()
        var json = JSONWriter()
        // Rows are borrowed from SQLite while they are read, and a full pipe is told after the page.
        _ = try reader.history(of: player, before: cursor, limit: limit, offset: offset) {
            RowJSON.write($0, to: &json)
        }
        try output.write(json)
        try output.flush()
        return .done
    }
}
