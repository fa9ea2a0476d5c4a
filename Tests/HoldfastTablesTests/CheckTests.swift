import HoldfastLog
import Testing

@testable import HoldfastTables

@Suite("The check of tables against the log")
struct CheckTests {
    /// What someone did to the tables, and what the check must call it.
    static let damages: [(sql: String, what: String)] = [
        ("UPDATE TABLE SET amount = amount + 1 WHERE id = ROW", "amount"),
        ("UPDATE TABLE SET request_id = 'other' WHERE id = ROW", "request_id"),
        ("UPDATE TABLE SET player = (SELECT ref FROM player_refs WHERE ref <> player) WHERE id = ROW", "player_id"),
        ("UPDATE TABLE SET ref = 'x' WHERE id = ROW", "ref"),
        ("UPDATE TABLE SET created_at = created_at + 1 WHERE id = ROW", "created_at"),
        ("DELETE FROM TABLE WHERE id = ROW", "row"),
        (
            "INSERT INTO TABLE SELECT id + 1, player, seq, event, asset, amount, balance_delta, held_delta, "
                + "balance_after, held_after, request_id, target, kind, ref, error, created_at FROM TABLE WHERE id = ROW",
            "row"
        ),
        ("UPDATE purses SET balance = balance + 1", "balance"),
        ("UPDATE purses SET held = held + 1", "held"),
        ("UPDATE purses SET deposits = deposits + 1", "deposits"),
        ("UPDATE purses SET seq = seq - 1", "seq"),
        ("DELETE FROM purses WHERE player = 1", "wallet"),
        ("DELETE FROM open_holds WHERE hold = (SELECT min(hold) FROM open_holds)", "hold"),
        ("UPDATE open_holds SET amount = amount + 1", "hold"),
        ("UPDATE player_refs SET locked = 1 - locked", "locked"),
        ("UPDATE player_refs SET first_seen = first_seen - 1", "first_seen"),
        ("UPDATE daily_totals SET wins = wins + 1", "daily_totals.wins"),
        ("DELETE FROM daily_totals", "daily_totals"),
        ("UPDATE activity SET did = did | 16", "activity"),
        ("DELETE FROM activity", "activity"),
        ("UPDATE days SET rows = rows + 1", "days.rows"),
        ("INSERT INTO player_refs VALUES (99999, 'evian', 'ghost', 0, 0, 0)", "player_refs"),
    ]

    @Test("names every sort of difference", arguments: damages.indices)
    func differences(index: Int) async throws {
        let damage = Self.damages[index]
        let work = try TestLedger()
        let end: Int64 = 20_000 * Day.milliseconds
        try await work.apply([
            TestLedger.line("\"op\":\"credit\",\"asset\":\"BRL\",\"amount\":1000", id: "d1", at: end),
            TestLedger.line("\"op\":\"credit\",\"asset\":\"BRL\",\"amount\":5", player: "p2", id: "d1", at: end),
            TestLedger.line(
                "\"op\":\"authorise\",\"asset\":\"BRL\",\"amount\":10,\"ttl_ms\":1000000", id: "h1", at: end + 1),
            TestLedger.line("\"op\":\"debit\",\"asset\":\"BRL\",\"amount\":10", id: "b1", at: end + 2),
        ])
        try work.sync(shards: 1)
        #expect(try work.check().isGood)
        let table = Day(of: end).tableName
        try work.shell(damage.sql.replacing("TABLE", with: table).replacing("ROW", with: "8"))
        let report = try work.check()
        #expect(!report.isGood)
        #expect(
            report.differences.first.contains { $0.what.contains(damage.what) },
            "\(damage.sql): \(report.differences.first)")
        #expect(report.differences.first.allSatisfy { $0.file == work.paths.shard(0) })
    }

    @Test("says where: player, seq and position")
    func place() async throws {
        let work = try TestLedger()
        try await work.apply(TestLedger.lines(300))
        try work.sync(shards: 1)
        let position = try #require(try work.value("SELECT max(position) FROM ledger_entries WHERE event = 'credited'"))
        let day = Day(
            of: try #require(try work.value("SELECT created_at FROM ledger_entries WHERE position = \(position)")))
        let seq = try work.value("SELECT seq FROM ledger_entries WHERE position = \(position)")
        try work.shell("UPDATE \(day.tableName) SET amount = 123456789 WHERE id = \(position) * 2")
        let report = try work.check()
        let difference = try #require(report.differences.first.first)
        #expect(report.differences.count == 1, "\(report.differences.first.map(\.what))")
        #expect(difference.position.map { Int64($0) } == position && difference.seq.map { Int64($0) } == seq)
        #expect(difference.what == "amount" && difference.found == "123456789")
        #expect(difference.player != nil && difference.tenant != nil)
    }
}
