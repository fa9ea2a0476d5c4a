import HoldfastArchive
import HoldfastTables
import HoldfastWallet
import SimulatedDisk

@testable import HoldfastLog

/// A shard in memory. Its transactions are durable when they return, and crash with the disk beside it.
final class MemoryShelf: RowShelf {
    struct Row: Hashable {
        let line: String
        var isArchived = false
    }

    let name: String
    let label: ShardLabel
    /// Each day's rows in the order of their keys.
    private(set) var rows: [Day: [Row]]
    private var lastRead: [Day: Set<String>] = [:]
    var disk: SimulatedDisk?

    init(number: Int, of count: Int, _ rows: [Day: [Row]], disk: SimulatedDisk? = nil) {
        name = "shard-0\(number)"
        label = ShardLabel([number], of: count)
        self.rows = rows
        self.disk = disk
    }

    func copy(on disk: SimulatedDisk?) -> MemoryShelf {
        MemoryShelf(number: label.numbers.first!, of: label.count, rows, disk: disk)
    }

    var lines: [String] { rows.values.flatMap { $0.map(\.line) } }
    var archivedLines: [String] { rows.values.flatMap { $0.filter(\.isArchived).map(\.line) } }

    func insert(_ line: String, on day: Day) {
        rows[day, default: []].append(Row(line: line))
        rows[day]!.sort { RowMaker.key($0.line) < RowMaker.key($1.line) }
    }

    func change(_ day: Day, _ index: Int, _ body: (String) -> String) {
        rows[day]![index] = Row(line: body(rows[day]![index].line), isArchived: rows[day]![index].isArchived)
    }

    /// As after `tables rebuild`, which knows nothing of what was archived or dropped.
    func rebuild(from all: [Day: [Row]]) { rows = all }

    // MARK: RowShelf

    func position() throws(ArchiveError) -> UInt64 { .max }

    func days() throws(ArchiveError) -> [ShelfDay] {
        rows.keys.sorted().map { day in
            ShelfDay(day, rows: rows[day]!.count, unarchivedRows: rows[day]!.count { !$0.isArchived })
        }
    }

    func forEachRow(
        of day: Day, notYetArchived: Bool, _ body: (EventRow) throws(ArchiveError) -> Void
    ) throws(ArchiveError) -> Int {
        let chosen = rows[day, default: []].filter { !notYetArchived || !$0.isArchived }
        let parser = RowLineParser()
        for row in chosen {
            let bytes = Array(row.line.utf8)
            let problem = bytes.withUnsafeBytes { raw -> ArchiveError? in
                if let problem = parser.parse(raw) { return .shelf(name, reason: problem) }
                guard let row = parser.row() else { return .shelf(name, reason: "no row") }
                do throws(ArchiveError) { try body(row) } catch { return error }
                return nil
            }
            if let problem { throw problem }
        }
        lastRead[day] = Set(chosen.map(\.line))
        return chosen.count
    }

    func countUnarchived(of day: Day) throws(ArchiveError) -> Int {
        let lines = rows[day, default: []].filter { !$0.isArchived }.map(\.line)
        lastRead[day] = Set(lines)
        return lines.count
    }

    func markArchived(_ day: Day, receipt: String, at now: Int64) throws(ArchiveError) {
        let read = lastRead[day] ?? []
        try transaction("mark \(name) \(day)") {
            for index in rows[day]!.indices where read.contains(rows[day]![index].line) {
                rows[day]![index].isArchived = true
            }
        }
    }

    func drop(_ day: Day) throws(ArchiveError) {
        guard rows[day]!.allSatisfy(\.isArchived) else { throw .shelf(name, reason: "rows are not archived") }
        try transaction("drop \(name) \(day)") { rows[day] = nil }
    }

    private func transaction(_ what: String, _ body: () -> Void) throws(ArchiveError) {
        guard let disk else { return body() }
        do throws(DiskFailure) { try disk.transaction(what, body) } catch { throw .io(error) }
    }
}
