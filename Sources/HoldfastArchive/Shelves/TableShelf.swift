internal import HoldfastLog
package import HoldfastTables
package import HoldfastWallet

/// A shard's SQLite file as a shelf. Its transactions are short: a day is read in many of them, a mark or a drop changes
/// a line of `days`.
package final class TableShelf: RowShelf {
    package let name: String
    package let label: ShardLabel
    package let log: String
    private let file: ShardFile
    /// A connection of its own for the thread that gathers: SQLite's are used by one at a time.
    private let reading: ShardFile
    /// Two connections to a file with a write-ahead log, whose index they share.
    private let room = OpenFiles(5)
    private let read = Locked<[Day: ShardFile.ReadRows]>([:])

    /// How long a mark or a drop waits for somebody else's transaction.
    private static let patienceMilliseconds: Int32 = 30_000

    package init(_ file: ShardFile) throws(TablesError) {
        self.file = file
        reading = try ShardFile(file.path, for: .reading, expecting: file.identity)
        let number = file.identity.number
        name = "shard-\(number < 10 ? "0" : "")\(number)"
        label = ShardLabel([number], of: file.identity.shards)
        log = file.identity.log
        file.database.wait(milliseconds: Self.patienceMilliseconds)
        reading.database.wait(milliseconds: Self.patienceMilliseconds)
    }

    package func position() throws(ArchiveError) -> UInt64 {
        try inTables { () throws(TablesError) in try file.position() }
    }

    package func days() throws(ArchiveError) -> [ShelfDay] {
        try inTables { () throws(TablesError) in
            try file.refreshDays()
            return file.days.sorted { $0.key < $1.key }.filter { $0.value.rows > 0 }
                .map { ShelfDay($0.key, rows: Int($0.value.rows), unarchivedRows: Int($0.value.unarchivedRows)) }
        }
    }

    package func rowsTaken() throws(ArchiveError) -> [Day: Int] {
        try inTables { () throws(TablesError) in
            try file.refreshDays()
            return file.days.mapValues { Int($0.archivedRows + $0.droppedRows) }.filter { $0.value > 0 }
        }
    }

    package func forEachRow(
        of day: Day, notYetArchived: Bool, _ body: (EventRow) throws(ArchiveError) -> Void
    ) throws(ArchiveError) -> Int {
        let rows = try gather(day, from: file, notYetArchived: notYetArchived) { (piece) throws(ArchiveError) in
            try piece.forEachRow(body)
        }
        return Int(rows.count)
    }

    package func gather(_ day: Day, _ take: (any RowPiece) throws(ArchiveError) -> Void) throws(ArchiveError) {
        let rows = try gather(day, from: reading, notYetArchived: true) { (piece) throws(ArchiveError) in
            try take(piece)
        }
        read.with { $0[day] = rows }
    }

    private func gather(
        _ day: Day, from file: ShardFile, notYetArchived: Bool, _ take: (GatheredRows) throws(ArchiveError) -> Void
    ) throws(ArchiveError) -> ShardFile.ReadRows {
        // What the taker of the rows refuses must come out as it went in.
        var refusal: ArchiveError?
        do throws(TablesError) {
            return try file.gatherEntries(of: day, notYetArchived: notYetArchived) { (piece) throws(TablesError) in
                do throws(ArchiveError) {
                    try take(piece)
                } catch {
                    refusal = error
                    throw .day(file: file.path, day: day, reason: "reading was broken off")
                }
            }
        } catch {
            throw refusal ?? .shelf(name, reason: "\(error)")
        }
    }

    package func countUnarchived(of day: Day) throws(ArchiveError) -> Int {
        let rows = try inTables { () throws(TablesError) in try reading.countUnarchived(of: day) }
        read.with { $0[day] = rows }
        return Int(rows.count)
    }

    package func markArchived(_ day: Day, receipt: String, at now: Int64) throws(ArchiveError) {
        guard let rows = read.with({ $0.removeValue(forKey: day) }) else {
            throw .shelf(name, reason: "\(day) is marked before it was read")
        }
        try inTables { () throws(TablesError) in try file.markArchived(day, rows, receipt: receipt, at: now) }
    }

    /// Puts rows of a day back, those that are not there, in one transaction; `next` gives one row after the other.
    /// Returns how many came.
    package func restore(
        _ day: Day, _ next: () throws(ArchiveError) -> EventRow?
    ) throws(ArchiveError) -> Int {
        var refusal: ArchiveError?
        do throws(TablesError) {
            return Int(
                try file.restoreDay(day) { (put) throws(TablesError) in
                    while true {
                        let row: EventRow?
                        do throws(ArchiveError) {
                            row = try next()
                        } catch {
                            refusal = error
                            throw .day(file: file.path, day: day, reason: "bringing rows back was broken off")
                        }
                        guard let row else { return }
                        try put(row)
                    }
                })
        } catch {
            throw refusal ?? .shelf(name, reason: "\(error)")
        }
    }

    package func drop(_ day: Day) throws(ArchiveError) {
        try inTables { () throws(TablesError) in try file.dropDay(day) }
    }

    private func inTables<Result>(_ body: () throws(TablesError) -> Result) throws(ArchiveError) -> Result {
        do throws(TablesError) {
            return try body()
        } catch {
            throw .shelf(name, reason: "\(error)")
        }
    }
}

extension GatheredRows: RowPiece {}
