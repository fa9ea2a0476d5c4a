import Holdfast
import HoldfastLog
import HoldfastTestSupport
import Testing

@testable import HoldfastTables

@Suite("Tables in trouble")
struct FaultTests {
    private func work(shards: Int = 3) async throws -> TestLedger {
        let work = try TestLedger()
        try await work.apply(TestLedger.lines(1_000))
        try work.sync(shards: shards)
        return work
    }

    private func failure(_ body: () throws -> Void) -> String {
        do {
            try body()
            return ""
        } catch {
            return "\(error)"
        }
    }

    @Test("a shard that was deleted is named, and made anew on command")
    func deleted() async throws {
        let work = try await work()
        try work.place.remove("tables/shard-01.sqlite")
        let said = failure { try work.sync() }
        #expect(said.contains(work.paths.shard(1)) && said.contains("tables rebuild"))
        #expect(try work.check().unreadable.map(\.file) == [work.paths.shard(1)])
        try TablesBuild.rebuild(ledger: work.ledger, tables: work.tables, only: 1)
        try work.sync()
        #expect(try work.check().isGood)
    }

    @Test("shards that are gone or damaged hold up none of the others, and each is named with what mends it")
    func severalDamaged() async throws {
        let work = try await work(shards: 4)
        try await work.apply(TestLedger.lines(1_000, seed: 2))
        try work.place.remove("tables/shard-01.sqlite")
        try work.place.damage("tables/shard-03.sqlite", at: 0, bytes: 4096)
        let said = failure { try work.sync() }.split(separator: "\n")
        #expect(said.count == 3 && said[0].contains("2 of 4"), "\(said)")
        #expect(said[0].contains("the others have every event"))
        for (line, shard) in zip(said.dropFirst(), [1, 3]) {
            #expect(line.contains(work.paths.shard(shard)) && line.contains("tables rebuild"), "\(line)")
        }
        let end = try LedgerFiles(work.ledger).lastPosition
        for shard in [0, 2] { #expect(try work.value("SELECT position FROM cursor", shard: shard) == Int64(end)) }
        let report = try work.check()
        #expect(report.unreadable.map(\.file) == [work.paths.shard(1), work.paths.shard(3)] && !report.isGood)
        #expect(report.differences.count == 0 && report.rows > 0 && report.position == end)
        try TablesBuild.rebuild(ledger: work.ledger, tables: work.tables)
        #expect(try work.check().isGood)
    }

    @Test("a check counts the players and holds that it compared, and none of a shard that it could not read")
    func comparedOnly() async throws {
        let work = try await work()
        let whole = try work.check()
        let players = try #require(try work.value("SELECT count(*) FROM player_refs", shard: 1))
        let holds = try #require(try work.value("SELECT count(*) FROM open_holds", shard: 1))
        #expect(players > 0 && holds > 0)
        try work.place.remove("tables/shard-01.sqlite")
        let report = try work.check()
        #expect(report.players == whole.players - Int(players))
        #expect(report.holds == whole.holds - Int(holds))
    }

    @Test("a check names what differs in one shard though another can't be read")
    func differentBeside() async throws {
        let work = try await work()
        try work.place.remove("tables/shard-00.sqlite")
        try work.shell("UPDATE purses SET balance = balance + 1", shard: 2)
        let report = try work.check()
        #expect(report.unreadable.map(\.file) == [work.paths.shard(0)])
        #expect(Set(report.differences.first.map(\.file)) == [work.paths.shard(2)])
    }

    @Test(
        "a shard that is back goes on from where it stood, though the follower began without it, news or none",
        arguments: [true, false])
    func backAgain(hasNews: Bool) async throws {
        let work = try await work()
        if hasNews { try await work.apply(TestLedger.lines(1_000, seed: 2)) }
        let end = try LedgerFiles(work.ledger).lastPosition
        try work.place.move("tables/shard-01.sqlite", to: "away")
        var settings = SyncSettings()
        settings.batchWaitMilliseconds = 1
        settings.retryMilliseconds = 1
        settings.retryMillisecondsMax = 1
        do {
            let sync = try TablesSync(ledger: work.ledger, into: work.tables, settings: settings)
            // Should it never be back, the run is stopped all the same, and what is missing shows below.
            var looksLeft = 600
            try sync.run(following: true) { status in
                looksLeft -= 1
                if looksLeft == 0 { sync.stop() }
                if status.failing[1] != nil, work.place.has("away") {
                    try? work.place.move("away", to: "tables/shard-01.sqlite")
                }
                if status.failing.isEmpty, status.position == end { sync.stop() }
            }
        }
        #expect(try work.value("SELECT position FROM cursor", shard: 1) == Int64(end))
        #expect(try work.sync().deadLetters == 0)
        let check = try work.check()
        #expect(check.isGood, "\(check.differences.first.prefix(3))")
    }

    /// A connection beside which nobody else may even read the shard, until it is closed.
    private func alone(with shard: Int, of work: TestLedger) throws -> Database {
        let database = try Database(work.paths.shard(shard), for: .writing)
        try database.run("PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; COMMIT")
        return database
    }

    private var patient: SyncSettings {
        var settings = SyncSettings()
        settings.retryMilliseconds = 1
        settings.retryMillisecondsMax = 1
        settings.attemptsMax = 2_000
        return settings
    }

    @Test("a run to the end reads what a shard missed, though it is back only when the others are there")
    func backAtEnd() async throws {
        let work = try await work()
        try await work.apply(TestLedger.lines(1_000, seed: 2))
        let end = try LedgerFiles(work.ledger).lastPosition
        var holder: Database? = try alone(with: 1, of: work)
        do {
            let sync = try TablesSync(ledger: work.ledger, into: work.tables, settings: patient)
            #expect(sync.takeStatus().failing.keys.sorted() == [1])
            try sync.run(following: false) { _ in
                let others = [0, 2].map { try? work.value("SELECT position FROM cursor", shard: $0) }
                if others.allSatisfy({ $0 == Int64(end) }) { holder = nil }
            }
        }
        #expect(holder == nil)
        #expect(try work.value("SELECT position FROM cursor", shard: 1) == Int64(end))
        let check = try work.check()
        #expect(check.isGood, "\(check.differences.first.prefix(3))")
    }

    @Test("a shard that is back only when the log has given up what it missed fails alone")
    func backTooLate() async throws {
        let work = try await work()
        try await work.apply(TestLedger.lines(500, seed: 2))
        _ = try LogDirectory.ledger(at: work.ledger).sealAll()
        try await work.apply(TestLedger.lines(500, seed: 3))
        try work.place.move("tables/shard-01.sqlite", to: "away")
        // The others come by all of it in time.
        _ = failure { try work.sync() }
        let log = try LogDirectory.ledger(at: work.ledger).openLanes(for: .writing)[0]
        try log.trim(before: log.at.segmentBytes)
        let end = try LedgerFiles(work.ledger).lastPosition
        var settings = patient
        settings.batchWaitMilliseconds = 1
        let sync = try TablesSync(ledger: work.ledger, into: work.tables, settings: settings)
        var looksLeft = 600
        let said = failure {
            try sync.run(following: true) { status in
                looksLeft -= 1
                if looksLeft == 0 { sync.stop() }
                if work.place.has("away") { try? work.place.move("away", to: "tables/shard-01.sqlite") }
                if status.failing[1]?.contains("it begins at position") == true { sync.stop() }
            }
        }
        #expect(looksLeft > 0)
        #expect(said.contains("1 of 3 shards") && said.contains("the others have every event"), "\(said)")
        for shard in [0, 2] { #expect(try work.value("SELECT position FROM cursor", shard: shard) == Int64(end)) }
    }

    @Test("a log that lost its end is named before anything is written, whatever else is wrong")
    func aheadOfLog() async throws {
        let work = try await work()
        try work.place.remove("tables/shard-00.sqlite")
        try work.shell("UPDATE cursor SET position = 1000000", shard: 1)
        #expect(failure { try work.sync() }.contains("it lost its end"))
        #expect(try work.check().unreadable.map(\.file) == [work.paths.shard(0), work.paths.shard(1)])
    }

    @Test("a log that lost its end is named also by a shard that could not be read at first")
    func aheadOfLogOnceRead() async throws {
        let work = try await work()
        try work.shell("UPDATE cursor SET position = 1000000", shard: 1)
        try await work.apply(TestLedger.lines(1_000, seed: 2))
        var holder: Database? = try alone(with: 1, of: work)
        let said = failure {
            let sync = try TablesSync(ledger: work.ledger, into: work.tables, settings: patient)
            try sync.run(following: false) { _ in holder = nil }
        }
        #expect(holder == nil)
        #expect(said.contains("it lost its end") && said.contains(work.paths.shard(1)), "\(said)")
        #expect(try work.value("SELECT position FROM cursor", shard: 1) == 1_000_000)
    }

    @Test("a run that is stopped on its way does not say of any shard that it has every event")
    func stoppedOnItsWay() async throws {
        let work = try await work()
        try await work.apply(TestLedger.lines(1_000, seed: 2))
        try work.place.remove("tables/shard-01.sqlite")
        let sync = try TablesSync(ledger: work.ledger, into: work.tables)
        sync.stop()
        let said = failure { try sync.run(following: true) }
        #expect(said.contains("1 of 3 shards") && !said.contains("every event"), "\(said)")
        #expect(said.contains(work.paths.shard(1)))
    }

    @Test("how far the tables are is said of the shards that could be read")
    func positionWithoutAShard() async throws {
        let work = try await work()
        let begin = try LedgerFiles(work.ledger).lastPosition
        try await work.apply(TestLedger.lines(1_000, seed: 2))
        let end = try LedgerFiles(work.ledger).lastPosition
        try work.place.remove("tables/shard-01.sqlite")
        let sync = try TablesSync(ledger: work.ledger, into: work.tables)
        #expect(sync.takeStatus().position == begin)
        #expect(failure { try sync.run(following: false) }.contains(work.paths.shard(1)))
        let status = sync.takeStatus()
        #expect(status.position == end && status.lagRows == 0 && status.failing.count == 1)
    }

    @Test("a shard that was overwritten is named, and made anew on command", arguments: [0, 8192 * 3] as [UInt64])
    func corrupted(offset: UInt64) async throws {
        let work = try await work(shards: 1)
        try work.place.damage("tables/shard-00.sqlite", at: offset, bytes: 8192 * 4)
        let said = failure {
            try work.sync()
            let check = try work.check()
            let file = check.unreadable.first?.file ?? check.differences.first.first?.file
            if let file { throw TablesError.invalid(argument: file, reason: "differs, or can't be read") }
        }
        #expect(said.contains(work.paths.shard(0)))
        try TablesBuild.rebuild(ledger: work.ledger, tables: work.tables)
        #expect(try work.check().isGood)
    }

    @Test("without a global file, or with one that is no database, rebuild finds out what it said")
    func withoutGlobal() async throws {
        let work = try await work()
        for damage in [true, false] {
            if damage {
                try work.place.damage("tables/global.sqlite", at: 0, bytes: 4096)
            } else {
                try work.place.remove("tables/global.sqlite")
            }
            #expect(failure { try work.sync() }.contains(work.tables))
            try TablesBuild.rebuild(ledger: work.ledger, tables: work.tables)
            #expect(try work.check().isGood)
            #expect(try work.check().shards == 3)
        }
    }

    @Test("made anew, the files are as readers and the follower share them")
    func sharedWhenRebuilt() async throws {
        let work = try await work()
        try TablesBuild.rebuild(ledger: work.ledger, tables: work.tables)
        #expect(try Set(work.rows("PRAGMA journal_mode")) == ["wal"])
    }

    @Test("a ledger's own directory is no place for tables")
    func inTheLedger() async throws {
        let work = try await work()
        #expect(failure { _ = try TablesSync(ledger: work.ledger, into: work.ledger) }.contains("directory"))
        #expect(!RealDisk().fileExists(work.ledger + "/global.sqlite"))
    }

    @Test("a schema of a newer version is refused by name and left alone", arguments: ["shard-00", "global"])
    func newer(name: String) async throws {
        let work = try await work()
        let file = work.tables + "/\(name).sqlite"
        try Database(file, for: .writing).run("PRAGMA user_version = 99")
        let said = failure { try work.sync() }
        #expect(said.contains(file) && said.contains("99"))
        let checked = failure { if let shard = try work.check().unreadable.first { throw shard.error } }
        #expect(checked.contains(file) && checked.contains("99"))
        #expect(try Database(file, for: .reading).integer("PRAGMA user_version") == 99)
    }

    @Test("an older schema is brought up step by step, or not at all")
    func older() throws {
        let place = TemporaryDirectory()
        let first = SchemaVersion(applicationID: 77, upgrades: ["CREATE TABLE a(x)"], kind: "a test")
        try first.upgrade(try Database(place.path + "/f", for: .creating))
        let third = SchemaVersion(
            applicationID: 77, upgrades: first.upgrades + ["ALTER TABLE a ADD y", "CREATE TABLE b(z)"], kind: "a test")
        let broken = SchemaVersion(
            applicationID: 77, upgrades: first.upgrades + ["ALTER TABLE a ADD y", "no statement"], kind: "a test")
        #expect(throws: TablesError.self) { try broken.upgrade(try Database(place.path + "/f", for: .writing)) }
        let database = try Database(place.path + "/f", for: .writing)
        #expect(try first.check(database) == 1)
        #expect(throws: TablesError.self) { try database.run("SELECT y FROM a") }
        try third.upgrade(database)
        try database.run("INSERT INTO a VALUES (1, 2); INSERT INTO b VALUES (3)")
        #expect(try third.check(database) == 3)
        #expect(throws: TablesError.self) { try first.upgrade(database) }
    }

    @Test("another number of shards, another ledger, a second writer are refused by name")
    func mistakes() async throws {
        let work = try await work()
        #expect(failure { try work.sync(shards: 4) }.contains("reshard"))
        let other = try TestLedger()
        try await other.apply(TestLedger.lines(10))
        #expect(
            failure { try TablesSync(ledger: other.ledger, into: work.tables).run(following: false) }.contains("ledger")
        )
        do {
            let owner = try TablesSync(ledger: work.ledger, into: work.tables)
            #expect(failure { try work.sync() }.contains("another process"))
            try owner.run(following: false)
        }
        // A shard of another set in the place of one's own.
        try work.place.copy("tables/shard-01.sqlite", to: "tables/shard-02.sqlite")
        #expect(failure { try work.sync() }.contains(work.paths.shard(2)))
    }

    @Test("a shard that someone keeps locked waits, the others go on, and it catches up afterwards")
    func locked() async throws {
        let work = try await work()
        let before = try work.rows("SELECT position FROM cursor")
        try await work.apply(TestLedger.lines(1_000, seed: 2))
        let holder = try Database(work.paths.shard(1), for: .writing)
        try holder.run("BEGIN IMMEDIATE")
        var settings = SyncSettings()
        settings.attemptsMax = 2
        settings.retryMilliseconds = 1
        let said = failure { try work.sync(settings: settings) }
        #expect(said.contains(work.paths.shard(1)) && said.contains("locked"))
        let cursors = try (0..<3).map { try work.value("SELECT position FROM cursor", shard: $0) }
        #expect(cursors[0] == cursors[2] && cursors[0]! > cursors[1]!)
        #expect(Set(before) == [String(cursors[1]!)])
        try holder.run("COMMIT")
        try work.sync()
        #expect(try work.check().isGood)
    }

    @Test("a reader that looks for long at one moment holds up nobody")
    func longReader() async throws {
        let work = try await work()
        let reader = try Database(work.paths.shard(0), for: .reading)
        try reader.run("BEGIN")
        let seen = try reader.integer("SELECT count(*) FROM ledger_entries")
        try await work.apply(TestLedger.lines(1_000, seed: 2))
        try work.sync()
        #expect(try reader.integer("SELECT count(*) FROM ledger_entries") == seen)
        try reader.run("COMMIT")
        #expect(try reader.integer("SELECT count(*) FROM ledger_entries")! > seen!)
        #expect(try work.check().isGood)
    }

    @Test("a shard that is full waits for space with the others going on, whatever it misses meanwhile")
    func full() async throws {
        let work = try await work()
        // A bound on the file's size stands for the disk's.
        let queue = ShardQueue(1)
        let shard = try ShardFile(work.paths.shard(1), for: .following)
        try shard.database.run("PRAGMA max_page_count = 1")
        queue.writer = try ShardWriter(shard) { _, _ in }
        try await work.apply(TestLedger.lines(3_000, seed: 3))
        let feed = try LogFeed(try .init(work.ledger), from: 1, shards: 3)
        let before = try shard.position()
        let batch = RecordBatch()
        while try feed.readBatch({ shard, record, address, lane, undone in
            if shard == 1, record.position > before {
                batch.append(record, at: address, lane: lane, undoneMovement: undone)
            }
        }) > 0 {}
        batch.upTo = feed.next - 1
        let said = failure { _ = try queue.writer!.write(batch) }
        #expect(said.contains("full") && said.contains(work.paths.shard(1)))
        #expect(try shard.position() == before)
        try shard.database.run("PRAGMA max_page_count = 1000000")
        #expect(try queue.writer!.write(batch).events == batch.count)
        queue.writer = nil
        try work.sync()
        #expect(try work.check().isGood)
    }

    @Test("an attempt that wrote nothing does not count as one that went well: a run to the end ends")
    func vainTries() async throws {
        let work = try await work()
        let before = try work.value("SELECT position FROM cursor", shard: 1)
        try await work.apply(TestLedger.lines(4_000, seed: 2))
        // Like a disk on which there is room for a cursor and for no event: only batches without events go well.
        let overflow = "SELECT abs(-9223372036854775807 - 1)"
        try work.shell("CREATE TRIGGER no_room BEFORE INSERT ON purses BEGIN \(overflow); END", shard: 1)
        var settings = patient
        settings.attemptsMax = 5
        settings.retryMilliseconds = 20
        settings.retryMillisecondsMax = 20
        // So little that until then what waits is given up, and the next attempt finds nothing to write.
        settings.failingBytesMax = 100
        settings.batchRows = 10
        settings.busyRate = .max
        var looksLeft = 100
        let said = failure {
            let sync = try TablesSync(ledger: work.ledger, into: work.tables, settings: settings)
            try sync.run(following: false) { _ in
                looksLeft -= 1
                if looksLeft == 0 { sync.stop() }
            }
        }
        #expect(looksLeft > 0, "the run had to be stopped")
        #expect(said.contains("1 of 3 shards") && said.contains("overflow"), "\(said)")
        #expect(said.contains("the others have every event") && said.contains(work.paths.shard(1)), "\(said)")
        #expect(try work.value("SELECT position FROM cursor", shard: 1) == before)
        try work.shell("DROP TRIGGER no_room", shard: 1)
        try work.sync()
        #expect(try work.check().isGood)
    }

    @Test("a shard that another process makes anew comes into its place by the follower, and never under an attempt")
    func rebuiltBesideFollower() async throws {
        let work = try await work()
        try work.place.remove("tables/shard-01.sqlite")
        let sync = try TablesSync(ledger: work.ledger, into: work.tables, settings: patient)
        #expect(sync.takeStatus().failing.keys.sorted() == [1])
        // The log goes on, and what is made anew stands further than the follower has looked.
        try await work.apply(TestLedger.lines(1_000, seed: 2))
        let end = try LedgerFiles(work.ledger).lastPosition
        var settings = TablesBuild.Settings()
        settings.swapWaitMilliseconds = 0
        let said = failure {
            try TablesBuild.rebuild(ledger: work.ledger, tables: work.tables, only: 1, settings: settings)
        }
        #expect(said.contains("does not take them"), "\(said)")
        #expect(!work.place.has("tables/shard-01.sqlite"), "the place is the follower's alone")
        var looksLeft = 600
        try sync.run(following: true) { status in
            looksLeft -= 1
            if looksLeft == 0 || (status.failing.isEmpty && status.position == end) { sync.stop() }
        }
        #expect(looksLeft > 0)
        #expect(try work.value("SELECT position FROM cursor", shard: 1) == Int64(end))
        #expect(try work.check().isGood)
    }

    @Test("an operator's change beside a follower is met with fresh eyes")
    func changedBeside() async throws {
        let work = try await work(shards: 1)
        do {
            let sync = try TablesSync(ledger: work.ledger, into: work.tables)
            // The archive takes a day between two batches.
            let shard = try ShardFile(work.paths.shard(0), for: .following)
            for day in try shard.daysToArchive(endingBefore: .max) {
                let read = try shard.forEachEntry(of: day, notYetArchived: true) { _ in }
                try shard.markArchived(day, read, receipt: "r")
                try shard.dropDay(day)
            }
            try await work.apply(TestLedger.lines(1_000, seed: 4))
            try sync.run(following: false)
        }
        try work.sync()
        let check = try work.check()
        #expect(check.isGood, "\(check.differences.first.prefix(3))")
        #expect(check.daysInArchive > 0)
    }
}
