import HoldfastArchive
import HoldfastTables
import HoldfastWallet
import SimulatedDisk

@testable import HoldfastLog

/// A shard in memory. Its transactions are durable when they return, and crash with the disk beside it.
final class MemoryShelf: RowShelf {
    struct Row: Hashable, Sendable {
        let line: String
        var isArchived = false
    }

    let name: String
    let label: ShardLabel
    /// A thread may gather a day while another marks those before it.
    private let state: Locked<State>
    var disk: SimulatedDisk?
    /// Days that can't be gathered, and why.
    var unreadable: [Day: ArchiveError] = [:]

    private struct State: Sendable {
        var rows: [Day: [Row]]
        var lastRead: [Day: Set<String>] = [:]
        var dropped: [Day: Int] = [:]
    }

    /// Each day's rows in the order of their keys.
    private(set) var rows: [Day: [Row]] {
        get { state.with { $0.rows } }
        set { state.with { $0.rows = newValue } }
    }

    init(number: Int, of count: Int, _ rows: [Day: [Row]], dropped: [Day: Int] = [:], disk: SimulatedDisk? = nil) {
        name = "shard-0\(number)"
        label = ShardLabel([number], of: count)
        state = Locked(State(rows: rows, dropped: dropped))
        self.disk = disk
    }

    func copy(on disk: SimulatedDisk?) -> MemoryShelf {
        MemoryShelf(
            number: label.numbers.first!, of: label.count, rows, dropped: state.with { $0.dropped }, disk: disk)
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
    func rebuild(from all: [Day: [Row]]) {
        rows = all
        state.with { $0.dropped = [:] }
    }

    // MARK: RowShelf

    func position() throws(ArchiveError) -> UInt64 { .max }

    func days() throws(ArchiveError) -> [ShelfDay] {
        rows.keys.sorted().map { day in
            ShelfDay(day, rows: rows[day]!.count, unarchivedRows: rows[day]!.count { !$0.isArchived })
        }
    }

    func rowsTaken() throws(ArchiveError) -> [Day: Int] {
        var taken = state.with { $0.dropped }
        for (day, rows) in rows { taken[day, default: 0] += rows.count(where: \.isArchived) }
        return taken.filter { $0.value > 0 }
    }

    func forEachRow(
        of day: Day, notYetArchived: Bool, _ body: (EventRow) throws(ArchiveError) -> Void
    ) throws(ArchiveError) -> Int {
        let chosen = rows[day, default: []].filter { !notYetArchived || !$0.isArchived }
        try MemoryPiece(shelf: name, rows: chosen).forEachRow(body)
        return chosen.count
    }

    func gather(_ day: Day, _ take: (any RowPiece) throws(ArchiveError) -> Void) throws(ArchiveError) {
        if let failure = unreadable[day] { throw failure }
        let chosen = readUnarchived(of: day)
        // Two pieces, so that there is more than one.
        let half = chosen.count / 2
        try take(MemoryPiece(shelf: name, rows: Array(chosen[..<half])))
        try take(MemoryPiece(shelf: name, rows: Array(chosen[half...])))
    }

    func countUnarchived(of day: Day) throws(ArchiveError) -> Int { readUnarchived(of: day).count }

    private func readUnarchived(of day: Day) -> [Row] {
        state.with { state in
            let chosen = state.rows[day, default: []].filter { !$0.isArchived }
            state.lastRead[day] = Set(chosen.map(\.line))
            return chosen
        }
    }

    func markArchived(_ day: Day, receipt: String, at now: Int64) throws(ArchiveError) {
        try transaction("mark \(name) \(day)") {
            state.with { state in
                let read = state.lastRead[day] ?? []
                for index in state.rows[day]!.indices where read.contains(state.rows[day]![index].line) {
                    state.rows[day]![index].isArchived = true
                }
            }
        }
    }

    func drop(_ day: Day) throws(ArchiveError) {
        guard rows[day]!.allSatisfy(\.isArchived) else { throw .shelf(name, reason: "rows are not archived") }
        try transaction("drop \(name) \(day)") {
            state.with { state in
                state.dropped[day, default: 0] += state.rows[day]!.count
                state.rows[day] = nil
            }
        }
    }

    private func transaction(_ what: String, _ body: () -> Void) throws(ArchiveError) {
        guard let disk else { return body() }
        do throws(DiskFailure) { try disk.transaction(what, body) } catch { throw .io(error) }
    }
}

/// Rows of a shard in memory, as lines.
struct MemoryPiece: RowPiece {
    let shelf: String
    let rows: [MemoryShelf.Row]
    var count: Int { rows.count }

    func forEachRow(_ body: (EventRow) throws(ArchiveError) -> Void) throws(ArchiveError) {
        let parser = RowLineParser()
        for row in rows {
            let bytes = Array(row.line.utf8)
            let problem = bytes.withUnsafeBytes { raw -> ArchiveError? in
                if let problem = parser.parse(raw) { return .shelf(shelf, reason: problem) }
                guard let row = parser.row() else { return .shelf(shelf, reason: "no row") }
                do throws(ArchiveError) { try body(row) } catch { return error }
                return nil
            }
            if let problem { throw problem }
        }
    }
}
