internal import HoldfastWallet

/// Puts rows back into a day's table, by the names that they bear.
final class EntryWriter {
    private let insert: Statement
    private let player: Statement
    private let asset: Statement
    private let file: String
    private let day: Day
    private(set) var count: Int64 = 0

    /// Inside a transaction. Makes the day's table where there is none.
    init(_ shard: ShardFile, day: Day, isNew: Bool) throws(TablesError) {
        let database = shard.database
        if isNew {
            try database.run(DayTable.create(day))
            try database.run(DayTable.createIndex(day))
        }
        file = shard.path
        self.day = day
        insert = try database.prepare(DayTable.insert(day).replacing("INSERT INTO", with: "INSERT OR IGNORE INTO"))
        player = try database.prepare("SELECT ref FROM player_refs WHERE tenant_id = ? AND player_id = ?")
        asset = try database.prepare("SELECT ref FROM assets WHERE asset = ?")
        self.database = database
    }

    private let database: Database

    func put(_ row: EventRow) throws(TablesError) {
        guard Day(of: row.createdAt) == day else {
            throw .day(file: file, day: day, reason: "the row at position \(row.position) is of another day")
        }
        guard let player = try player.bind(1, borrowing: row.tenantID).bind(2, borrowing: row.playerID).value() else {
            throw .day(
                file: file, day: day,
                reason: "player \(String(decoding: row.playerID, as: UTF8.self)) is not of this shard")
        }
        // Of an exchange's two rows the second is what came in.
        let isSecond = row.event == .exchanged && (row.balanceDelta ?? 0) > 0
        insert.bind(1, EntryID.of(position: row.position, part: isSecond ? 1 : 0)).bind(2, player)
            .bind(3, Int64(row.seq)).bind(4, Int64(row.event.rawValue))
        var assetRef: Int64?
        if let name = row.asset { assetRef = try asset.bind(1, borrowing: name).value() }
        insert.bind(5, assetRef)
        insert.bind(6, row.amount).bind(7, row.balanceDelta).bind(8, row.heldDelta).bind(9, row.balanceAfter)
            .bind(10, row.heldAfter)
        bind(11, row.requestID)
        bind(12, row.target)
        insert.bind(13, row.kind.flatMap { KindCode.of($0) })
        bind(14, row.ref)
        insert.bind(15, row.error.map { Int64($0.rawValue) }).bind(16, row.createdAt)
        try insert.run()
        count += Int64(database.changes)
    }

    private func bind(_ index: Int32, _ text: UnsafeRawBufferPointer?) {
        if let text { insert.bind(index, borrowing: text) } else { insert.bindNull(index) }
    }
}
