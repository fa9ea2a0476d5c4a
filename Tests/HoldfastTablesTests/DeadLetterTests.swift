import HoldfastLog
import Testing

@testable import HoldfastTables

@Suite("Events that can't be projected")
struct DeadLetterTests {
    private static let day: Int64 = 20_000 * Day.milliseconds

    /// A trigger that refuses rows, as a fault would.
    private static func fault(_ condition: String) -> String {
        let table = Day(of: day).tableName
        return "CREATE TRIGGER fault BEFORE INSERT ON \(table) WHEN \(condition) "
            + "BEGIN SELECT RAISE(ABORT, 'not this one'); END"
    }

    private func line(_ fields: String, _ id: String, _ at: Int64, player: String = "p1") -> String {
        TestLedger.line(fields, player: player, id: id, at: Self.day + at)
    }

    private func work(failing condition: String) async throws -> TestLedger {
        let work = try TestLedger()
        try await work.apply([line("\"op\":\"credit\",\"asset\":\"BRL\",\"amount\":1000", "d1", 0)])
        try work.sync(shards: 1)
        try work.shell(Self.fault(condition))
        return work
    }

    static let stories: [String] = ["h1", "c1", "l1", "u1", "w1", "x1", "r1", "first"]

    @Test("are put aside, the rest goes on, and once retried all is as if nothing had happened", arguments: stories)
    func retried(id: String) async throws {
        let work = try await work(failing: "NEW.request_id = '\(id)'")
        try await work.apply([
            line("\"op\":\"authorise\",\"asset\":\"BRL\",\"amount\":100,\"ttl_ms\":9000000", "h1", 1),
            line("\"op\":\"confirm\",\"target\":\"h1\"", "c1", 2),
            line("\"op\":\"lock\"", "l1", 3), line("\"op\":\"unlock\"", "u1", 4),
            line("\"op\":\"credit\",\"asset\":\"BRL\",\"amount\":5,\"kind\":\"win\"", "w1", 5),
            line(
                "\"op\":\"exchange\",\"asset\":\"BRL\",\"amount\":5,\"to_asset\":\"JPY\",\"rate\":{\"num\":3,\"den\":1}",
                "x1", 6),
            line("\"op\":\"rollback\",\"target\":\"w1\"", "r1", 7),
            line("\"op\":\"credit\",\"asset\":\"JPY\",\"amount\":5", "first", 8, player: "p9"),
            line("\"op\":\"credit\",\"asset\":\"BRL\",\"amount\":1", "last", 9),
            line("\"op\":\"credit\",\"asset\":\"JPY\",\"amount\":6", "second", 9, player: "p9"),
        ])
        let status = try work.sync()
        #expect(status.deadLetters == 1 && status.lagRows == 0)
        let box = try DeadLetterBox(work.tables)
        let letter = try #require(try box.letters().first)
        #expect(letter.attempts == 3 && letter.error.contains("not this one") && letter.state == .open)
        #expect(try work.value("SELECT count(*) FROM ledger_entries WHERE request_id = 'last'") == 1)
        let excused = try work.check()
        #expect(excused.deadLetters == 1)
        #expect(excused.differences.first.allSatisfy { $0.what.contains("rows of") }, "\(excused.differences.first)")

        // Still at fault: it stays.
        let left = try box.retry()
        #expect(left.map(\.attempts) == [4])
        try work.shell("DROP TRIGGER fault")
        #expect(try box.retry() == [])
        #expect(try box.letters(settled: true).map(\.state) == [.retried])
        let check = try work.check()
        #expect(check.isGood, "\(check.differences.first.prefix(3))")
    }

    @Test("can be discarded, with a reason that stays on record")
    func discarded() async throws {
        let work = try await work(failing: "NEW.request_id = 'bad'")
        try await work.apply([line("\"op\":\"credit\",\"asset\":\"BRL\",\"amount\":5", "bad", 1)])
        try work.sync()
        let box = try DeadLetterBox(work.tables)
        let id = try #require(try box.letters().first?.position)
        #expect(throws: TablesError.self) { try box.discard(id + 1, because: "no such letter") }
        try box.discard(id, because: "a test")
        #expect(try box.letters() == [])
        let settled = try #require(try box.letters(settled: true).first)
        #expect(settled.state == .discarded && settled.reason == "a test" && settled.settledAt != nil)
        #expect(throws: TablesError.self) { try box.discard(id, because: "twice") }
    }

    @Test("of many in one batch each is tried by itself")
    func many() async throws {
        let work = try await work(failing: "NEW.amount % 3 = 0")
        try await work.apply(
            (1...60).map { line("\"op\":\"credit\",\"asset\":\"BRL\",\"amount\":\($0)", "m\($0)", Int64($0)) })
        #expect(try work.sync().deadLetters == 20)
        #expect(try work.value("SELECT count(*) FROM ledger_entries") == 41)
        try work.shell("DROP TRIGGER fault")
        #expect(try DeadLetterBox(work.tables).retry() == [])
        #expect(try work.check().isGood)
    }

    @Test("a sum beyond what a column holds is put aside too, also while building")
    func overflow() async throws {
        let work = try TestLedger()
        let most: Int64 = 9_007_199_254_740_991
        let lines = (0..<1_030).map {
            line("\"op\":\"credit\",\"asset\":\"BRL\",\"amount\":\(most)", "d", Int64($0), player: "p\($0)")
        }
        try await work.apply(lines)
        let status = try work.sync(shards: 1)
        #expect(status.deadLetters == 1_030 - 1_024)
        try TablesBuild.rebuild(ledger: work.ledger, tables: work.tables)
        #expect(try DeadLetterBox(work.tables).letters().count == 1_030 - 1_024)
    }
}
