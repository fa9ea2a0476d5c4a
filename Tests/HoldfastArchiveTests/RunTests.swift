import HoldfastArchive
import HoldfastTables
import SimulatedDisk
import Testing

@testable import HoldfastLog

@Suite("The nightly run")
struct RunTests {
    @Test("moves old days, marks them, and drops them ten days later", arguments: [1, 2, 3, 4])
    func moves(threads: Int) throws {
        let world = World()
        let first = try world.run(now: World.now(moved: 2), threads: threads)
        #expect(first.moved.count == 2 && first.dropped.isEmpty && first.problems.isEmpty)
        #expect(first.movedRows == world.shelves.flatMap(\.archivedLines).count)
        #expect(Set(world.warehouseLines()) == Set(world.shelves.flatMap(\.archivedLines)))
        #expect(try world.faultAfterRun() == nil)
        let second = try world.run(now: World.now(moved: 12), threads: threads)
        #expect(second.dropped.count == 4 && second.problems.isEmpty)
        #expect(Set(world.warehouseLines()) == world.all)
        #expect(world.shelves.flatMap(\.lines).count == second.movedRows, "only the third day is left")
        #expect(try world.faultAfterRun() == nil)
    }

    @Test("tables whose rows another archive has are refused, and the archive that has not got them is no good one")
    func otherArchive() throws {
        let world = World()
        try world.run(now: World.now(moved: 1))
        try world.run(now: World.now(moved: 12)) { $0.deleteAfter = $0.olderThan }
        #expect(world.shelves.allSatisfy { $0.lines.isEmpty })
        let archive = try world.open(.reading)
        #expect(try ArchiveVerification.check(archive, world.shelves).isGood)
        let other = World()
        other.shelves = world.shelves
        let error = #expect(throws: ArchiveError.self) { try other.run(now: World.now(moved: 13)) }
        #expect(error?.description.contains("shard-00 says that") == true, "\(String(describing: error))")
        let empty = try ArchiveVerification.check(try other.open(.reading), other.shelves)
        #expect(empty.faults.count == 6, "\(empty.faults)")
    }

    @Test("does nothing when there is nothing to do")
    func idle() throws {
        let world = World()
        try world.run(now: World.now(moved: 2))
        let names = world.disk.fileNames
        let again = try world.run(now: World.now(moved: 2))
        #expect(again == RunReport())
        #expect(world.disk.fileNames == names)
    }

    @Test("says what it would do")
    func dryRun() throws {
        let world = World()
        let foreseen = try world.run(now: World.now(moved: 13)) { $0.isDryRun = true }
        #expect(world.warehouseLines().isEmpty)
        let done = try world.run(now: World.now(moved: 13))
        #expect(foreseen.movedRows == done.movedRows && foreseen.droppedRows == done.droppedRows)
        #expect(foreseen.moved.map(\.days) == done.moved.map(\.days))
    }

    @Test("moves only days that are over, for as long as is asked")
    func boundary() throws {
        let world = World()
        #expect(try world.run(now: World.now(moved: 1) - 1).moved.isEmpty)
        #expect(Set(try world.run(now: World.now(moved: 1)).moved.flatMap(\.days)) == [RowMaker.firstDay.description])
    }

    @Test("refuses while another run is at work")
    func busy() throws {
        let world = World()
        let other = try world.open()
        #expect(throws: ArchiveError.busy(root: World.root)) { try world.run(now: World.now(moved: 1)) }
        withExtendedLifetime(other) {}
    }

    @Test("refuses a clock that is behind the newest snapshot, unless told")
    func clock() throws {
        let world = World()
        try world.run(now: World.now(moved: 2))
        let before = world.disk.everything
        #expect(throws: ArchiveError.self) { try world.run(now: World.now(moved: 1)) }
        #expect(world.disk.everything == before)
        try world.run(now: World.now(moved: 1)) { $0.forgivesClock = true }
        #expect(try world.faultAfterRun() == nil)
    }

    @Test("a clock far in the future loses and doubles nothing: later rows of archived days follow")
    func future() throws {
        let world = World()
        try world.run(now: World.now(moved: 80))
        #expect(Set(world.warehouseLines()) == world.all)
        let day = RowMaker.firstDay
        let late = RowMaker.line(player: "p0", seq: 99, position: 999, at: day.begin + 7)
        world.shelves[0].insert(late, on: day)
        let report = try world.run(now: World.now(moved: 80))
        #expect(report.movedRows == 1 && report.droppedRows == 1 && report.problems.isEmpty)
        #expect(Set(world.warehouseLines()) == world.all.union([late]))
    }

    @Test("tables made anew are marked, not archived twice")
    func rebuilt() throws {
        let world = World()
        let rows = world.shelves.map(\.rows)
        try world.run(now: World.now(moved: 13))
        for (shelf, rows) in zip(world.shelves, rows) { shelf.rebuild(from: rows) }
        let report = try world.run(now: World.now(moved: 13))
        #expect(report.movedRows == 0 && report.problems.isEmpty)
        #expect(report.moved.reduce(0) { $0 + $1.found } == world.all.count)
        #expect(try world.faultAfterRun() == nil)
        #expect(world.shelves.flatMap(\.lines).isEmpty)
    }

    @Test("another number of shards changes nothing about what is archived", arguments: [1, 3, 5])
    func resharded(count: Int) throws {
        let world = World()
        try world.run(now: World.now(moved: 2))
        world.shelves = RowMaker.shelves(count: count, rowsPerDay: 2).enumerated().map {
            MemoryShelf(number: $0, of: count, $1, disk: world.disk)
        }
        #expect(Set(world.shelves.flatMap(\.lines)) == world.all)
        let report = try world.run(now: World.now(moved: 3))
        #expect(report.problems.isEmpty)
        #expect(try world.faultAfterRun() == nil)
        #expect(Set(world.warehouseLines()) == world.all)
        try world.run(now: World.now(moved: 13))
        #expect(world.shelves.flatMap(\.lines).isEmpty)
        #expect(try world.faultAfterRun() == nil)
    }

    @Test("a row that is not the one in the archive keeps its day where it is")
    func differing() throws {
        let world = World()
        try world.run(now: World.now(moved: 2))
        let day = RowMaker.firstDay
        world.shelves[0].change(day, 0) { $0.replacing("\"seq\":1,", with: "\"seq\":1,").replacing("BRL", with: "EUR") }
        let report = try world.run(now: World.now(moved: 13))
        #expect(report.problems.count == 1 && report.problems[0].contains("not dropped"), "\(report.problems)")
        #expect(world.shelves[0].rows[day] != nil)
        #expect(report.dropped.count == 5)
    }

    @Test("nothing is dropped whose file was damaged, cut or lost", arguments: ["flipped", "cut", "lost"])
    func damagedFile(how: String) throws {
        let world = World()
        try world.run(now: World.now(moved: 2))
        let victim = world.disk.fileNames.filter { $0.contains("/warehouse/") }[0]
        switch how {
        case "flipped": world.disk.flip(3, of: 40, in: victim)
        case "cut": world.disk.overwrite(victim, with: Array(world.disk.contents(victim)!.dropLast(9)))
        default: world.disk.delete(victim)
        }
        let rows = world.shelves.flatMap(\.lines).count
        let report = try world.run(now: World.now(moved: 12))
        #expect(report.problems.count >= 1)
        #expect(report.problems[0].contains(victim), "\(report.problems)")
        #expect(report.dropped.count < 4)
        #expect(world.shelves.flatMap(\.lines).count == rows - report.droppedRows)
        let kept = Set(world.shelves.flatMap(\.lines))
        let readable = Set(
            world.disk.fileNames.filter { $0.contains("/warehouse/") && $0 != victim }.flatMap(world.lines))
        #expect(world.all.subtracting(kept).subtracting(readable).isEmpty, "nothing is lost")
    }

    @Test("a missing manifest is named, and nothing is changed")
    func missingManifest() throws {
        let world = World()
        try world.run(now: World.now(moved: 2))
        world.disk.delete("\(World.root)/_metadata/version-000000000001.json")
        let before = world.disk.everything
        let error = #expect(throws: ArchiveError.self) { try world.run(now: World.now(moved: 3)) }
        #expect("\(error!)".contains("version-000000000001.json is missing"))
        #expect(world.disk.everything == before)
    }

    @Test("an altered manifest is found by the one after it")
    func alteredManifest() throws {
        let world = World()
        try world.run(now: World.now(moved: 2))
        let path = "\(World.root)/_metadata/version-000000000001.json"
        let text = String(decoding: world.disk.contents(path)!, as: UTF8.self)
        world.disk.overwrite(
            path, with: Array(text.replacing("\"label\":\"shard-00\"", with: "\"label\":\"shard-07\"").utf8))
        let error = #expect(throws: ArchiveError.self) { try world.open(.reading) }
        #expect("\(error!)".contains("does not vouch"))
    }

    @Test("an archive holds one ledger")
    func otherLedger() throws {
        let world = World()
        try world.run(now: World.now(moved: 1)) {
            $0.log = Snapshot.LogCover(log: "aa", lastPosition: 9, lanes: [])
        }
        #expect(throws: ArchiveError.self) {
            try world.run(now: World.now(moved: 2)) {
                $0.log = Snapshot.LogCover(log: "bb", lastPosition: 9, lanes: [])
            }
        }
        #expect(throws: ArchiveError.self) { try world.run(now: World.now(moved: 2)) { $0.database = "other" } }
    }

    @Test("takes no directory with other things in it")
    func foreignDirectory() throws {
        let world = World()
        world.disk.makeDirectory(behindTheBack: World.root)
        world.disk.overwrite("\(World.root)/holiday.jpg", with: [1])
        #expect(throws: ArchiveError.self) { try world.run(now: World.now(moved: 1)) }
        #expect(world.disk.fileNames == ["\(World.root)/holiday.jpg"])
    }
}
