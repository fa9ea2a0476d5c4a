import HoldfastArchive
import HoldfastTables
import SimulatedDisk
import Testing

@testable import HoldfastLog

@Suite("Looking after an archive")
struct UpkeepTests {
    private static let now = World.now(moved: 3)

    private static func filled(shards: Int = 3) throws -> World {
        let world = World(shards: shards, players: 5)
        try world.run(now: now)
        return world
    }

    private static func verify(_ world: World) throws -> ArchiveVerification {
        try ArchiveVerification.check(try world.open(.reading), world.shelves)
    }

    @Test("a merge keeps every row and makes one file of each partition's")
    func compact() throws {
        let world = try Self.filled()
        let before = world.warehouseLines().sorted()
        let report = try world.open(.upkeep).compact(at: Self.now, engine: .zlib1)
        #expect(report.partitions == 6 && report.filesAfter == 6 && report.filesBefore > 6)
        #expect(world.warehouseLines().sorted() == before)
        #expect(try world.faultAfterRun() == nil)
        #expect(try Self.verify(world).faults == [])
        let again = try world.open(.upkeep).compact(at: Self.now, engine: .zlib1)
        #expect(again.partitions == 0 && again.snapshots.isEmpty)
        #expect(try world.run(now: World.now(moved: 13)).problems.isEmpty)
        #expect(world.shelves.flatMap(\.lines).isEmpty)
    }

    @Test("an erasure takes references and nothing else, of a tenant or of a player", arguments: [nil, "p\"\\é1"])
    func erase(player: String?) throws {
        let world = try Self.filled()
        let before = world.warehouseLines()
        let report = try world.open(.upkeep).erase(tenant: "evian", player: player, at: Self.now, engine: .zlib1)
        let escaped = player?.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        func isMeant(_ line: String) -> Bool {
            line.hasPrefix("{\"tenant_id\":\"evian\"")
                && (escaped.map { line.contains("\"player_id\":\"\($0)\"") } ?? true) && !line.contains("\"ref\":null")
        }
        #expect(report.rows == before.count { isMeant($0) } && report.rows > 0)
        func without(_ line: String) -> String {
            guard isMeant(line) else { return line }
            return RowMaker.withoutRef(line)
        }
        #expect(world.warehouseLines().sorted() == before.map(without).sorted())
        #expect(try Self.verify(world).faults == [])
        // What the tables still have with their references is the same row.
        #expect(try world.run(now: World.now(moved: 13)).problems.isEmpty)
        let snapshot = try #require(try world.open(.reading).chain.snapshots.last { $0.erasure != nil })
        #expect(snapshot.erasure == Snapshot.Erasure(tenant: "evian", player: player, rows: report.rows))
    }

    @Test("a player's history is what was moved, from whichever files")
    func history() throws {
        let world = try Self.filled()
        _ = try world.open(.upkeep).compact(at: Self.now, engine: .zlib1)
        let archive = try world.open(.reading)
        for player in ["ana", "p\"\\é1", "bob", "p0", "p2", "nobody"] {
            let escaped = player.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            let expected = world.all.filter { $0.hasPrefix("{\"tenant_id\":\"volvic\",\"player_id\":\"\(escaped)\"") }
            let found = try archive.history(tenant: "volvic", player: player)
            #expect(Set(found.map { String(decoding: $0.line, as: UTF8.self) }) == expected)
            #expect(found.map(\.seq) == found.map(\.seq).sorted())
            #expect(
                try archive.history(tenant: "volvic", player: player, from: 3, limit: 2)
                    == Array(found.filter { $0.seq >= 3 }.prefix(2)))
        }
    }

    @Test("expiry removes what only old snapshots need, and files that nobody knows")
    func expire() throws {
        let world = try Self.filled()
        _ = try world.open(.upkeep).compact(at: Self.now + 1, engine: .zlib1)
        let stray = "\(World.root)/warehouse/tenant=evian/part-00.jsonl.gz"
        world.disk.overwrite(stray, with: [1, 2, 3])
        #expect(try Self.verify(world).faults.map(\.file) == [stray])
        let rows = world.warehouseLines().count
        let cut = Self.now + 1
        let foreseen = try world.open(.upkeep).expire(before: cut, isDryRun: true)
        #expect(world.disk.contents(stray) != nil)
        let done = try world.open(.upkeep).expire(before: cut, isDryRun: false)
        #expect(foreseen == done)
        #expect(
            done.snapshots.count == 3 && done.orphans.count == 1 && done.retired.isEmpty, "the merge still needs them")
        #expect(world.disk.contents(stray) == nil)
        let rest = try world.open(.upkeep).expire(before: cut + 1, isDryRun: false)
        #expect(rest.snapshots.count == 1 && !rest.retired.isEmpty)
        #expect(world.disk.fileNames.filter { $0.contains("/_retired/") } == [])
        #expect(world.warehouseLines().count == rows)
        #expect(try Self.verify(world).faults == [])
        let chain = try world.open(.reading).chain
        #expect(chain.snapshots.isEmpty && chain.base?.expired.count == 4)
        try world.run(now: World.now(moved: 13))
        #expect(try world.faultAfterRun() == nil)
        #expect(world.shelves.flatMap(\.lines).isEmpty)
    }

    @Test("each snapshot's files can still be found after later ones replaced them")
    func oldSnapshots() throws {
        let world = try Self.filled()
        let first = try world.open(.reading).chain
        _ = try world.open(.upkeep).compact(at: Self.now, engine: .zlib1)
        _ = try world.open(.upkeep).erase(tenant: "evian", player: nil, at: Self.now, engine: .zlib1)
        let archive = try world.open(.reading)
        for snapshot in first.snapshots + archive.chain.snapshots {
            let files = try #require(archive.chain.files(at: snapshot.id))
            var lines: [String] = []
            for (_, path) in files { lines += world.lines(in: "\(World.root)/\(path)") }
            #expect(lines.count == Set(lines).count)
            if snapshot.id == first.snapshots.last?.id { #expect(Set(lines) == world.all) }
        }
        #expect(archive.chain.files(at: 1) == nil)
    }

    @Test("verify names the file of each fault", arguments: ["flipped", "cut", "lost", "manifest"])
    func faults(how: String) throws {
        let world = try Self.filled()
        #expect(try Self.verify(world).isGood)
        var victim = world.disk.fileNames.filter { $0.contains("/warehouse/") }[1]
        switch how {
        case "flipped": world.disk.flip(5, of: 60, in: victim)
        case "cut": world.disk.overwrite(victim, with: Array(world.disk.contents(victim)!.prefix(30)))
        case "lost": world.disk.delete(victim)
        default:
            victim = world.disk.fileNames.first { $0.contains("/_metadata/snapshot-") }!
            world.disk.delete(victim)
        }
        let report = try Self.verify(world)
        #expect(report.faults.contains { $0.file == victim }, "\(report.faults)")
    }

    @Test("a newest manifest that is gone is missed, not taken for the end")
    func missingEnd() throws {
        let world = try Self.filled()
        world.disk.delete("\(World.root)/_metadata/version-000000000003.json")
        let error = #expect(throws: ArchiveError.self) { try world.open(.upkeep).expire(before: .max, isDryRun: false) }
        #expect("\(error!)".contains("version-000000000003.json is missing"))
    }

    @Test("merges, erasures and expiries that die anywhere lose and double nothing")
    func crashes() throws {
        func play(_ world: World) throws(ArchiveError) {
            _ = try world.open(.upkeep).compact(at: Self.now, engine: .zlib1)
            _ = try world.open(.upkeep).erase(tenant: "evian", player: "ana", at: Self.now + 1, engine: .zlib1)
            _ = try world.open(.upkeep).expire(before: Self.now + 1, isDryRun: false)
        }
        let filled = World(shards: 2, days: 1, players: 3, rowsPerDay: 1)
        try filled.run(now: Self.now)
        let rows = filled.warehouseLines().count
        let whole = filled.copy()
        try play(whole)
        #expect(whole.disk.operations > 60)
        for operation in 0..<whole.disk.operations {
            let other =
                operation % 2 == 0 ? .everything : SimulatedDisk.Surviving.randomSectors(seed: UInt64(operation))
            for surviving in [.nothing, other] {
                let world = filled.copy()
                world.disk.crash(atOperation: operation)
                do { try play(world) } catch {}
                let next = world.afterCrash(surviving)
                let places = next.disk.fileNames.filter { $0.contains("/warehouse/") }.flatMap { next.lines(in: $0) }
                #expect(Set(places).count == places.count, "crash at \(operation): rows twice")
                try play(next)
                #expect(next.warehouseLines().count == rows, "crash at \(operation), \(surviving)")
                let report = try ArchiveVerification.check(try next.open(.reading), next.shelves)
                #expect(report.faults == [] && report.unfinished == [], "crash at \(operation), \(surviving)")
            }
        }
    }
}
