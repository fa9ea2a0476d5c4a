internal import CHoldfast
internal import Holdfast
internal import HoldfastLog
internal import HoldfastTables
internal import HoldfastWallet

struct LogSegment: Sendable {
    let log: FileBatchLog
    let number: UInt64
    /// Among all that are gone through: those of a lane in the order of the log.
    let order: Int
}

/// Goes through segments and keeps what these have of some days of some shards, sorted. It has memory and a file of its
/// own, so that several may be at work side by side.
final class RowSorter: @unchecked Sendable {
    // @unchecked: used by the thread that sorts until that has ended, and then by whoever waited for it.
    private let shards: Int
    private let directory: String
    private let arena: RecordArena
    private var file: SpillFile?
    private var days: [Day: [SortedRecords?]] = [:]
    private var records: [LogRows.Place: SortedRecords] = [:]
    /// Of the row that was looked at last.
    @exclusivity(unchecked) private var shard = 0
    @exclusivity(unchecked) private var day: Day?
    @exclusivity(unchecked) private var ofDay: [SortedRecords?]?

    init(_ places: Set<LogRows.Place>, of shards: Int, memoryBytes: Int, spillingInto directory: String) {
        self.shards = shards
        self.directory = directory
        arena = RecordArena(bytes: memoryBytes, places: places.count)
        for place in places {
            let records = SortedRecords(in: arena)
            self.records[place] = records
            days[place.day, default: Array(repeating: nil, count: shards)][place.shard] = records
        }
    }

    /// What it has of a place, for once.
    func take(_ place: LogRows.Place) -> SortedRecords { records.removeValue(forKey: place)! }

    func sort(_ segment: LogSegment) throws(ArchiveError) {
        hf_write_steadily(1)
        defer { hf_write_steadily(0) }
        // What the file refuses must come out as it went in.
        var refusal: ArchiveError?
        do throws(LogError) {
            try segment.log.forEachRowsByKey(of: segment.number) { (rows) throws(LogError) in
                for row in rows where !take(row) {
                    do throws(ArchiveError) {
                        try spill()
                    } catch {
                        refusal = error
                        throw LogError.stopped(reason: "there is no room for more rows")
                    }
                    precondition(take(row), "there is room for a record once all memory is free")
                }
            }
        } catch {
            throw refusal ?? .log(error)
        }
        for records in records.values { records.endRun(segment.order) }
    }

    /// False where there is no room for it.
    @inline(__always)
    private func take(_ row: SealedRow) -> Bool {
        if row.beginsCluster { shard = Shard.number(of: row.playerID, shards: shards) }
        let day = Day(of: row.time)
        if day != self.day {
            self.day = day
            ofDay = days[day]
        }
        return ofDay?[shard]?.append(row) ?? true
    }

    private func spill() throws(ArchiveError) {
        if file == nil { file = try SpillFile(in: directory) }
        for records in records.values { try records.spill(to: file!) }
    }
}
