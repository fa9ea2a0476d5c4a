import Foundation
import HoldfastTestSupport
import HoldfastWallet
import Testing

@testable import HoldfastTables

@Suite("What the archive asks of a shard")
struct ArchivingTests {
    private let place = TemporaryDirectory()
    private static let day = Day(number: 20_000)

    /// A shard with one day of `rows` rows of three players, by hand.
    private func shard(rows: Int, days: [Day] = [day]) throws -> ShardFile {
        let identity = ShardFile.Identity(log: "log", number: 0, shards: 1, mapVersion: 1)
        let shard = try ShardFile(creating: place.path + "/shard-00.sqlite", identity)
        try shard.database.transaction { () throws(TablesError) in
            try shard.database.run("INSERT INTO assets VALUES (1, 'BRL')")
            for (ref, player) in ["b", "a", "c"].enumerated() {
                try shard.database.run(
                    "INSERT INTO player_refs VALUES (\(ref + 1), 'evian', '\(player)', 0, 0, 0)")
            }
            for day in days {
                try shard.database.run(DayTable.create(day))
                try shard.database.run(DayTable.createIndex(day))
                try add(rows: 1...rows, to: day, of: shard)
            }
            try shard.remakeViews()
        }
        return shard
    }

    private func add(rows: ClosedRange<Int>, to day: Day, of shard: ShardFile) throws(TablesError) {
        let insert = try shard.database.prepare(DayTable.insert(day))
        for row in rows {
            insert.bind(1, EntryID.of(position: UInt64(row), part: 0)).bind(2, Int64(row % 3 + 1))
                .bind(3, Int64(row)).bind(4, 1).bind(5, 1).bind(6, 5).bind(7, 5).bind(8, 0).bind(9, 5).bind(10, 0)
                .bind(11, "r\(row)").bind(13, 5).bind(16, day.begin + Int64(row))
            try insert.run()
        }
        var state = shard.days[day] ?? DayState()
        state.rows += Int64(rows.count)
        try shard.storeDay(day, state)
    }

    private func count(_ shard: ShardFile, _ condition: String = "1") throws -> Int64? {
        try shard.database.integer("SELECT count(*) FROM ledger_entries WHERE \(condition)")
    }

    @Test(
        "a day that is too large for memory is read in several passes, to the same end", arguments: [1, 7, 34, 1_000])
    func passes(rowsMax: Int) throws {
        let shard = try shard(rows: 100)
        let expected = try shard.database.prepare(
            "SELECT player_id, seq FROM ledger_entries ORDER BY player_id, tenant_id, seq, position")
        var order: [String] = []
        try expected.forEachRow { row throws(TablesError) in order.append("\(row.text(0)) \(row.integer(1))") }
        let gathering = try DayGathering(shard, Self.day, above: -1, rowsMax: rowsMax)
        var found: [String] = []
        try gathering.forEachRow { (row) throws(TablesError) in
            found.append("\(String(decoding: row.playerID, as: UTF8.self)) \(row.seq)")
        }
        #expect(found == order && gathering.count == 100 && gathering.through == 200)
    }

    @Test("rows that come while a day is read are left for the next time; one that comes among those read is refused")
    func changedWhileRead() throws {
        let shard = try shard(rows: 100)
        let gathering = try DayGathering(shard, Self.day, above: -1)
        try add(rows: 101...120, to: Self.day, of: shard)
        try gathering.forEachRow { _ in }
        #expect(gathering.count == 100 && gathering.through == 200)
        let again = try DayGathering(shard, Self.day, above: -1)
        try shard.database.run(
            "INSERT INTO \(Self.day.tableName)(id, player, seq, event, created_at) VALUES (101, 1, 500, 1, 5)")
        #expect(throws: TablesError.self) { try again.forEachRow { _ in } }
    }

    @Test("a day is read in the order of its players, marked, dropped, and comes back row for row")
    func wholeLife() throws {
        let shard = try shard(rows: 100)
        let day = Self.day
        #expect(try shard.daysToArchive(endingBefore: day.end - 1) == [])
        #expect(try shard.daysToArchive(endingBefore: day.end) == [day])
        let before = try Self.entries(shard, day)
        #expect(before.map(\.order) == before.map(\.order).sorted())
        let read = try shard.forEachEntry(of: day, notYetArchived: true) { _ in }
        #expect(read == .init(count: 100, through: 200))
        try shard.markArchived(day, read, receipt: "snapshot 7", at: 5)
        #expect(try count(shard, "archived = 1") == 100)
        #expect(try shard.daysToArchive(endingBefore: .max) == [])
        #expect(try shard.archivedDays(endingBefore: .max) == [day])
        try shard.dropDay(day)
        #expect(try count(shard) == 0)
        #expect(try shard.archivedDays(endingBefore: .max) == [])
        #expect(
            try shard.state(of: day)
                == DayState(
                    rows: 0, archivedRows: 0, archivedThrough: 200, droppedRows: 100, archivedAt: 5,
                    receipt: "snapshot 7"))

        let back = try shard.restoreDay(day) { (put) throws(TablesError) in
            for entry in before { try entry.withRow { (row) throws(TablesError) in try put(row) } }
        }
        #expect(back == 100)
        #expect(try Self.entries(shard, day) == before)
        #expect(try count(shard, "archived = 1") == 100)
        // A second time there is nothing to bring back.
        let again = try shard.restoreDay(day) { (put) throws(TablesError) in
            for entry in before { try entry.withRow { (row) throws(TablesError) in try put(row) } }
        }
        #expect(again == 0)
    }

    @Test("rows that come after the archive has read the day are not marked, and keep it from being dropped")
    func lateRows() throws {
        let shard = try shard(rows: 10)
        let day = Self.day
        let read = try shard.forEachEntry(of: day, notYetArchived: true) { _ in }
        try shard.database.transaction { () throws(TablesError) in try add(rows: 11...13, to: day, of: shard) }
        try shard.markArchived(day, read, receipt: "first")
        #expect(try count(shard, "archived = 0") == 3)
        #expect(throws: TablesError.self) { try shard.dropDay(day) }
        #expect(try count(shard) == 13)
        let late = try shard.forEachEntry(of: day, notYetArchived: true) { _ in }
        #expect(late.count == 3)
        try shard.markArchived(day, late, receipt: "second")
        try shard.dropDay(day)
        #expect(try count(shard) == 0)
    }

    @Test("a mark that does not fit what is there is refused, and changes nothing")
    func wrongMark() throws {
        let shard = try shard(rows: 10)
        #expect(throws: TablesError.self) {
            try shard.markArchived(Self.day, .init(count: 9, through: 20), receipt: "wrong")
        }
        #expect(try count(shard, "archived = 0") == 10)
        #expect(try shard.state(of: Self.day).archivedRows == 0)
    }

    @Test("the views hold any number of days", arguments: [1, 400, 401, 730])
    func manyDays(days: Int) throws {
        let all = (0..<days).map { Day(number: 20_000 + Int64($0)) }
        let shard = try shard(rows: 2, days: all)
        #expect(try count(shard) == Int64(2 * days))
        #expect(try count(shard, "player_id = 'a'") == Int64(days))
        // A few less, so that a group goes.
        for day in all.dropLast().prefix(5) {
            let read = try shard.forEachEntry(of: day, notYetArchived: true) { _ in }
            try shard.markArchived(day, read, receipt: "")
            try shard.dropDay(day)
        }
        #expect(try count(shard) == Int64(2 * (days - min(5, days - 1))))
    }

    // MARK: Rows that outlive their reading

    struct Entry: Equatable {
        let player: [UInt8]
        let seq: UInt64
        let position: UInt64
        let requestID: [UInt8]
        let amount: Int64?
        let createdAt: Int64
        var order: String { String(decoding: player, as: UTF8.self) + " " + String(1_000_000 + seq) }

        func withRow(_ body: (EventRow) throws(TablesError) -> Void) throws(TablesError) {
            let texts = [Array("evian".utf8), player, requestID, Array("BRL".utf8)]
            let buffers = texts.map { text in
                let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: text.count, alignment: 1)
                copy.copyBytes(from: text)
                return copy
            }
            defer { for buffer in buffers { buffer.deallocate() } }
            try body(
                EventRow(
                    tenantID: UnsafeRawBufferPointer(buffers[0]), playerID: UnsafeRawBufferPointer(buffers[1]),
                    seq: seq, position: position, event: .credited, asset: UnsafeRawBufferPointer(buffers[3]),
                    amount: amount, balanceDelta: 5, heldDelta: 0, balanceAfter: 5, heldAfter: 0,
                    requestID: UnsafeRawBufferPointer(buffers[2]), target: nil, kind: "adjustment", ref: nil,
                    error: nil, createdAt: createdAt))
        }
    }

    static func entries(_ shard: ShardFile, _ day: Day) throws -> [Entry] {
        var entries: [Entry] = []
        try shard.forEachEntry(of: day, notYetArchived: false) { row in
            entries.append(
                Entry(
                    player: Array(row.playerID), seq: row.seq, position: row.position,
                    requestID: Array(row.requestID!), amount: row.amount, createdAt: row.createdAt))
        }
        return entries
    }
}
