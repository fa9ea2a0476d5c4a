import HoldfastLog
import HoldfastTestSupport
import Testing

@testable import HoldfastTables

@Suite("Tables made anew")
struct BuildTests {
    /// Everything that the tables say, without what differs by how they were made.
    static let everything = [
        "SELECT * FROM ledger_entries", "SELECT * FROM wallets", "SELECT * FROM holds", "SELECT * FROM players",
        "SELECT * FROM player_days", "SELECT position FROM cursor",
    ]
    static let ofOneShard = everything + ["SELECT * FROM daily_totals", "SELECT day, rows FROM days"]

    private func contents(_ work: TestLedger, _ queries: [String]) throws -> [[String]] {
        try queries.map { try work.rows($0) }
    }

    @Test("are the tables that following the log gave", arguments: [1, 5])
    func rebuild(shards: Int) async throws {
        let work = try TestLedger(lanes: 2)
        let lines = TestLedger.lines(2_000)
        try await work.apply(Array(lines[..<1_000]))
        try work.sync(shards: shards)
        try await work.apply(Array(lines[1_000...]))
        try work.sync()
        let before = try contents(work, Self.ofOneShard)
        let report = try TablesBuild.rebuild(ledger: work.ledger, tables: work.tables)
        #expect(report.mapVersion == 2 && report.shards == shards)
        #expect(try contents(work, Self.ofOneShard) == before)
        let check = try work.check()
        #expect(check.isGood, "\(check.differences.first.prefix(3))")
        // And they go on.
        try await work.apply(TestLedger.lines(300, seed: 9))
        try work.sync()
        #expect(try work.check().isGood)
    }

    @Test("are not made of what a crash left while the first ones were being made; following makes them")
    func unfinished() async throws {
        let work = try TestLedger()
        try await work.apply(TestLedger.lines(200))
        try RealDisk().makeDirectory(work.tables)
        let shard = TablesPaths(work.tables).shard(0)
        let database = try Database(shard, for: .creating)
        #expect(throws: TablesError.self) { try TablesBuild.rebuild(ledger: work.ledger, tables: work.tables) }
        try SchemaVersion.shard.upgrade(database)
        #expect(throws: TablesError.self) { try TablesBuild.rebuild(ledger: work.ledger, tables: work.tables) }
        try work.sync(shards: 4)
        #expect(try work.check().isGood)
    }

    @Test("are not put among somebody else's files")
    func amongOthers() async throws {
        let work = try TestLedger()
        try await work.apply(TestLedger.lines(20))
        try RealDisk().makeDirectory(work.tables)
        let file = try RealDisk().open(work.tables + "/letter.txt", for: .creating)
        try file.writeAll(Array("dear".utf8), at: 0)
        let error = #expect(throws: TablesError.self) { try work.sync() }
        #expect(error?.description.contains("letter.txt is in it") == true)
        #expect(try RealDisk().list(work.tables) == ["letter.txt"])
        try RealDisk().remove(work.tables + "/letter.txt")
        try work.sync()
    }

    @Test("have another number of shards", arguments: [1, 3, 16])
    func reshard(shards: Int) async throws {
        let work = try TestLedger()
        try await work.apply(TestLedger.lines(1_500))
        try work.sync(shards: 4)
        let before = try contents(work, Self.everything.dropLast())
        try TablesBuild.reshard(ledger: work.ledger, tables: work.tables, shards: shards)
        #expect(try contents(work, Self.everything.dropLast()) == before)
        #expect(try work.check().isGood)
        #expect(throws: TablesError.self) { try work.sync(shards: 4) }
        try await work.apply(TestLedger.lines(300, seed: 9))
        try work.sync(shards: shards)
        #expect(try work.check().isGood)
        #expect(work.place.has("tables/shard-0\(min(shards, 4) - 1).sqlite"))
        #expect(!work.place.has("tables/shard-\(shards < 10 ? "0" : "")\(shards).sqlite"))
    }

    @Test("a follower makes the swap itself and goes on with the new shards")
    func besideFollower() async throws {
        let work = try TestLedger()
        try await work.apply(TestLedger.lines(500))
        var settings = SyncSettings()
        settings.batchWaitMilliseconds = 10
        let sync = try TablesSync(ledger: work.ledger, into: work.tables, shards: 2, settings: settings)
        let done = Locked<TablesError?>(nil)
        let thread = WorkerThread(name: "follower") {
            do throws(TablesError) { try sync.run(following: true) } catch { done.with { $0 = error } }
        }
        try TablesBuild.reshard(ledger: work.ledger, tables: work.tables, shards: 5)
        try await work.apply(TestLedger.lines(500, seed: 2))
        while sync.takeStatus().position < (try work.check().logEnd) {}
        sync.stop()
        thread.join()
        #expect(done.with { $0 } == nil)
        #expect(sync.shards == 5)
        #expect(try work.check().isGood)
    }

    @Test("a swap that a crash cut short is finished by whoever comes next", arguments: 0...4)
    func crashedSwap(moved: Int) async throws {
        let work = try TestLedger()
        try await work.apply(TestLedger.lines(500))
        try work.sync(shards: 4)
        // What a crash leaves: the swap is due, some files are moved, the others wait.
        let other = try TestLedger.tables(of: work, shards: 3, named: "other")
        try work.place.move(other, to: "tables/next")
        try work.place.remove("tables/next/global.sqlite")
        let global = try GlobalFile(work.paths, for: .writing)
        try global.askForSwap(.init(version: 2, shards: 3))
        for number in 0..<min(moved, 3) {
            try work.place.copy("tables/next/shard-0\(number).sqlite", to: "tables/shard-0\(number).sqlite")
            try work.place.remove("tables/next/shard-0\(number).sqlite")
        }
        if moved == 4 { try work.place.remove("tables/shard-03.sqlite") }
        try work.sync()
        #expect(try GlobalFile(work.paths, for: .reading).map().shards == 3)
        #expect(try work.check().isGood)
        #expect(!work.place.has("tables/shard-03.sqlite"))
    }

    @Test("leave out what is only in the archive, unless they are told to bring it back")
    func archived() async throws {
        let work = try TestLedger()
        try await work.apply(TestLedger.lines(3_000))
        try work.sync(shards: 2)
        var dropped = 0
        for number in 0..<2 {
            let shard = try ShardFile(work.paths.shard(number), for: .following)
            for (index, day) in try shard.daysToArchive(endingBefore: .max).dropLast().enumerated() {
                let read = try shard.forEachEntry(of: day, notYetArchived: true) { _ in }
                try shard.markArchived(day, read, receipt: "of \(day)", at: 7)
                if index % 2 == 0 {
                    try shard.dropDay(day)
                    dropped += 1
                }
            }
        }
        #expect(dropped > 2)
        #expect(try work.check().isGood)
        let days = "SELECT day, rows, archived_rows, dropped_rows, archived_at, receipt FROM days"
        let before = try contents(work, Self.everything + [days])
        try TablesBuild.rebuild(ledger: work.ledger, tables: work.tables)
        #expect(try contents(work, Self.everything + [days]) == before)
        #expect(try work.check().isGood)
        // One of them alone.
        try work.place.remove("tables/shard-01.sqlite")
        #expect(throws: TablesError.self) { try work.sync() }
        try TablesBuild.rebuild(ledger: work.ledger, tables: work.tables, only: 1)
        try work.sync()
        #expect(try work.check().isGood)

        try TablesBuild.rebuild(ledger: work.ledger, tables: work.tables, bringsBackAll: true)
        #expect(try work.rows("SELECT count(*) FROM ledger_entries WHERE archived").reduce(0) { $0 + Int($1)! } == 0)
        let check = try work.check()
        #expect(check.isGood && check.daysInArchive == 0)
    }

    @Test("are refused another number of shards while the archive has a day of some shards only")
    func halfArchived() async throws {
        let work = try TestLedger()
        try await work.apply(TestLedger.lines(500))
        try work.sync(shards: 3)
        for number in 0..<3 {
            let shard = try ShardFile(work.paths.shard(number), for: .following)
            guard let day = try shard.daysToArchive(endingBefore: .max).first else { continue }
            let read = try shard.forEachEntry(of: day, notYetArchived: true) { _ in }
            if number < 2 { try shard.markArchived(day, read, receipt: "r") }
        }
        #expect(throws: TablesError.self) {
            try TablesBuild.reshard(ledger: work.ledger, tables: work.tables, shards: 2)
        }
        #expect(try work.check().isGood)
    }
}
