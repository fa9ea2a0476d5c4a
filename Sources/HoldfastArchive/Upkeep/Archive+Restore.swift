internal import HoldfastTables
internal import HoldfastWallet

/// Which rows come back.
package struct RestoreFilter: Sendable {
    package var tenant: String?
    package var player: String?
    /// Moments of the rows, from and up to but without.
    package var from: Int64 = .min
    package var to: Int64 = .max

    package init() {}

    func mayHold(_ file: DataFile) -> Bool {
        if let tenant, file.tenant != tenant { return false }
        if let player, !file.mayHold(player) { return false }
        return file.day.end > from && file.day.begin < to
    }

    func takes(_ row: RowLineParser, _ playerID: [UInt8]?) -> Bool {
        guard from <= row.createdAt, row.createdAt < to else { return false }
        guard let playerID else { return true }
        return playerID.withUnsafeBytes { comparePlayers($0, row.player) == 0 }
    }
}

package struct RestoreReport: Sendable, Equatable {
    package var snapshot: Int64 = 0
    package var days = 0
    /// Rows that came back; those that were there are passed over.
    package var restored = 0
    package var found = 0
}

extension Archive {
    /// Brings rows back into tables, as the archive was after a snapshot (the newest if none is named). Each day of a
    /// shard is one transaction; run again, it goes on where it broke off.
    package func restore(
        into shelves: [TableShelf], snapshot id: Int64? = nil, _ filter: RestoreFilter = RestoreFilter(),
        report: (_ rows: Int) -> Void = { _ in }
    ) throws(ArchiveError) -> RestoreReport {
        var result = RestoreReport()
        guard let newest = chain.newestID else { return result }
        result.snapshot = id ?? newest
        guard let all = chain.files(at: result.snapshot) else {
            throw .invalid(
                argument: "snapshot \(result.snapshot)",
                reason: "the archive has no such snapshot, or it has expired; `holdfast archive snapshots` lists them")
        }
        if let log = chain.log, let other = shelves.first(where: { $0.log != log }) {
            throw .shelf(other.name, reason: "these are the tables of ledger \(other.log), not of \(log)")
        }
        let chosen = all.filter { filter.mayHold($0.file) }
        for (day, files) in Dictionary(grouping: chosen, by: \.file.day).sorted(by: { $0.key < $1.key }) {
            var came = 0
            for shelf in shelves {
                let own = files.filter { $0.file.shards?.sharesNothing(with: shelf.label) != true }
                if own.isEmpty { continue }
                came += try restore(day, own, into: shelf, filter, &result)
                report(result.restored + result.found)
            }
            if came > 0 { result.days += 1 }
        }
        return result
    }

    private func restore(
        _ day: Day, _ files: [(file: DataFile, path: String)], into shelf: TableShelf, _ filter: RestoreFilter,
        _ result: inout RestoreReport
    ) throws(ArchiveError) -> Int {
        var placed: [(file: DataFile, path: String)] = []
        for (file, path) in files { placed.append((file, path == file.path ? place(of: file) : path)) }
        let rows = RestoredRows(placed, storage, filter, shelf.label)
        let came = try shelf.restore(day) { () throws(ArchiveError) in try rows.next() }
        result.restored += came
        result.found += rows.count - came
        return came
    }
}

/// The rows of a day's files that come back into one shard, one after the other.
private final class RestoredRows {
    private var files: ArraySlice<(file: DataFile, path: String)>
    private let storage: Storage
    private let filter: RestoreFilter
    private let player: [UInt8]?
    private let label: ShardLabel
    private var cursor: RowCursor?
    private(set) var count = 0

    init(_ files: [(file: DataFile, path: String)], _ storage: Storage, _ filter: RestoreFilter, _ label: ShardLabel) {
        self.files = files[...]
        self.storage = storage
        self.filter = filter
        self.label = label
        player = filter.player.map { Array($0.utf8) }
    }

    /// The next row, good until the one after it; nil at the end.
    func next() throws(ArchiveError) -> EventRow? {
        while true {
            guard let current = cursor else {
                guard let (file, path) = files.popFirst() else { return nil }
                cursor = RowCursor(try PartReader(file, at: path, in: storage, codec: GzipCodec()))
                continue
            }
            guard try current.advance() else {
                // Only rows of files that are whole come back: before all are, the transaction is not committed.
                try current.finish()
                cursor = nil
                continue
            }
            guard filter.takes(current.row, player), label.holds(current.row.player) else { continue }
            guard let row = current.row.row() else {
                throw current.reader.damaged("row \(current.rows) names something that this program doesn't know")
            }
            count += 1
            return row
        }
    }
}
