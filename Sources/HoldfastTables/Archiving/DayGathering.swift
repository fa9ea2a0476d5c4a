internal import HoldfastLog
internal import HoldfastWallet

/// A day's rows in the order of their players, read in short transactions.
///
/// SQLite could sort them, but then it sorts whole rows, all in one transaction that keeps the write-ahead log from
/// being emptied. Here the rows are counted by player first, by the day's index; so each has its place in memory before
/// the table is read through once, a slice at a time. Within a player rows come in the order of the log, which is that
/// of seq. A day that is too large is read through several times, each time for as many players as there is room for.
final class DayGathering {
    /// Rows up to here are read, and none that come later.
    let through: Int64
    private(set) var count: Int64 = 0

    private let shard: ShardFile
    private let day: Day
    private let above: Int64
    private var texts = TextArena()
    private var players: [DayPlayer] = []
    /// Of a player's ref, where it stands in `players`; -1 where it has no rows.
    private var slots: [Int32] = []
    private var assets: [Int64: UnsafeRawBufferPointer] = [:]

    /// Of rows in memory at a time: about a gigabyte with their texts.
    static let rowsMax = 8 << 20
    /// A transaction is over after so many players or rows.
    private static let slice: Int64 = 1 << 14
    private let rowsMax: Int

    private struct DayPlayer {
        let ref: Int64
        let rows: Int
        var tenant: UnsafeRawBufferPointer
        var id: UnsafeRawBufferPointer
    }

    init(_ shard: ShardFile, _ day: Day, above: Int64, rowsMax: Int = DayGathering.rowsMax) throws(TablesError) {
        self.shard = shard
        self.day = day
        self.above = above
        self.rowsMax = rowsMax
        through =
            try shard.database.prepare("SELECT max(id) FROM \(day.tableName) WHERE id > ?").bind(1, above).value()
            ?? above
        try countByPlayer()
        try nameAndSort()
        try nameAssets()
    }

    func forEachRow(_ body: (EventRow) throws(TablesError) -> Void) throws(TablesError) {
        var begin = 0
        while begin < players.count {
            var end = begin
            var rows = 0
            while end < players.count, end == begin || rows + players[end].rows <= rowsMax {
                rows += players[end].rows
                end += 1
            }
            try forEachRow(of: begin..<end, rows, body)
            begin = end
        }
    }

    // MARK: Players

    private func countByPlayer() throws(TablesError) {
        let statement = try shard.database.prepare(
            """
            SELECT player, count(*) FROM \(day.tableName) WHERE player > ? AND id > ? AND id <= ?
            GROUP BY player ORDER BY player LIMIT \(Self.slice)
            """)
        var last: Int64 = -1
        while true {
            let before = players.count
            try statement.bind(1, last).bind(2, above).bind(3, through).forEachRow { row throws(TablesError) in
                let nobody = UnsafeRawBufferPointer(start: nil, count: 0)
                last = row.integer(0)
                players.append(DayPlayer(ref: last, rows: Int(row.integer(1)), tenant: nobody, id: nobody))
            }
            if players.count == before { return }
        }
    }

    private func nameAndSort() throws(TablesError) {
        let statement = try shard.database.prepare("SELECT tenant_id, player_id FROM player_refs WHERE ref = ?")
        for index in players.indices {
            statement.bind(1, players[index].ref)
            guard try statement.step() else { throw changed }
            players[index].tenant = keep(statement.bytes(0))
            players[index].id = keep(statement.bytes(1))
            statement.reset()
        }
        players.sort { left, right in
            let order = compareBytes(left.id, right.id)
            return order != 0 ? order < 0 : compareBytes(left.tenant, right.tenant) < 0
        }
        slots = Array(repeating: -1, count: Int(players.map(\.ref).max() ?? -1) + 1)
        for (slot, player) in players.enumerated() { slots[Int(player.ref)] = Int32(slot) }
    }

    private func nameAssets() throws(TablesError) {
        try shard.database.prepare("SELECT ref, asset FROM assets").forEachRow { row throws(TablesError) in
            assets[row.integer(0)] = keep(row.bytes(1))
        }
    }

    private func keep(_ text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        text.isEmpty ? text : UnsafeRawBufferPointer(start: texts.keep(text), count: text.count)
    }

    /// A dead letter that is retried puts its row where it would have been.
    private var changed: TablesError {
        .day(file: shard.path, day: day, reason: "it changed while it was read; read it again")
    }

    // MARK: Rows

    private func forEachRow(
        of chosen: Range<Int>, _ rows: Int, _ body: (EventRow) throws(TablesError) -> Void
    ) throws(TablesError) {
        let gathered = UnsafeMutablePointer<GatheredRow>.allocate(capacity: rows)
        // Rows hold nothing that has to be released.
        defer { gathered.deallocate() }
        var rowTexts = TextArena()
        // Where each player's next row goes, and where its rows end.
        var next = Array(repeating: 0, count: chosen.count + 1)
        for index in chosen {
            next[index - chosen.lowerBound + 1] = next[index - chosen.lowerBound] + players[index].rows
        }
        let ends = next.dropFirst()
        try forEachRowInTable { (row) throws(TablesError) in
            let ref = row.integer(GatheredRow.playerColumn)
            guard ref < slots.count, slots[Int(ref)] >= 0 else { throw changed }
            let slot = Int(slots[Int(ref)])
            guard chosen.contains(slot) else { return }
            let place = next[slot - chosen.lowerBound]
            guard place < ends[slot - chosen.lowerBound + 1] else { throw changed }
            (gathered + place).initialize(to: try GatheredRow(row, &rowTexts, in: shard.path))
            next[slot - chosen.lowerBound] = place + 1
        }
        var at = 0
        for index in chosen {
            let player = players[index]
            guard next[index - chosen.lowerBound] == at + player.rows else { throw changed }
            for place in at..<at + player.rows {
                try body(gathered[place].row(tenant: player.tenant, player: player.id, assets: assets))
            }
            at += player.rows
        }
        count += Int64(rows)
    }

    private func forEachRowInTable(_ body: (Statement) throws(TablesError) -> Void) throws(TablesError) {
        let statement = try shard.database.prepare(
            """
            SELECT \(DayTable.columns.joined(separator: ", ")) FROM \(day.tableName)
            WHERE id > ? AND id <= ? ORDER BY id LIMIT \(Self.slice)
            """)
        var last = above
        while last < through {
            let before = last
            try statement.bind(1, last).bind(2, through).forEachRow { row throws(TablesError) in
                last = row.integer(0)
                try body(row)
            }
            if last == before { return }
        }
    }
}

/// A row of a day's table while it waits for its turn.
private struct GatheredRow {
    let id: Int64
    let seq: Int64
    let amount: Int64
    let balanceDelta: Int64
    let heldDelta: Int64
    let balanceAfter: Int64
    let heldAfter: Int64
    let createdAt: Int64
    /// request_id, target and ref, one behind the other.
    let texts: UnsafeRawPointer?
    let asset: Int32
    /// By the table's columns.
    let nulls: UInt16
    let event: UInt8
    let kind: UInt8
    let error: UInt8
    let requestIDCount: UInt8
    let targetCount: UInt8
    let refCount: UInt8

    /// The columns are those of `DayTable`, in their order.
    static let playerColumn: Int32 = 1

    init(_ row: Statement, _ arena: inout TextArena, in file: String) throws(TablesError) {
        id = row.integer(0)
        seq = row.integer(2)
        let event = row.integer(3)
        guard EventKind(rawValue: UInt16(truncatingIfNeeded: event)) != nil, event < 256 else {
            throw .foreignFile(
                file: file, found: "row \(id) with the unknown event \(event)", expected: "an event's number")
        }
        self.event = UInt8(event)
        asset = Int32(truncatingIfNeeded: row.integer(4))
        amount = row.integer(5)
        balanceDelta = row.integer(6)
        heldDelta = row.integer(7)
        balanceAfter = row.integer(8)
        heldAfter = row.integer(9)
        kind = UInt8(truncatingIfNeeded: row.integer(12))
        error = UInt8(truncatingIfNeeded: row.integer(14))
        createdAt = row.integer(15)
        var nulls: UInt16 = 0
        for column in Int32(4)...14 where row.isNull(column) { nulls |= 1 << UInt16(column) }
        self.nulls = nulls
        // 64 bytes at most, each of them.
        let (requestID, target, ref) = (row.bytes(10), row.bytes(11), row.bytes(13))
        requestIDCount = UInt8(truncatingIfNeeded: requestID.count)
        targetCount = UInt8(truncatingIfNeeded: target.count)
        refCount = UInt8(truncatingIfNeeded: ref.count)
        texts = arena.keep(requestID, target, ref)
    }

    private func number(_ column: UInt16, _ value: Int64) -> Int64? { nulls & 1 << column == 0 ? value : nil }

    private func text(_ column: UInt16, from offset: Int, count: UInt8) -> UnsafeRawBufferPointer? {
        nulls & 1 << column == 0 ? UnsafeRawBufferPointer(start: texts.map { $0 + offset }, count: Int(count)) : nil
    }

    func row(
        tenant: UnsafeRawBufferPointer, player: UnsafeRawBufferPointer, assets: [Int64: UnsafeRawBufferPointer]
    ) -> EventRow {
        let target = Int(requestIDCount)
        return EventRow(
            tenantID: tenant, playerID: player, seq: UInt64(seq), position: EntryID.position(id),
            event: EventKind(rawValue: UInt16(event))!, asset: number(4, Int64(asset)).flatMap { assets[$0] },
            amount: number(5, amount), balanceDelta: number(6, balanceDelta), heldDelta: number(7, heldDelta),
            balanceAfter: number(8, balanceAfter), heldAfter: number(9, heldAfter),
            requestID: text(10, from: 0, count: requestIDCount), target: text(11, from: target, count: targetCount),
            kind: number(12, 0).flatMap { _ in Kind.wireName(kind) },
            ref: text(13, from: target + Int(targetCount), count: refCount),
            error: number(14, 0).flatMap { _ in Refusal(rawValue: error) }, createdAt: createdAt)
    }
}

extension TextArena {
    /// Three texts, one behind the other; nil where all are empty.
    fileprivate mutating func keep(
        _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, _ third: UnsafeRawBufferPointer
    ) -> UnsafeRawPointer? {
        let count = first.count + second.count + third.count
        guard count > 0 else { return nil }
        let place = reserve(count)
        place.copy(first, at: 0)
        place.copy(second, at: first.count)
        place.copy(third, at: first.count + second.count)
        return UnsafeRawPointer(place)
    }
}

extension UnsafeMutableRawPointer {
    @inline(__always)
    fileprivate func copy(_ text: UnsafeRawBufferPointer, at offset: Int) {
        if let base = text.baseAddress { (self + offset).copyMemory(from: base, byteCount: text.count) }
    }
}
