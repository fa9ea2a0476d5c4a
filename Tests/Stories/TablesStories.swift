import Foundation
import HoldfastTestSupport
import Testing
import WalletModel

@Suite("holdfast tables")
struct TablesStories {
    @Test("killed again and again at any moment, the tables have every event once")
    func killed() throws {
        let work = try Workplace()
        try work.done("init", work.ledger, "--lanes", "2", "--segment-mib", "1")
        var commands = CommandGenerator(seed: 11)
        let lines = (0..<3_000).map { _ in commands.next() + "\n" }
        try work.done("apply", work.ledger, "--clock", "given", input: lines.joined())
        let tables = work.path + "/tables"
        var random = SplitMix64(seed: 5)
        var kills = 0
        var sets = 0
        // A set that is complete is thrown away, and the next one is begun: so every stage is met.
        while kills < 200 {
            let child = try work.start("tables", "sync", work.ledger, tables, "--shards", "3", "--batch-rows", "5")
            usleep(UInt32(random.next() % 60_000))
            child.kill()
            if case .signalled = try child.wait() {
                kills += 1
                continue
            }
            #expect(child.errors == "")
            sets += 1
            let report = try work.done("tables", "check", work.ledger, tables).value()
            try #require(report["ok"] == true && report["position"] == report["log_end"])
            try FileManager.default.removeItem(atPath: tables)
        }
        try work.done("tables", "sync", work.ledger, tables)
        let report = try work.done("tables", "check", work.ledger, tables).value()
        #expect(report["ok"] == true && report["position"] == report["log_end"], "after \(sets) whole sets")
    }

    @Test("killed while they are made anew, the old tables stay until the new ones are whole")
    func killedBuilding() throws {
        let work = try Workplace()
        try work.done("init", work.ledger)
        var commands = CommandGenerator(seed: 12)
        let lines = (0..<3_000).map { _ in commands.next() + "\n" }
        try work.done("apply", work.ledger, "--clock", "given", input: lines.joined())
        let tables = work.path + "/tables"
        try work.done("tables", "sync", work.ledger, tables, "--shards", "2")
        var random = SplitMix64(seed: 6)
        for round in 0..<30 {
            let child = try work.start("tables", "reshard", work.ledger, tables, "--shards", "\(2 + round % 4)")
            usleep(UInt32(random.next() % 40_000))
            child.kill()
            _ = try child.wait()
            // Whoever comes next finishes a swap that is due.
            try work.done("tables", "sync", work.ledger, tables)
            if round % 5 == 0 {
                #expect(try work.done("tables", "check", work.ledger, tables).value()["ok"] == true, "round \(round)")
            }
        }
        #expect(try work.done("tables", "check", work.ledger, tables).value()["ok"] == true)
    }

    @Test("follow a ledger that is at work, and say what differs when someone has changed them")
    func following() throws {
        let work = try Workplace()
        try work.done("init", work.ledger)
        let tables = work.path + "/tables"
        let owner = try work.start("apply", work.ledger)
        owner.write(Lines.credit("p1", 5, "d1"))
        _ = try owner.readLine()
        let follower = try work.start(
            "tables", "sync", work.ledger, tables, "--shards", "2", "--follow", "--batch-wait", "10ms")
        for number in 2...50 {
            owner.write(Lines.credit("p\(number % 7)", 5, "d\(number)"))
            _ = try owner.readLine()
        }
        var report = try work.holdfast("tables", "check", work.ledger, tables)
        // Not for the position: a shard that the last event is not of keeps its cursor until it has something to write.
        while try (report.status != .exited(0) || report.value()["rows"] != 50) {
            report = try work.holdfast("tables", "check", work.ledger, tables)
        }
        #expect(try work.holdfast("tables", "sync", work.ledger, tables).errors.contains("another process"))
        follower.kill()
        _ = try follower.wait()
        owner.closeInput()
        _ = try owner.wait()
        #expect(try work.done("tables", "sync", work.ledger, tables, "--json").value()["position"] == 50)

        let change =
            "import sqlite3,sys; c = sqlite3.connect(sys.argv[1]); c.execute('UPDATE purses SET balance = 1'); c.commit()"
        #expect(try work.shell("python3 -c \"\(change)\" '\(tables)/shard-00.sqlite'").status == .exited(0))
        let changed = try work.holdfast("tables", "check", work.ledger, tables)
        #expect(changed.status == .exited(1))
        #expect(changed.output.contains("BRL balance") && changed.output.contains("shard-00.sqlite"))
        try work.done("tables", "rebuild", work.ledger, tables)
        #expect(try work.done("tables", "check", work.ledger, tables).value()["ok"] == true)
    }

    @Test("say plainly what is wrong with a command line or a directory")
    func mistakes() throws {
        let work = try Workplace()
        try work.done("init", work.ledger)
        let tables = work.path + "/tables"
        for arguments in [
            ["tables", "sync", work.ledger], ["tables", "sync", work.ledger, tables, "--shards", "0"],
            ["tables", "reshard", work.ledger, tables], ["tables", "dead-letters", tables, "--discard", "1"],
            ["tables", "syn", work.ledger, tables],
        ] {
            #expect(try work.holdfast(arguments).status == .exited(2), "\(arguments)")
        }
        for arguments in [
            ["tables", "check", work.ledger, tables], ["tables", "rebuild", work.ledger, tables],
            ["tables", "dead-letters", tables], ["tables", "sync", work.path + "/nothing", tables],
        ] {
            let result = try work.holdfast(arguments)
            #expect(result.status == .exited(1) && result.errors.contains(work.path), "\(arguments): \(result.errors)")
        }
        try work.done("tables", "sync", work.ledger, tables)
        #expect(try work.done("tables", "dead-letters", tables).output == "")
        let outOfRange = try work.holdfast("tables", "rebuild", work.ledger, tables, "--shard", "8")
        #expect(outOfRange.status == .exited(2))
        #expect(outOfRange.errors.contains("--shard: there are shards 0 to 7, not 8"), "\(outOfRange.errors)")
        #expect(try work.holdfast("tables", "history", tables, "evian", "p1").errors.contains("it has none yet"))
        try work.done("apply", work.ledger, input: Lines.credit("p1", 5, "d1"))
        try work.done("tables", "sync", work.ledger, tables)
        let stranger = try work.holdfast("tables", "history", tables, "evain", "p1")
        #expect(stranger.status == .exited(1) && stranger.errors.contains("it has evian"), "\(stranger.errors)")
        #expect(try work.holdfast("tables", "history", tables, "evian", "p2").errors.contains("p2 of evian has no"))
        try FileManager.default.removeItem(atPath: tables + "/shard-03.sqlite")
        let checked = try work.holdfast("tables", "check", work.ledger, tables)
        #expect(checked.status == .exited(1) && checked.errors.contains("shard-03.sqlite is missing"))
        #expect(checked.output.contains(#""unreadable":[{"file":"\#(tables)/shard-03.sqlite","error":"#))
        #expect(try work.holdfast("tables", "sync", work.ledger, tables, "--shards", "3").errors.contains("reshard"))
    }
}
