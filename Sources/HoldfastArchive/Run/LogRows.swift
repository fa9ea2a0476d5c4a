internal import CHoldfast
package import Holdfast
internal import HoldfastLog
internal import HoldfastTables
internal import HoldfastWallet

/// The rows of days read from the ledger's log instead of its tables. Sealed segments have a player's events side by
/// side already: each is gone through once, for all shards, and what it has of a day of a shard is a sorted run.
package final class LogRows: RowSource {
    private let files: LedgerFiles
    /// How many the tables have.
    private let shards: Int
    private let limits: Limits
    private let directory: String
    private let pool = PiecePool()
    private var sorters: [RowSorter] = []
    /// What the sorters have that was not handed over yet.
    private var places: Set<Place> = []

    struct Place: Hashable, Sendable {
        let shard: Int
        let day: Day
    }

    /// What one pass through the log may take along.
    package struct Limits {
        /// In memory; what is more lies in a file meanwhile.
        package var memoryBytes = 1 << 30
        /// In memory and in the file.
        package var bytes = 64 << 30

        package init(memoryBytes: Int, bytes: Int) {
            self.memoryBytes = memoryBytes
            self.bytes = bytes
        }

        /// The file takes a quarter of the space that is free.
        init(besides directory: String) {
            bytes = max(memoryBytes, min(bytes, Int(clamping: hf_free_bytes(directory)) / 4))
        }
    }

    /// A few pieces: what they are made of is in memory or a file already, and their own memory is used again.
    package var rowsAheadMax: Int { 512 << 10 }

    /// Takes a record with the space that it and its place in the order need.
    private static let bytesPerRow = 160

    /// What does not fit in memory lies in `directory` for a while.
    package init(_ files: LedgerFiles, shards: Int, spillingInto directory: String, limits: Limits? = nil) {
        self.files = files
        self.shards = shards
        self.directory = directory
        self.limits = limits ?? Limits(besides: directory)
    }

    package func gather(
        firstOf days: ArraySlice<DueDay>, _ take: (any RowPiece) throws(ArchiveError) -> Void
    ) throws(ArchiveError) {
        let due = days.first!
        // Rows that came after their day was archived are few; the tables know which they are.
        guard due.isWhole else { return try due.shelf.gather(due.day, take) }
        if places.remove(Place(due)) == nil {
            try sort(as: days)
            places.remove(Place(due))
        }
        let records = sorters.map { $0.take(Place(due)) }
        let counted = try due.shelf.countUnarchived(of: due.day)
        // Rows came since the run began: the tables have all of them.
        guard counted == due.state.rows else { return try due.shelf.gather(due.day, take) }
        let found = records.reduce(0) { $0 + $1.rows }
        guard found == counted else {
            throw .shelf(
                due.shelf.name,
                reason: "\(due.day) has \(counted) rows in the tables and \(found) in the log. Nothing of it "
                    + "was moved; `holdfast tables check` says where they differ.")
        }
        try SortedRecords.forEachPiece(of: records, in: pool, take)
    }

    // MARK: Sorting

    /// As many of the first of these days as there is room for.
    private func sort(as due: ArraySlice<DueDay>) throws(ArchiveError) {
        sorters = []
        self.places = []
        var days: [DueDay] = []
        var bytes = 0
        for day in due where day.isWhole {
            bytes += day.state.rows * Self.bytesPerRow
            if !days.isEmpty, bytes > limits.bytes { break }
            days.append(day)
        }
        let first = days.map(\.day.begin).min()!
        let last = days.map(\.day.end).max()! - 1
        var segments: [LogSegment] = []
        for log in files.logs {
            for number in try inLog({ () throws(LogError) in try log.segments(from: first, to: last) }) {
                segments.append(LogSegment(log: log, number: number, order: segments.count))
            }
        }
        let threads = max(1, min(Self.sorterThreads, segments.count))
        // Whichever way the segments fall to them: what is not used costs nothing.
        let memory = limits.memoryBytes / threads
        let queue = Locked(segments[...])
        let places = Set(days.map { Place($0) })
        let (shards, directory) = (shards, directory)
        sorters = try LaneThreads.map(threads) { (_, _) throws(ArchiveError) in
            let sorter = RowSorter(places, of: shards, memoryBytes: memory, spillingInto: directory)
            while let segment = queue.with({ $0.popFirst() }) { try sorter.sort(segment) }
            return sorter
        }
        self.places = places
    }

    private static let sorterThreads = 2
}

extension LogRows.Place {
    init(_ due: DueDay) { self.init(shard: due.shelf.label.numbers.first!, day: due.day) }
}

extension DueDay {
    /// Whether none of its rows was archived earlier.
    fileprivate var isWhole: Bool { state.unarchivedRows == state.rows }
}
