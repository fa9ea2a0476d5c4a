import HoldfastTables
import HoldfastTestSupport
import HoldfastWallet
import SimulatedDisk
import Testing

@testable import Holdfast
@testable import HoldfastArchive
@testable import HoldfastLog

@Suite("Rows out of the log")
struct LogRowsTests {
    private static let shards = 3
    private static let plenty = LogRows.Limits(memoryBytes: 64 << 20, bytes: 1 << 30)
    /// A block or two for each day of a shard.
    private static let scarce = LogRows.Limits(memoryBytes: 1, bytes: 1 << 30)
    /// A pass for each day of a shard.
    private static let scarcer = LogRows.Limits(memoryBytes: 1, bytes: 1)

    /// A ledger of some days, and shards in memory with the rows that it has.
    private func world(seals: Bool) throws -> (LedgerFiles, [DueDay]) {
        var plan = OldLedger.Plan()
        plan.eventsPerDay = 1_200
        plan.seals = seals
        let disk = try OldLedger.make(plan)
        var rows = Array(repeating: [Day: [MemoryShelf.Row]](), count: Self.shards)
        for line in try OldLedger.lines(disk) {
            let shard = Shard.number(
                of: String(decoding: RowMaker.key(line.text).player, as: UTF8.self), shards: Self.shards)
            rows[shard][Day(of: line.time), default: []].append(MemoryShelf.Row(line: line.text))
        }
        var due: [DueDay] = []
        for (number, var rows) in rows.enumerated() {
            for day in rows.keys { rows[day]!.sort { RowMaker.key($0.line) < RowMaker.key($1.line) } }
            let shelf = MemoryShelf(number: number, of: Self.shards, rows)
            for day in try shelf.days() { due.append(DueDay(shelf, day)) }
        }
        return (try LedgerFiles(OldLedger.path, on: disk), due)
    }

    private func lines(_ gather: ((any RowPiece) throws(ArchiveError) -> Void) throws -> Void) throws -> [String] {
        var lines: [String] = []
        let writer = LineOfRow()
        try gather { (piece) throws(ArchiveError) in
            let before = lines.count
            try piece.forEachRow { (row) throws(ArchiveError) in
                lines.append(writer.with(row) { line, _ in String(decoding: line, as: UTF8.self) })
            }
            #expect(lines.count - before == piece.count)
        }
        return lines
    }

    @Test(
        "they are the tables' rows in the tables' order, however little memory there is",
        arguments: [true, false], [plenty, scarce, scarcer])
    func same(seals: Bool, limits: LogRows.Limits) throws {
        let (files, due) = try world(seals: seals)
        let directory = TemporaryDirectory()
        let source = LogRows(files, shards: Self.shards, spillingInto: directory.path, limits: limits)
        for index in due.indices {
            let fromLog = try lines { try source.gather(firstOf: due[index...], $0) }
            #expect(fromLog == (try lines { try due[index].shelf.gather(due[index].day, $0) }))
            #expect(!fromLog.isEmpty)
        }
        #expect(try RealDisk().list(directory.path).isEmpty, "what was laid down has no name")
    }

    @Test("only what does not fit in memory is laid down, and where that can't be, nothing is handed over")
    func directoryMissing() throws {
        let (files, due) = try world(seals: true)
        let directory = TemporaryDirectory()
        let nowhere = directory.path + "/nowhere"
        let enough = LogRows(files, shards: Self.shards, spillingInto: nowhere, limits: Self.plenty)
        #expect(try lines { try enough.gather(firstOf: due[...], $0) }.count == due[0].state.rows)
        let source = LogRows(files, shards: Self.shards, spillingInto: nowhere, limits: Self.scarce)
        #expect {
            try source.gather(firstOf: due[...]) { _ in Issue.record("rows were handed over") }
        } throws: { error in
            guard case .io(let failure)? = error as? ArchiveError else { return false }
            return failure.path == nowhere && failure.errno == SystemErrors.missing
        }
    }

    @Test("a log that has other rows than the tables is not believed")
    func otherCount() throws {
        let (files, due) = try world(seals: true)
        let shelf = due[0].shelf as! MemoryShelf
        shelf.insert(RowMaker.line(player: "p9", seq: 1, position: 1, at: due[0].day.begin), on: due[0].day)
        let now = DueDay(shelf, try shelf.days().first { $0.day == due[0].day }!)
        let directory = TemporaryDirectory()
        let source = LogRows(files, shards: Self.shards, spillingInto: directory.path, limits: Self.plenty)
        #expect {
            try source.gather(firstOf: [now]) { _ in Issue.record("rows were handed over") }
        } throws: { "\($0)".contains("rows in the tables and") }
    }

    @Test("what comes back otherwise than it was laid down is found, wherever it is damaged")
    func spilledDamage() throws {
        let (files, _) = try world(seals: false)
        var bytes: [UInt8] = []
        var sizes: [Int] = []
        try files.logs[0].forEachRowsByKey(of: 0) { (rows) throws(LogError) in
            for row in rows.prefix(3) {
                sizes.append(row.recordBytes)
                bytes.append(contentsOf: Array(repeating: 0, count: row.recordBytes))
                bytes.withUnsafeMutableBytes { row.store(at: $0.baseAddress! + ($0.count - sizes.last!)) }
            }
        }
        let directory = TemporaryDirectory()
        func read(_ bytes: [UInt8]) throws -> Int {
            let file = try SpillFile(in: directory.path)
            // Behind something else, and through a buffer that holds one record and part of the next.
            _ = try [1, 2, 3].withUnsafeBytes { (raw) throws(ArchiveError) in try file.append(raw) }
            let offset = try bytes.withUnsafeBytes { (raw) throws(ArchiveError) in try file.append(raw) }
            let stretch = SortedRecords.Stretch(offset: offset, count: bytes.count, isSpilled: true)
            let nothing = UnsafeRawPointer(bitPattern: 8)!
            let reader = RunReader([stretch], in: nothing, or: file, bufferBytes: 300)
            var count = 0
            while try reader.next() != nil { count += 1 }
            return count
        }
        #expect(try read(bytes) == sizes.count)
        for index in bytes.indices {
            var damaged = bytes
            damaged[index] ^= 1 << UInt8(index % 8)
            #expect(throws: ArchiveError.self, "byte \(index)") { try read(damaged) }
        }
        #expect(throws: ArchiveError.self) { try read(bytes.dropLast(8)) }
    }
}
