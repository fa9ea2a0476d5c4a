package import Holdfast
internal import HoldfastLog
package import HoldfastTables
package import HoldfastWallet

/// The rows of days read from the ledger's log instead of its tables. The log lies in the order of its events, so the
/// records of as many days as fit in memory are gathered in one pass and sorted.
package final class LogRows: RowSource {
    private let files: LedgerFiles
    private let shelves: [any RowShelf]
    private let options: RunOptions
    private var gathered: [Place: GatheredRecords] = [:]

    struct Place: Hashable {
        let shard: Int
        let day: Day
    }

    /// What one pass may gather: a record with its place in the lists.
    private static let bytesPerRow = 224
    private static let passBytesMax = 1 << 30

    package init(_ files: LedgerFiles, shelves: [any RowShelf], _ options: RunOptions) {
        self.files = files
        self.shelves = shelves
        self.options = options
    }

    package func forEachRow(
        of day: Day, for shelf: any RowShelf, _ body: (EventRow) throws(ArchiveError) -> Void
    ) throws(ArchiveError) {
        let state = try shelf.days().first { $0.day == day }
        // Rows that came after their day was archived are few; the tables know which they are.
        guard let state, state.unarchivedRows == state.rows else {
            try shelf.forEachRow(of: day, notYetArchived: true, body)
            return
        }
        let place = Place(shard: shelf.label.numbers.first!, day: day)
        if gathered[place] == nil { try gather(from: place) }
        let records = gathered.removeValue(forKey: place)!
        let counted = try shelf.countUnarchived(of: day)
        guard records.rows == counted, counted == state.rows else {
            throw .shelf(
                shelf.name,
                reason: "\(day) has \(counted) rows in the tables and \(records.rows) in the log. Nothing of it was "
                    + "moved; `holdfast tables check` says where they differ.")
        }
        try records.forEachRow(body)
    }

    // MARK: Gathering

    private func gather(from first: Place) throws(ArchiveError) {
        var wanted: [Place: GatheredRecords] = [:]
        var bytes = 0
        for place in try due(from: first) {
            if bytes > 0, bytes + place.rows * Self.bytesPerRow > Self.passBytesMax { break }
            bytes += place.rows * Self.bytesPerRow
            wanted[place.place] = GatheredRecords(expected: place.rows)
        }
        let days = Set(wanted.keys.map(\.day))
        let shards = shelves[0].label.count
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

    /// What the run will ask for from this place on, in its order.
    private func due(from first: Place) throws(ArchiveError) -> [(place: Place, rows: Int)] {
        var all: [(place: Place, rows: Int)] = []
        for shelf in shelves {
            for day in try shelf.days()
            where day.day.end <= options.now - options.olderThan && day.unarchivedRows == day.rows && day.rows > 0 {
                all.append((Place(shard: shelf.label.numbers.first!, day: day.day), day.rows))
            }
        }
        return Array(all[(all.firstIndex { $0.place == first } ?? 0)...])
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
