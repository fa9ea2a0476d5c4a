internal import HoldfastLog
internal import HoldfastWallet

/// A day's rows in the order of their players, gathered in memory in short transactions.
///
/// SQLite could sort them, but then it sorts whole rows, all in one transaction that keeps the write-ahead log from
/// being emptied. Here the table is read through once, a slice at a time, and the rows are put in place afterwards:
/// within a player they come in the order of the log, which is that of seq, so only the players have to be sorted. A day
/// that is too large is read through several times, each time for as many players as there is room for; how many rows
/// each has then comes from the day's index.
final class DayGathering {
    /// Rows up to here are read, and none that come later.
    let through: Int64
    private(set) var count: Int64 = 0

    private let shard: ShardFile
    private let day: Day
    private let above: Int64
    private let total: Int
    private let rowsMax: Int
    private let assets: [(ref: Int64, name: [UInt8])]
    /// The highest number of a player.
    private let playerMax: Int64

    /// Of rows in one piece: about a gigabyte with their texts.
    static let rowsMax = 8 << 20
    /// A transaction is over after so many players or rows.
    private static let slice: Int64 = 1 << 14

    init(_ shard: ShardFile, _ day: Day, above: Int64, rowsMax: Int = DayGathering.rowsMax) throws(TablesError) {
        self.shard = shard
        self.day = day
        self.above = above
        self.rowsMax = rowsMax
        (through, total) = try Self.extent(of: day, in: shard, above: above)
        assets = try Self.assets(of: shard)
        playerMax = try shard.database.integer("SELECT max(ref) FROM player_refs") ?? 0
        guard 0...Int64(UInt32.max) ~= playerMax else {
            throw .foreignFile(file: shard.path, found: "a player's number \(playerMax)", expected: "numbers from 1 on")
        }
    }

    /// The highest row number, and how many rows there are up to it.
    private static func extent(
        of day: Day, in shard: ShardFile, above: Int64
    ) throws(TablesError) -> (through: Int64, rows: Int) {
        // Without a condition SQLite counts by the page.
        let counted = above > 0 ? "WHERE id > \(above)" : ""
        let statement = try shard.database.prepare(
            "SELECT (SELECT max(id) FROM \(day.tableName)), (SELECT count(*) FROM \(day.tableName) \(counted))")
        guard try statement.step(), !statement.isNull(0) else { return (above, 0) }
        return (max(above, statement.integer(0)), Int(statement.integer(1)))
    }

    private static func assets(of shard: ShardFile) throws(TablesError) -> [(ref: Int64, name: [UInt8])] {
        var assets: [(ref: Int64, name: [UInt8])] = []
        try shard.database.prepare("SELECT ref, asset FROM assets").forEachRow { row throws(TablesError) in
            assets.append((row.integer(0), Array(row.bytes(1))))
        }
        return assets
    }

    /// A dead letter that is retried puts its row where it would have been.
    private var changed: TablesError {
        .day(file: shard.path, day: day, reason: "it changed while it was read; read it again")
    }

    // MARK: Pieces

    /// Calls `take` with all rows, one piece behind the other in the order of their players. A piece is whoever's takes
    /// it; the next is gathered when `take` returns.
    func forEachPiece(_ take: (GatheredRows) throws(TablesError) -> Void) throws(TablesError) {
        if total == 0 { return }
        if total <= rowsMax {
            try take(try gather(GatheredRows(expecting: total, playerMax: playerMax, assets: assets)))
            return
        }
        let players = try playersInOrder()
        guard players.reduce(0, { $0 + $1.rows }) == total else { throw changed }
        var begin = 0
        while begin < players.count {
            var end = begin
            var rows = 0
            while end < players.count, end == begin || rows + players[end].rows <= rowsMax {
                rows += players[end].rows
                end += 1
            }
            let refs = players[begin..<end].map(\.ref)
            try take(try gather(GatheredRows(expecting: rows, of: refs, playerMax: playerMax, assets: assets)))
            begin = end
        }
    }

    /// Reads the table through for the rows that belong to the piece.
    private func gather(_ piece: GatheredRows) throws(TablesError) -> GatheredRows {
        let slices = try shard.database.prepare(
            """
            SELECT max(id) FROM
              (SELECT id FROM \(day.tableName) WHERE id > ? AND id <= ? ORDER BY id LIMIT \(Self.slice))
            """)
        let sink = try shard.sink()
        let entries = try shard.database.prepare(EntrySink.statement(day))
        var last = above
        while let end = try slices.bind(1, last).bind(2, through).value() {
            try sink.run(entries.bind(1, last).bind(2, end), into: piece)
            last = end
        }
        guard piece.count == piece.expected else { throw changed }
        try name(piece)
        piece.sort()
        count += Int64(piece.count)
        return piece
    }

    // MARK: Players

    private func name(_ piece: GatheredRows) throws(TablesError) {
        try forEachName(of: piece.playerCount, { piece.ref(ofPlayer: $0) }) { slot, tenant, player in
            piece.name(slot, tenant: tenant, player: player)
        }
    }

    /// Looks names up in transactions of many: a lookup by itself spends more on its locks than on looking.
    private func forEachName(
        of count: Int, _ ref: (Int) -> Int64,
        _ body: (_ index: Int, _ tenant: UnsafeRawBufferPointer, _ player: UnsafeRawBufferPointer) -> Void
    ) throws(TablesError) {
        let names = try shard.database.prepare("SELECT tenant_id, player_id FROM player_refs WHERE ref = ?")
        for begin in stride(from: 0, to: count, by: Int(Self.slice)) {
            try shard.database.reading { () throws(TablesError) in
                for index in begin..<min(count, begin + Int(Self.slice)) {
                    defer { names.reset() }
                    guard try names.bind(1, ref(index)).step() else { throw changed }
                    body(index, names.bytes(0), names.bytes(1))
                }
            }
        }
    }

    private struct CountedPlayer {
        let ref: Int64
        let rows: Int
        var tenant: [UInt8] = []
        var id: [UInt8] = []
    }

    private func playersInOrder() throws(TablesError) -> [CountedPlayer] {
        var players = try countByPlayer()
        let refs = players.map(\.ref)
        try forEachName(of: refs.count, { refs[$0] }) { index, tenant, player in
            players[index].tenant = Array(tenant)
            players[index].id = Array(player)
        }
        players.sort { left, right in
            let order = compare(left.id, right.id)
            return order != 0 ? order < 0 : compare(left.tenant, right.tenant) < 0
        }
        return players
    }

    private func compare(_ left: [UInt8], _ right: [UInt8]) -> Int {
        left.withUnsafeBytes { left in right.withUnsafeBytes { compareBytes(left, $0) } }
    }

    private func countByPlayer() throws(TablesError) -> [CountedPlayer] {
        let statement = try shard.database.prepare(
            """
            SELECT player, count(*) FROM \(day.tableName) WHERE player > ? AND id > ? AND id <= ?
            GROUP BY player ORDER BY player LIMIT \(Self.slice)
            """)
        var players: [CountedPlayer] = []
        var last: Int64 = -1
        while true {
            let before = players.count
            try statement.bind(1, last).bind(2, above).bind(3, through).forEachRow { row throws(TablesError) in
                last = row.integer(0)
                players.append(CountedPlayer(ref: last, rows: Int(row.integer(1))))
            }
            if players.count == before { return players }
        }
    }
}
