import Glibc
import HoldfastTables
import HoldfastWallet
import Testing

@testable import HoldfastArchive
@testable import HoldfastLog

@Suite("Reading ahead")
struct RowsAheadTests {
    /// A shelf of days with pieces of one row each, which counts the pieces in memory.
    private final class CountingShelf: RowShelf {
        let name = "shard-00"
        let label = ShardLabel([0], of: 1)
        let daysCount: Int
        let pieces: Int
        let alive = Locked(0)
        let gathered = Locked(0)

        init(days: Int, pieces: Int) {
            daysCount = days
            self.pieces = pieces
        }

        final class Piece: RowPiece {
            let count = 1
            let seq: Int
            let day: Day
            let alive: Locked<Int>

            init(seq: Int, day: Day, alive: Locked<Int>) {
                self.seq = seq
                self.day = day
                self.alive = alive
                alive.with { $0 += 1 }
            }

            deinit { alive.with { $0 -= 1 } }

            func forEachRow(_ body: (EventRow) throws(ArchiveError) -> Void) throws(ArchiveError) {
                let line = RowMaker.line(player: "p", seq: seq, position: seq, at: day.begin)
                try MemoryPiece(shelf: "", rows: [.init(line: line)]).forEachRow(body)
            }
        }

        var due: [DueDay] { try! days().map { DueDay(self, $0) } }
        func position() throws(ArchiveError) -> UInt64 { .max }
        func days() throws(ArchiveError) -> [ShelfDay] {
            (0..<daysCount).map {
                ShelfDay(Day(number: RowMaker.firstDay.number + Int64($0)), rows: pieces, unarchivedRows: pieces)
            }
        }
        func gather(_ day: Day, _ take: (any RowPiece) throws(ArchiveError) -> Void) throws(ArchiveError) {
            for number in 1...pieces {
                gathered.with { $0 += 1 }
                try take(Piece(seq: number, day: day, alive: alive))
            }
        }
        func rowsTaken() throws(ArchiveError) -> [Day: Int] { [:] }
        func forEachRow(
            of day: Day, notYetArchived: Bool, _ body: (EventRow) throws(ArchiveError) -> Void
        ) throws(ArchiveError) -> Int { 0 }
        func countUnarchived(of day: Day) throws(ArchiveError) -> Int { pieces }
        func markArchived(_ day: Day, receipt: String, at now: Int64) throws(ArchiveError) {}
        func drop(_ day: Day) throws(ArchiveError) {}
    }

    private func seqs(_ rows: RowsAhead, of index: Int) throws -> [UInt64] {
        var seqs: [UInt64] = []
        try rows.forEachRow(of: index) { (row) throws(ArchiveError) in seqs.append(row.seq) }
        return seqs
    }

    private func wait(until isTrue: () -> Bool) {
        for _ in 0..<10_000 where !isTrue() { usleep(1_000) }
    }

    @Test(
        "rows come in order, and never is more read ahead than there is room for",
        arguments: [(false, 1), (true, 1), (true, 5)])
    func bounded(onThread: Bool, rowsMax: Int) throws {
        let shelf = CountingShelf(days: 3, pieces: 20)
        let rows = RowsAhead(shelf.due, from: nil, onThread: onThread, rowsMax: rowsMax)
        defer { rows.stop() }
        var most = 0
        for index in 0..<3 {
            var seqs: [UInt64] = []
            try rows.forEachRow(of: index) { (row) throws(ArchiveError) in
                seqs.append(row.seq)
                // Once in a day of twenty pieces the reader is given the time that it needs to get as far as it may.
                if onThread, row.seq == 10 { wait { shelf.alive.with { $0 } > rowsMax } }
                most = max(most, shelf.alive.with { $0 })
            }
            #expect(seqs == (1...20).map { UInt64($0) })
        }
        #expect(most == (onThread ? rowsMax + 1 : 1), "the piece in use, and as much ahead as may be")
    }

    @Test("a day that is broken off or left out does not get into the next", arguments: [false, true])
    func brokenOff(onThread: Bool) throws {
        let shelf = CountingShelf(days: 4, pieces: 5)
        let rows = RowsAhead(shelf.due, from: nil, onThread: onThread)
        defer { rows.stop() }
        #expect(throws: ArchiveError.busy(root: "here")) {
            try rows.forEachRow(of: 0) { (row) throws(ArchiveError) in
                if row.seq == 2 { throw .busy(root: "here") }
            }
        }
        #expect(try seqs(rows, of: 1) == [1, 2, 3, 4, 5])
        #expect(try seqs(rows, of: 3) == [1, 2, 3, 4, 5])
    }

    @Test("it ends where nobody asks any more")
    func stopped() throws {
        let shelf = CountingShelf(days: 100, pieces: 100)
        let rows = RowsAhead(shelf.due, from: nil, onThread: true, rowsMax: 10)
        _ = try seqs(rows, of: 0)
        rows.stop()
        #expect(shelf.gathered.with { $0 } <= 111)
    }

    @Test("a day that can't be read stops the run, loses nothing, and moves the next time", arguments: [1, 4])
    func unreadable(threads: Int) throws {
        let world = World()
        let day = Day(number: RowMaker.firstDay.number + 1)
        world.shelves[1].unreadable[day] = .shelf("shard-01", reason: "it is damaged")
        #expect(throws: ArchiveError.shelf("shard-01", reason: "it is damaged")) {
            try world.run(now: World.now(moved: 3), threads: threads)
        }
        #expect(world.fault() == nil)
        #expect(world.shelves[0].lines.count == world.shelves[0].archivedLines.count, "the shard before it was done")
        world.shelves[1].unreadable = [:]
        try world.run(now: World.now(moved: 3), threads: threads)
        #expect(try world.faultAfterRun() == nil)
        #expect(Set(world.warehouseLines()) == world.all)
    }
}
