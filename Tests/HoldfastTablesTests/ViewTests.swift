import HoldfastTestSupport
import Testing

@testable import HoldfastTables

@Suite("The view over many days")
struct ViewTests {
    private let place = TemporaryDirectory()

    /// A shard with a row a day of each of three players.
    private func shard(days: Int) throws -> ShardFile {
        let identity = ShardFile.Identity(log: "log", number: 0, shards: 1, mapVersion: 1)
        let shard = try ShardFile(creating: place.path + "/shard-00.sqlite", identity)
        try shard.database.transaction { () throws(TablesError) in
            try shard.database.run("INSERT INTO assets VALUES (1, 'BRL')")
            for ref in 1...3 {
                try shard.database.run("INSERT INTO player_refs VALUES (\(ref), 'evian', 'p\(ref)', 0, 0, 0)")
            }
            for number in 0..<days {
                let day = Day(number: Int64(20_000 + number))
                try shard.database.run(DayTable.create(day))
                try shard.database.run(DayTable.createIndex(day))
                for player in 1...3 {
                    try shard.database.run(
                        """
                        INSERT INTO \(day.tableName)(id, player, seq, event, asset, amount, created_at)
                        VALUES (\(number * 8 + player * 2), \(player), \(number + 1), 1, 1, 5, \(day.begin))
                        """)
                }
                try shard.storeDay(day, DayState(rows: 3))
            }
            try shard.remakeViews()
        }
        return shard
    }

    private static let player = "WHERE tenant_id = 'evian' AND player_id = 'p2'"

    @Test("a player is looked up by each day's index, however many days there are", arguments: [3, 400, 1_000])
    func indexed(days: Int) throws {
        let shard = try shard(days: days)
        for query in [
            "SELECT seq, event, asset FROM ledger_entries \(Self.player) ORDER BY seq DESC LIMIT 20",
            "SELECT seq, event, asset FROM ledger_entries \(Self.player) AND seq < 9 ORDER BY seq DESC LIMIT 20",
            "SELECT count(*), sum(amount) FROM ledger_entries \(Self.player)",
        ] {
            var searched = 0
            var scanned: [String] = []
            let plan = try shard.database.prepare("EXPLAIN QUERY PLAN " + query)
            try plan.forEachRow { row throws(TablesError) in
                let step = row.text(3)
                if step.contains("_by_player") { searched += 1 }
                if step.hasPrefix("SCAN e") || step.hasPrefix("MATERIALIZE") { scanned.append(step) }
            }
            #expect(searched == days && scanned.isEmpty, "\(query): \(scanned.prefix(3))")
        }
        let page = try shard.database.prepare("SELECT seq FROM ledger_entries \(Self.player) ORDER BY seq DESC LIMIT 3")
        var seqs: [Int64] = []
        try page.forEachRow { row throws(TablesError) in seqs.append(row.integer(0)) }
        #expect(seqs == [Int64(days), Int64(days - 1), Int64(days - 2)])
        #expect(try shard.database.integer("SELECT count(*) FROM ledger_entries") == Int64(3 * days))
        #expect(try shard.database.integer("SELECT count(*) FROM entry_rows WHERE id BETWEEN 8 AND 15") == 3)
    }

    @Test("days that go take their part of the view along, over every bound of its groups")
    func shrinking() throws {
        let shard = try shard(days: 402)
        for number in 0..<3 {
            let day = Day(number: Int64(20_000 + number))
            let read = try shard.forEachEntry(of: day, notYetArchived: true) { _ in }
            try shard.markArchived(day, read, receipt: "r")
            try shard.dropDay(day)
            let left = Int64(3 * (401 - number))
            #expect(try shard.database.integer("SELECT count(*) FROM ledger_entries") == left)
            #expect(try shard.database.integer("SELECT count(*) FROM entry_rows") == left)
        }
    }
}
