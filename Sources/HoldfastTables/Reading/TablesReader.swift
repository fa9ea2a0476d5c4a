package import Holdfast
package import HoldfastWallet

/// Reads wallets and histories from the tables, beside whoever writes them. Used by one thread at a time.
///
///     let reader = try TablesReader("tables")
///     var cursor = try reader.history(of: player, limit: 50) { row in … }        // the newest 50
///     while let next = cursor { cursor = try reader.history(of: player, before: next, limit: 50) { row in … } }
package final class TablesReader {
    package struct Balance: Equatable, Sendable {
        package let asset: String
        package let balance: Int64
        package let held: Int64
        /// The player's event that changed it last.
        package let seq: UInt64
        package let updatedAt: Int64
    }

    /// Where a page of a history ends: the next one begins behind it, whatever comes in meanwhile.
    package struct Cursor: Equatable, Sendable {
        package let seq: UInt64

        package init(seq: UInt64) { self.seq = seq }
    }

    private let paths: TablesPaths
    private let global: GlobalFile
    private var map: GlobalFile.ShardMap
    private var shards: [Int: ShardFile] = [:]
    private let clock: () -> Int64
    private var mapSeenAt: Int64
    /// A router may keep the map so long.
    package static let mapMilliseconds: Int64 = 60_000

    package init(_ path: String, clock: (() -> Int64)? = nil) throws(TablesError) {
        paths = TablesPaths(path)
        global = try GlobalFile(paths, for: .reading)
        map = try global.map()
        self.clock = clock ?? wallClock
        mapSeenAt = self.clock()
    }

    /// By name of the asset; empty for a player whom the tables don't know.
    package func balances(of player: Player) throws(TablesError) -> [Balance] {
        let shard = try shard(of: player)
        let statement = try shard.database.prepare(
            """
            SELECT asset, balance, held, seq, updated_at FROM wallets WHERE tenant_id = ? AND player_id = ? ORDER BY asset
            """)
        var balances: [Balance] = []
        try statement.bind(1, player.tenant).bind(2, player.id).forEachRow { row throws(TablesError) in
            balances.append(
                Balance(
                    asset: row.text(0), balance: row.integer(1), held: row.integer(2), seq: UInt64(row.integer(3)),
                    updatedAt: row.integer(4)))
        }
        return balances
    }

    /// Whether the tables have met the player.
    package func knows(_ player: Player) throws(TablesError) -> Bool {
        try ref(of: player, in: shard(of: player)) != nil
    }

    /// Throws for a tenant whom the tables have not met; the error names those whom they have.
    package func require(tenant: String) throws(TablesError) { try global.require(tenant: tenant) }

    private func ref(of player: Player, in shard: ShardFile) throws(TablesError) -> Int64? {
        try shard.database.prepare("SELECT ref FROM player_refs WHERE tenant_id = ? AND player_id = ?")
            .bind(1, player.tenant).bind(2, player.id).value()
    }

    /// A page of a player's rows, the newest first: those before a cursor, or all but the first `offset`. An event's
    /// rows stay together, so a page may hold one row more than `limit`. Returns where the next page begins; nil when
    /// there is none.
    ///
    /// Days are looked through one by one, from the newest on, each by its index: a page costs the days it spans.
    /// `offset` counts whole days off, but rows that come in meanwhile shift it; a cursor stays where it is.
    package func history(
        of player: Player, before cursor: Cursor? = nil, limit: Int, offset: Int = 0,
        _ body: (EventRow) throws(TablesError) -> Void
    ) throws(TablesError) -> Cursor? {
        let shard = try shard(of: player)
        guard let ref = try ref(of: player, in: shard) else { return nil }
        try shard.refreshDays()
        var skip = offset
        var left = limit
        var last: UInt64?
        let before = Int64(clamping: cursor?.seq ?? .max)
        for day in shard.presentDays.reversed() {
            if skip > 0 {
                let count =
                    try shard.database.prepare(
                        "SELECT count(*) FROM \(day.tableName) WHERE player = ? AND seq < ?"
                    ).bind(1, ref).bind(2, before).value() ?? 0
                if count <= skip {
                    skip -= Int(count)
                    continue
                }
            }
            let statement = try shard.database.prepare(
                """
                SELECT \(EntryReader.columns)
                FROM \(day.tableName) e JOIN player_refs p ON p.ref = e.player LEFT JOIN assets a ON a.ref = e.asset
                WHERE e.player = ? AND e.seq < ? ORDER BY e.seq DESC, e.id DESC LIMIT -1 OFFSET ?
                """)
            statement.bind(1, ref).bind(2, before).bind(3, Int64(skip))
            skip = 0
            while try statement.step() {
                let row = try EntryReader.read(statement, in: shard.path)
                if left <= 0, row.seq != last { return last.map { Cursor(seq: $0) } }
                try body(row)
                left -= 1
                last = row.seq
            }
        }
        return nil
    }

    private func shard(of player: Player) throws(TablesError) -> ShardFile {
        let now = clock()
        if now - mapSeenAt >= Self.mapMilliseconds { try refreshMap(now) }
        let number = Shard.number(of: player.id, shards: map.shards)
        if let open = shards[number] { return open }
        do throws(TablesError) {
            return try open(number)
        } catch {
            // The set may have been swapped since the map was read.
            try refreshMap(now)
            return try open(Shard.number(of: player.id, shards: map.shards))
        }
    }

    private func open(_ number: Int) throws(TablesError) -> ShardFile {
        let shard = try ShardFile(
            paths.shard(number), for: .reading, expecting: TablesSet.identity(number, map))
        shards[number] = shard
        return shard
    }

    private func refreshMap(_ now: Int64) throws(TablesError) {
        let current = try global.map()
        mapSeenAt = now
        if current != map {
            map = current
            shards.removeAll()
        }
    }
}
