package import Holdfast
internal import HoldfastLog
internal import HoldfastTables
internal import HoldfastWallet

/// The rows of days read from the ledger's log instead of its tables. The log lies in the order of its events, so the
/// records of as many days as fit in memory are gathered in one pass and sorted.
package final class LogRows: RowSource {
    private let files: LedgerFiles
    /// How many the tables have.
    private let shards: Int
    private var gathered: [Place: GatheredRecords] = [:]

    struct Place: Hashable {
        let shard: Int
        let day: Day
    }

    /// What one pass may gather: a record with its place in the lists.
    private static let bytesPerRow = 224
    private static let passBytesMax = 1 << 30

    package init(_ files: LedgerFiles, shards: Int) {
        self.files = files
        self.shards = shards
    }

    package func gather(
        firstOf days: ArraySlice<DueDay>, _ take: (any RowPiece) throws(ArchiveError) -> Void
    ) throws(ArchiveError) {
        let due = days.first!
        // Rows that came after their day was archived are few; the tables know which they are.
        guard due.isWhole else { return try due.shelf.gather(due.day, take) }
        if gathered[Place(due)] == nil { try gather(as: days) }
        let records = gathered.removeValue(forKey: Place(due))!
        let counted = try due.shelf.countUnarchived(of: due.day)
        // Rows came since the run began: the tables have all of them.
        guard counted == due.state.rows else { return try due.shelf.gather(due.day, take) }
        guard records.count == counted else {
            throw .shelf(
                due.shelf.name,
                reason: "\(due.day) has \(counted) rows in the tables and \(records.count) in the log. Nothing of it "
                    + "was moved; `holdfast tables check` says where they differ.")
        }
        try take(records)
    }

    // MARK: Gathering

    /// As many of the first of these days as fit in memory.
    private func gather(as due: ArraySlice<DueDay>) throws(ArchiveError) {
        var wanted: [Place: GatheredRecords] = [:]
        var bytes = 0
        for day in due where day.isWhole {
            if bytes > 0, bytes + day.state.rows * Self.bytesPerRow > Self.passBytesMax { break }
            bytes += day.state.rows * Self.bytesPerRow
            wanted[Place(day)] = GatheredRecords(expected: day.state.rows)
        }
        let days = Set(wanted.keys.map(\.day))
        var missing = wanted.values.reduce(0) { $0 + $1.expected }
        try inLog { () throws(LogError) in
            let reader = try files.reader(from: try start(of: days.min()!))
            while missing > 0 {
                let count = try reader.readBatch { (record, _, _, _) throws(LogError) in
                    let day = Day(of: record.time)
                    guard days.contains(day) else { return }
                    let shard = Shard.number(of: record.playerID, shards: shards)
                    guard let place = wanted[Place(shard: shard, day: day)] else { return }
                    // Only exchanges have two rows.
                    let rows = record.type == EventKind.exchanged.rawValue ? 2 : 1
                    place.append(record, rows: rows)
                    missing -= rows
                }
                if count == 0 { break }
            }
        }
        gathered = wanted
    }

    /// A position before a day's events. Times hardly ever go back in a log of one machine; a day before it makes up
    /// for lanes that differ a little. Sealed segments say from when to when they reach; looking into one would mean
    /// putting all of it together again.
    private func start(of day: Day) throws(LogError) -> UInt64 {
        let time = day.begin - 86_400_000
        let edges = try files.logs.map { (log) throws(LogError) in try edge(of: log, time) }
        let first = edges.map(\.position).min()!
        return edges.contains(where: \.isInSealed) ? first : try search(from: first, time)
    }

    /// The beginning of the lane's first sealed segment that reaches up to the time, or the end of all of them.
    private func edge(of log: FileBatchLog, _ time: Int64) throws(LogError) -> (position: UInt64, isInSealed: Bool) {
        var end = files.firstPosition
        for number in log.sealedBeginning {
            let span = try log.span(ofSealed: number)
            if span.events == 0 { continue }
            if span.lastTime >= time { return (max(end, span.root.firstPosition), true) }
            end = span.lastPosition + 1
        }
        return (end, false)
    }

    /// The same among open segments.
    private func search(from start: UInt64, _ time: Int64) throws(LogError) -> UInt64 {
        var low = start
        var high = max(low, files.lastPosition + 1)
        while low < high {
            let middle = low + (high - low) / 2
            var found: Int64?
            _ = try files.reader(from: middle).readBatch { (record, _, _, _) throws(LogError) in
                found = found ?? record.time
            }
            if let found, found < time { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension LogRows.Place {
    init(_ due: DueDay) { self.init(shard: due.shelf.label.numbers.first!, day: due.day) }
}

extension DueDay {
    /// Whether none of its rows was archived earlier.
    fileprivate var isWhole: Bool { state.unarchivedRows == state.rows }
}
