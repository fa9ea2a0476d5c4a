internal import HoldfastWallet

/// Appends rows to one day's table.
final class DayWriter {
    let day: Day
    private let insert: Statement
    /// Rows since the day's count was last written.
    var added: Int64 = 0
    /// The columns that are bound to something: a null needs to be bound only where something was bound before.
    private var bound: UInt32 = 0

    init(_ database: Database, day: Day) throws(TablesError) {
        self.day = day
        insert = try database.prepare(DayTable.insert(day))
    }

    @inline(__always)
    func put(_ row: EventRow, id: Int64, player: Int64, asset: Int64?, kind: Int64) throws(TablesError) {
        insert.bind(1, id).bind(2, player).bind(3, Int64(bitPattern: row.seq)).bind(4, Int64(row.event.rawValue))
        bind(5, asset)
        bind(6, row.amount)
        bind(7, row.balanceDelta)
        bind(8, row.heldDelta)
        bind(9, row.balanceAfter)
        bind(10, row.heldAfter)
        bind(11, row.requestID)
        bind(12, row.target)
        bind(13, kind == 0 ? nil : kind)
        bind(14, row.ref)
        bind(15, row.error.map { Int64($0.rawValue) })
        insert.bind(16, row.createdAt)
        try insert.run()
        added += 1
    }

    @inline(__always)
    private func bind(_ index: Int32, _ value: Int64?) {
        if let value {
            insert.bind(index, value)
            bound |= 1 << UInt32(index)
        } else {
            clear(index)
        }
    }

    @inline(__always)
    private func bind(_ index: Int32, _ text: UnsafeRawBufferPointer?) {
        if let text {
            insert.bind(index, borrowing: text)
            bound |= 1 << UInt32(index)
        } else {
            clear(index)
        }
    }

    @inline(__always)
    private func clear(_ index: Int32) {
        guard bound & 1 << UInt32(index) != 0 else { return }
        insert.bindNull(index)
        bound &= ~(1 << UInt32(index))
    }
}
