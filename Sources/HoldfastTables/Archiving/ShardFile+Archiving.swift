package import HoldfastWallet

/// What the archive needs of a shard. Each call is a transaction of its own, and beside a running `tables sync` it
/// waits for that one's short transactions: open the shard for `.following` and give it time with
/// `database.wait(milliseconds:)`.
///
///     for day in try shard.daysToArchive(endingBefore: cutoff) {
///         let rows = try shard.gatherEntries(of: day, notYetArchived: true) { piece in … }
///         try shard.markArchived(day, rows, receipt: snapshotID)
///     }
///     for day in shard.archivedDays(endingBefore: deletionCutoff) { try shard.dropDay(day) }
extension ShardFile {
    /// Rows of a day that were read together, so that exactly they are marked and no later ones.
    package struct ReadRows: Equatable, Sendable {
        package let count: Int64
        /// The highest row number among all of the day's rows that the archive has then.
        package let through: Int64
    }

    /// Reads anew what other connections did to the days.
    package func refreshDays() throws(TablesError) { try loadDays() }

    /// Days that ended by `time` and have rows that are not archived yet, in order. Mostly a day that has ended gets
    /// no more rows; an expiry after a long outage, which bears the time of its hold, is one that does.
    package func daysToArchive(endingBefore time: Int64) throws(TablesError) -> [Day] {
        try refreshDays()
        return days.filter { $0.key.end <= time && $0.value.unarchivedRows > 0 }.keys.sorted()
    }

    /// Days that ended by `time` and are in the archive with all their rows, which are still here, in order.
    package func archivedDays(endingBefore time: Int64) throws(TablesError) -> [Day] {
        try refreshDays()
        return days.filter { $0.key.end <= time && $0.value.rows > 0 && $0.value.unarchivedRows == 0 }.keys.sorted()
    }

    package func state(of day: Day) throws(TablesError) -> DayState {
        try refreshDays()
        return days[day] ?? DayState()
    }

    /// Hands over a day's rows piece by piece, in the order of player_id (by bytes), tenant_id and seq, an exchange's
    /// money out before its money in. The next piece is gathered once `take` returns, so that others can work on one
    /// meanwhile. Rows that come while the day is read are left for the next time; the transactions in which it is read
    /// are short.
    @discardableResult
    package func gatherEntries(
        of day: Day, notYetArchived: Bool, _ take: (GatheredRows) throws(TablesError) -> Void
    ) throws(TablesError) -> ReadRows {
        let state = try state(of: day)
        guard state.rows > 0 else { return ReadRows(count: 0, through: state.archivedThrough) }
        let gathering = try DayGathering(self, day, above: notYetArchived ? state.archivedThrough : -1)
        try gathering.forEachPiece(take)
        return ReadRows(count: gathering.count, through: max(state.archivedThrough, gathering.through))
    }

    /// Marks what `gatherEntries` read as being in the archive, without touching the rows. `receipt` is kept as it is;
    /// the newest stands. Throws when the day changed otherwise than by new rows.
    package func markArchived(
        _ day: Day, _ read: ReadRows, receipt: String, at time: Int64? = nil
    ) throws(TablesError) {
        try changeDays { () throws(TablesError) in
            guard var state = days[day], state.rows > 0 else {
                throw .day(file: path, day: day, reason: "there are no rows to mark as archived")
            }
            // Only where rows came while the archive was at work they must be counted.
            let marked =
                state.unarchivedRows == read.count
                ? read.count
                : try database.prepare("SELECT count(*) FROM \(day.tableName) WHERE id > ? AND id <= ?")
                    .bind(1, state.archivedThrough).bind(2, read.through).value() ?? 0
            guard marked == read.count else {
                throw .day(
                    file: path, day: day,
                    reason: "\(read.count) rows were read for the archive, \(marked) are to be marked; "
                        + "archive the day again")
            }
            state.archivedRows += read.count
            state.archivedThrough = read.through
            state.archivedAt = time ?? wallClock()
            state.receipt = receipt
            try storeDay(day, state)
            try remakeViews()
        }
    }

    /// Drops a day that is in the archive with all its rows.
    package func dropDay(_ day: Day) throws(TablesError) {
        try changeDays { () throws(TablesError) in
            guard var state = days[day], state.rows > 0 else { return }
            guard state.unarchivedRows == 0 else {
                throw .day(
                    file: path, day: day,
                    reason: "\(state.unarchivedRows) of its rows are not in the archive; archive them first")
            }
            state.droppedRows += state.rows
            state.rows = 0
            state.archivedRows = 0
            try database.run(DayTable.drop(day))
            try storeDay(day, state)
            try remakeViews()
        }
    }

    /// Brings rows of a day back from the archive. They count as archived. Rows that are here already are passed
    /// over; `fill` is handed a function that takes one row. Returns how many came back.
    @discardableResult
    package func restoreDay(
        _ day: Day, _ fill: ((EventRow) throws(TablesError) -> Void) throws(TablesError) -> Void
    ) throws(TablesError) -> Int64 {
        try changeDays { () throws(TablesError) -> Int64 in
            var state = days[day] ?? DayState()
            let writer = try EntryWriter(self, day: day, isNew: state.rows == 0)
            try fill { (row) throws(TablesError) in try writer.put(row) }
            guard writer.count > 0 else {
                if state.rows == 0 { try database.run(DayTable.drop(day)) }
                return 0
            }
            guard writer.count <= state.droppedRows else {
                throw .day(
                    file: path, day: day,
                    reason: "\(writer.count) rows were to come back, but \(state.droppedRows) had been dropped; "
                        + "this archive is of other tables")
            }
            state.rows += writer.count
            state.archivedRows += writer.count
            state.droppedRows -= writer.count
            try storeDay(day, state)
            try remakeViews()
            return writer.count
        }
    }

    /// A transaction over the days as the file has them at its begin.
    private func changeDays<Result>(
        _ body: () throws(TablesError) -> Result
    ) throws(TablesError) -> Result {
        do throws(TablesError) {
            return try database.transaction { () throws(TablesError) in
                try refreshDays()
                return try body()
            }
        } catch {
            // What memory says of the days must not run ahead of the file.
            try? refreshDays()
            throw error
        }
    }
}
