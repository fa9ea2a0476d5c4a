import Holdfast
import HoldfastLog
import HoldfastTestSupport
import HoldfastWallet
import Testing

@testable import HoldfastTables

@Suite("Tables that follow the log")
struct SyncTests {
    @Test(
        "hold every row, balance, hold and sum of the log, whatever the lanes, the shards and the size of a batch",
        arguments: [(1, 1, 100), (1, 4, 7), (3, 4, 1), (3, 13, 1000)])
    func equality(lanes: Int, shards: Int, batch: Int) async throws {
        let work = try TestLedger(lanes: lanes)
        var settings = SyncSettings()
        settings.batchRows = batch
        settings.busyRate = .max
        let lines = TestLedger.lines(3_000, seed: UInt64(lanes * 100 + shards))
        // In several goes, so that players, purses and holds of earlier ones are met again.
        for part in 0..<3 {
            try await work.apply(Array(lines[part * 1000..<part * 1000 + 1000]))
            try work.sync(shards: part == 0 ? shards : nil, settings: settings)
            let report = try work.check()
            let isGood = report.isGood
            #expect(isGood, "\(report.differences.first.prefix(3).map { "\($0.what) \($0.player ?? "")" })")
            #expect(report.position == report.logEnd && report.logEnd > 0)
        }
        #expect(try work.check().deadLetters == 0)
    }

    @Test("show the rows that the ledger itself shows")
    func sameRows() async throws {
        let work = try TestLedger(lanes: 2)
        try await work.apply(TestLedger.lines(1_000))
        try work.sync(shards: 3)
        var expected: [String] = []
        let reader = try LedgerFiles(work.ledger).reader(from: 1)
        while try reader.readBatch({ (record, _, _, _) throws(LedgerError) in
            let rows = try EventRows(reading: record)
            for row in [rows.first, rows.second].compactMap({ $0 }) { expected.append(Self.text(row)) }
        }) > 0 {}
        #expect(try work.rows("SELECT * FROM ledger_entries") == expected.sorted())
    }

    private static func text(_ row: EventRow) -> String {
        func text(_ bytes: UnsafeRawBufferPointer?) -> String {
            bytes.map { String(decoding: $0, as: UTF8.self) } ?? "null"
        }
        func number(_ value: Int64?) -> String { value.map { "\($0)" } ?? "null" }
        return [
            text(row.tenantID), text(row.playerID), "\(row.seq)", "\(row.position)", row.event.name, text(row.asset),
            number(row.amount), number(row.balanceDelta), number(row.heldDelta), number(row.balanceAfter),
            number(row.heldAfter), text(row.requestID), text(row.target), row.kind?.description ?? "null",
            text(row.ref), row.error?.name ?? "null", "\(row.createdAt)", "0",
        ].joined(separator: "|")
    }

    @Test("are complete for each shard by its own cursor when shards stand at different events")
    func ownCursors() async throws {
        let work = try TestLedger()
        let lines = TestLedger.lines(2_000)
        try await work.apply(Array(lines[..<1_000]))
        try work.sync(shards: 4)
        // One shard as it was before, the others as they are after.
        try work.place.copy("tables/shard-02.sqlite", to: "old")
        try await work.apply(Array(lines[1_000...]))
        try work.sync()
        try work.place.copy("old", to: "tables/shard-02.sqlite")
        let cursors = try work.rows("SELECT position FROM cursor")
        #expect(Set(cursors).count == 2)
        #expect(try work.check().isGood, "behind is not different")
        try work.sync()
        #expect(try Set(work.rows("SELECT position FROM cursor")).count == 1)
        #expect(try work.check().isGood)
    }

    @Test(
        "a follower knows that it is at the end where few shards have news, and once it is quiet so do their files",
        arguments: [true, false])
    func idleShards(getsQuiet: Bool) async throws {
        let work = try TestLedger()
        try await work.apply(TestLedger.lines(500))
        try work.sync(shards: 8)
        // The news of one player, and so of one shard.
        try await work.apply([TestLedger.line("\"op\":\"lock\"", player: "p1", id: "l1", at: 0)])
        let end = try work.check().logEnd
        var settings = SyncSettings()
        settings.batchWaitMilliseconds = 10
        settings.quietMilliseconds = getsQuiet ? 10 : .max / 1_000_000
        let sync = try TablesSync(ledger: work.ledger, into: work.tables, settings: settings)
        var cursors: [String] = []
        try sync.run(following: true) { status in
            cursors = (try? work.rows("SELECT position FROM cursor")) ?? []
            let isThere = cursors.contains("\(end)") && status.position == end
            if isThere, !getsQuiet || Set(cursors) == ["\(end)"] { sync.stop() }
        }
        #expect(Set(cursors).count == (getsQuiet ? 1 : 2), "a cursor moves for news, or when it is quiet")
        #expect(try work.check().isGood)
    }

    @Test("once all are late, the shard whose oldest event waits the longest comes first, however little it has")
    func order() async throws {
        let work = try TestLedger()
        try await work.apply(TestLedger.lines(100))
        let now: Int64 = 60_000_000_000
        // So many events, and since when they wait here.
        func queue(_ number: Int, events: Int, waited milliseconds: Int64, age: Int64 = 0) throws -> ShardQueue {
            let queue = ShardQueue(number)
            let feed = try LogFeed(LedgerFiles(work.ledger), from: 1, shards: 1)
            while queue.pending.count < events {
                _ = try feed.readBatch { _, record, address, lane, undone in
                    guard queue.pending.count < events else { return }
                    queue.pending.append(record, at: address, lane: lane, undoneMovement: undone)
                }
            }
            queue.pending.begunAt = now - milliseconds * 1_000_000
            queue.pendingAge = age
            return queue
        }
        func order(_ queues: [ShardQueue], lateAfter: Int64) -> [Int] {
            ShardQueue.inOrder(queues, now, lateAfter: lateAfter).map(\.number)
        }
        let queues = [
            try queue(0, events: 1, waited: 900), try queue(1, events: 10, waited: 300),
            try queue(2, events: 50, waited: 100),
        ]
        #expect(order(queues, lateAfter: 1_000) == [2, 1, 0], "none is late: the fullest")
        #expect(order(queues, lateAfter: 50) == [0, 1, 2], "all are late: the oldest")
        #expect(order(queues, lateAfter: 250) == [0, 1, 2], "those that are late, then the others")
        let older = try queue(3, events: 2, waited: 300, age: 5_000)
        #expect(order(queues + [older], lateAfter: 250) == [3, 0, 1, 2], "an event is as old as the log knows it")
    }

    @Test("a small example by hand: sums, lifetime sums, activity and what rollbacks take back")
    func byHand() async throws {
        let work = try TestLedger()
        let day: Int64 = 20_000 * Day.milliseconds
        func line(_ fields: String, _ id: String, _ at: Int64, player: String = "p1") -> String {
            TestLedger.line(fields, player: player, id: id, at: at)
        }
        let brl = "\"asset\":\"BRL\""
        try await work.apply([
            line("\"op\":\"credit\",\(brl),\"amount\":1000", "d1", day),
            line("\"op\":\"authorise\",\(brl),\"amount\":300", "h1", day + 1),
            line("\"op\":\"confirm\",\"target\":\"h1\",\"amount\":200", "c1", day + 2),
            line("\"op\":\"credit\",\(brl),\"amount\":50,\"kind\":\"win\",\"target\":\"h1\"", "w1", day + 3),
            line("\"op\":\"debit\",\(brl),\"amount\":30", "b1", day + 4),
            line("\"op\":\"debit\",\(brl),\"amount\":10,\"kind\":\"fee\"", "f1", day + 5),
            line("\"op\":\"credit\",\(brl),\"amount\":7", "d2", day + 6, player: "p2"),
            line("\"op\":\"transfer\",\(brl),\"amount\":100,\"to\":\"p2\"", "t1", day + 7),
            // The next day the bet, the confirmed hold and the win are rolled back.
            line("\"op\":\"rollback\",\"target\":\"b1\"", "r1", day + Day.milliseconds),
            line("\"op\":\"rollback\",\"target\":\"h1\"", "r2", day + Day.milliseconds + 1),
            line("\"op\":\"rollback\",\"target\":\"w1\"", "r3", day + Day.milliseconds + 2),
            line("\"op\":\"debit\",\(brl),\"amount\":400,\"kind\":\"withdrawal\"", "x1", day + Day.milliseconds + 3),
        ])
        try work.sync(shards: 1)
        let columns = "date, bets, bets_count, wins, deposits, fees, transfers_in, transfers_out, holds_opened"
        #expect(
            try work.rows(
                "SELECT \(columns), withdrawals, bets_undone, bets_undone_count, wins_undone FROM daily_totals")
                == [
                    "2024-10-04|230|2|50|1007|10|100|100|1|0|0|0|0", "2024-10-05|0|0|0|0|0|0|0|0|400|230|2|50",
                ])
        #expect(
            try work.rows("SELECT player_id, balance, held, seq, deposits, withdrawals, bets, wins, fees FROM wallets")
                == ["p1|490|0|11|1000|400|0|0|10", "p2|107|0|2|7|0|0|0|0"])
        #expect(
            try work.rows("SELECT player_id, date, bet, win, deposited, withdrew FROM player_days")
                == ["p1|2024-10-04|1|1|1|0", "p1|2024-10-05|0|0|0|1", "p2|2024-10-04|0|0|1|0"])
        #expect(try work.check().isGood)
    }
}
