internal import HoldfastWallet

/// Appends rows to one day's table, a few hundred at a time.
final class DayWriter {
    let day: Day
    private let insert: Statement
    private let feed: EntryFeed
    @exclusivity(unchecked) private var waiting: UnsafeMutablePointer<EntryFeed.Entry>
    @exclusivity(unchecked) private var capacity = 32
    @exclusivity(unchecked) private var count = 0
    /// Rows since the day's count was last written.
    @exclusivity(unchecked) var added: Int64 = 0

    /// As much as stays in the processor's cache until SQLite reads it.
    private static let rowsMax = 512

    init(_ database: Database, _ feed: EntryFeed, day: Day) throws(TablesError) {
        self.day = day
        self.feed = feed
        insert = try database.prepare(DayTable.insertPending(day))
        waiting = .allocate(capacity: capacity)
    }

    /// Entries hold nothing that has to be released.
    deinit { waiting.deallocate() }

    /// The row's texts must stay where they are until `flush`.
    @inline(__always)
    func put(_ row: EventRow, id: Int64, player: Int64, asset: Int64?, kind: Int64) throws(TablesError) {
        if count == capacity { grow() }
        (waiting + count).initialize(
            to: EntryFeed.Entry(id: id, player: player, asset: asset, kind: kind == 0 ? nil : kind, row: row))
        count += 1
        added += 1
        if count == Self.rowsMax { try flush() }
    }

    /// A thousand shards have a buffer each, so it begins small.
    @inline(never)
    private func grow() {
        let larger = UnsafeMutablePointer<EntryFeed.Entry>.allocate(capacity: capacity * 2)
        larger.moveInitialize(from: waiting, count: count)
        waiting.deallocate()
        waiting = larger
        capacity *= 2
    }

    func flush() throws(TablesError) {
        if count == 0 { return }
        defer { count = 0 }
        try feed.run(insert, over: UnsafeBufferPointer(start: waiting, count: count))
    }
}
