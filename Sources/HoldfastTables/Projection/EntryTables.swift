internal import HoldfastWallet

/// Puts rows into the tables of their days, makes the tables as days come, and counts.
final class EntryTables {
    private let shard: ShardFile
    private let feed: EntryFeed
    /// Days of which rows are in the archive only, those up to a row number: they are counted and not written.
    private let omitted: [Day: Int64]
    /// While building, rows go in without their index and the views are made at the end.
    let isBuilding: Bool

    private var writers: [Day: DayWriter] = [:]
    @exclusivity(unchecked) private var latest: DayWriter?
    private var omittedRows: [Day: Int64] = [:]
    private var viewsAreStale = false

    init(_ shard: ShardFile, isBuilding: Bool, omitting omitted: [Day: Int64]) throws(TablesError) {
        self.shard = shard
        self.isBuilding = isBuilding
        self.omitted = omitted
        feed = try EntryFeed(shard.database)
    }

    /// The row's texts must stay where they are until `flushRows`.
    @inline(__always)
    func put(
        _ row: EventRow, part: Int64, day: Day, player: Int64, asset: Int64?, kind: Int64
    ) throws(TablesError) {
        let id = EntryID.of(position: row.position, part: part)
        let writer: DayWriter
        if let latest, latest.day == day {
            writer = latest
        } else {
            if let through = omitted[day], id <= through {
                omittedRows[day, default: 0] += 1
                return
            }
            writer = try writerOf(day)
        }
        try writer.put(row, id: id, player: player, asset: asset, kind: kind)
    }

    @inline(never)
    private func writerOf(_ day: Day) throws(TablesError) -> DayWriter {
        if let known = writers[day] {
            latest = known
            return known
        }
        if shard.days[day]?.rows ?? 0 == 0 {
            try shard.database.run(DayTable.create(day))
            if !isBuilding { try shard.database.run(DayTable.createIndex(day)) }
            viewsAreStale = true
        }
        // A statement a day is little, but a ledger may have thousands of days.
        if writers.count >= 64, writers.values.allSatisfy({ $0.added == 0 }) { writers.removeAll() }
        let writer = try DayWriter(shard.database, feed, day: day)
        writers[day] = writer
        latest = writer
        return writer
    }

    /// Writes the rows that wait.
    func flushRows() throws(TablesError) {
        for (_, writer) in writers { try writer.flush() }
    }

    /// Writes the rows that wait, how many each day has, and the views over new days.
    func flush() throws(TablesError) {
        try flushRows()
        for (day, writer) in writers where writer.added > 0 {
            try shard.addRows(day, present: writer.added, omitted: 0)
            writer.added = 0
        }
        for (day, count) in omittedRows { try shard.addRows(day, present: 0, omitted: count) }
        omittedRows.removeAll()
        if viewsAreStale, !isBuilding {
            try shard.remakeViews()
            viewsAreStale = false
        }
    }

    /// What was put off while building: the indexes, the days' marks and the views.
    func finishBuilding(marks: [Day: ArchiveMark]) throws(TablesError) {
        if isBuilding { for day in shard.presentDays { try shard.database.run(DayTable.createIndex(day)) } }
        for (day, mark) in marks { try shard.apply(mark, to: day) }
        try shard.remakeViews()
    }

    func forget() {
        omittedRows.removeAll()
        writers.removeAll()
        latest = nil
        viewsAreStale = false
        try? shard.refreshDays()
    }
}
