import Holdfast
import HoldfastLog
import HoldfastWallet
import Testing

@testable import HoldfastTables

@Suite("Pages and balances from the tables")
struct ReadingTests {
    private func work() async throws -> TestLedger {
        let work = try TestLedger()
        try await work.apply(TestLedger.lines(3_000))
        try work.sync(shards: 3)
        return work
    }

    /// The rows of a player as the ledger has them, the newest first.
    private func expected(_ work: TestLedger, _ player: Player) throws -> [UInt64] {
        var seqs: [UInt64] = []
        try LedgerFiles(work.ledger).forEachRecord(of: player) { (record, _) throws(LedgerError) in
            let rows = try EventRows(reading: record)
            seqs += [rows.first.seq] + (rows.second.map { [$0.seq] } ?? [])
            return true
        }
        return seqs.reversed()
    }

    @Test("pages by cursor hold every row once, in order", arguments: [1, 7, 1_000], ["p1", "玩家7", "joa\u{303}o"])
    func byCursor(limit: Int, id: String) async throws {
        let work = try await work()
        let player = Player(id, of: "evian")
        let reader = try TablesReader(work.tables)
        var seqs: [UInt64] = []
        var cursor: TablesReader.Cursor?
        repeat {
            cursor = try reader.history(of: player, before: cursor, limit: limit) { seqs.append($0.seq) }
        } while cursor != nil
        let all = try expected(work, player)
        #expect(seqs == all && !all.isEmpty)
    }

    @Test("pages by offset are those of the whole list", arguments: [0, 1, 10, 60, 100_000])
    func byOffset(offset: Int) async throws {
        let work = try await work()
        let player = Player("p2", of: "evian")
        var seqs: [UInt64] = []
        _ = try TablesReader(work.tables).history(of: player, limit: 5, offset: offset) { seqs.append($0.seq) }
        let all = try expected(work, player).dropFirst(offset)
        #expect(seqs.prefix(5).elementsEqual(all.prefix(5)))
        #expect(seqs.count <= 6)
    }

    @Test("balances are the ledger's, and follow the shards when their number changes")
    func balances() async throws {
        let work = try await work()
        let now = Locked<Int64>(0)
        let reader = try TablesReader(work.tables) { now.with { $0 } }
        let files = try LedgerFiles(work.ledger)
        for id in ["p1", "p3", "joão", "joa\u{303}o"] {
            let player = Player(id, of: "evian")
            let wallet = try #require(try files.wallet(of: player))
            let balances = try reader.balances(of: player)
            #expect(balances.map(\.asset) == wallet.funds.map(\.asset))
            #expect(balances.map(\.balance) == wallet.funds.map(\.balance))
            #expect(balances.map(\.held) == wallet.funds.map(\.held))
        }
        let player = Player("p1", of: "evian")
        let before = try reader.balances(of: player)
        try TablesBuild.reshard(ledger: work.ledger, tables: work.tables, shards: 7)
        now.with { $0 += TablesReader.mapMilliseconds }
        #expect(try reader.balances(of: player) == before)
        #expect(try reader.balances(of: Player("nobody", of: "evian")) == [])
    }
}
