import Foundation
import Testing
import WalletModel

@Suite("backup and restore")
struct BackupStories {
    @Test("neither a backup nor a restore into what it is a copy of, or into any directory of ours")
    func insideItself() throws {
        let work = try Workplace()
        try work.done("init", work.ledger, "--segment-mib", "1")
        try work.done("apply", work.ledger, input: Lines.credit("p1", 1, "d1"))
        let backup = work.path + "/backup"
        try work.done("backup", work.ledger, backup)
        try work.done("tables", "sync", work.ledger, work.path + "/tables", "--shards", "1")
        for words in [
            ["backup", work.ledger, work.ledger + "/backup"], ["backup", work.ledger, work.ledger + "/lane-00/b/"],
            ["backup", work.ledger, backup + "/again"], ["backup", work.ledger, work.path + "/tables/backup"],
            ["restore", backup, backup + "/ledger"], ["restore", backup, backup + "/log/ledger"],
            ["restore", backup, work.ledger + "/ledger"],
        ] {
            let result = try work.holdfast(words)
            #expect(result.status == .exited(2) && result.errors.contains("Choose a place outside of it"), "\(words)")
            #expect(!FileManager.default.fileExists(atPath: words[2]))
        }
        try work.done("backup", work.ledger, backup)
        try work.done("restore", backup, work.path + "/restored")
    }

    private func workplace(lanes: Int) throws -> Workplace {
        let work = try Workplace()
        try work.done("init", work.ledger, "--lanes", "\(lanes)", "--segment-mib", "1", "--asset", "SKU1=0")
        return work
    }

    private func events(_ directory: String, in work: Workplace) throws -> [String] {
        try work.done("events", directory).lines
    }

    @Test("copies a ledger while it works, again and again; each copy restores what was there", arguments: [1, 3])
    func besideAnOwner(lanes: Int) throws {
        let work = try workplace(lanes: lanes)
        let copies = work.path + "/copies"
        try work.done("apply", work.ledger, input: (0..<30).map { Lines.credit("p\($0)", 1_000, "open") }.joined())
        let transfers = (0..<3_000).map { number in
            #"{"op":"transfer","tenant":"evian","player":"p\#(number % 30)","request_id":"t\#(number)","asset":"BRL","#
                + #""amount":1,"to":"p\#((number * 7 + 1) % 30)"}"# + "\n"
        }
        let owner = try work.start("apply", work.ledger, input: transfers.joined())
        var answered = 0
        var runs = 0
        while try owner.readLine() != nil {
            answered += 1
            if answered % 1_000 != 1 { continue }
            runs += 1
            let report = try work.done("backup", work.ledger, copies).value()
            let restored = work.path + "/restored-\(runs)"
            let found = try work.done("restore", copies, restored).value()
            #expect(found["position"] == report["position"])
            #expect(try #require(found["position"]?.integer) >= 30 + answered, "what was answered is in the copy")
            let totals = try work.done("replay", restored).value()
            #expect(totals["assets"]?["BRL"] == ["balance": 30_000, "held": 0])
            #expect(try work.holdfast("verify", restored).status == .exited(0))
        }
        #expect(try owner.wait() == .exited(0))
        #expect(answered == 3_000 && runs == 3)
        try work.done("backup", work.ledger, copies)
        try work.done("restore", copies, work.path + "/last")
        #expect(try events(work.path + "/last", in: work) == events(work.ledger, in: work))
        // A backup that finds nothing new moves the last point on, so a fast owner leaves fewer of them.
        let points = try work.done("restore", copies, "--list").values()
        #expect((1...4).contains(points.count))
        #expect(points.last?["position"]?.integer == Int64(try events(work.ledger, in: work).count))
        #expect(try work.done("restore", copies, "--check").value()["ok"] == true)
        // It is a ledger like any other.
        try work.done("apply", work.path + "/last", input: Lines.credit("p1", 5, "after"))
    }

    @Test("goes back to a time and to a position, with the balances of that moment", arguments: [1, 2])
    func pointInTime(lanes: Int) throws {
        let work = try workplace(lanes: lanes)
        let copies = work.path + "/copies"
        let start: Int64 = 1_763_683_200_000
        let lines = (0..<2_000).map { Lines.credit("p\($0 % 7)", 1, "d\($0)", at: start + Int64($0) * 1_000) }
        try work.done("apply", work.ledger, "--clock", "given", input: lines.joined())
        try work.done("backup", work.ledger, copies)
        let all = try work.done("events", work.ledger).values()
        for cut in [1, 700, 1_999] {
            let time = start + Int64(cut) * 1_000
            let byTime = work.path + "/time-\(cut)"
            let report = try work.done("restore", copies, byTime, "--to", "\(time)").value()
            #expect(report["events"]?.integer == Int64(cut + 1))
            #expect(report["cut"] == .bool(cut + 1 < 2_000))
            for player in ["p1", "p5"] {
                let then = try work.holdfast("balance", work.ledger, "evian", player, "--as-of", "\(time)")
                #expect(try work.holdfast("balance", byTime, "evian", player).output == then.output)
            }
            let byPosition = work.path + "/position-\(cut)"
            try work.done("restore", copies, byPosition, "--to-position", "\(cut)")
            #expect(try work.done("events", byPosition).values() == Array(all.prefix(cut)))
            #expect(try work.holdfast("verify", byPosition).status == .exited(0))
        }
        let none = work.path + "/none"
        let before = try work.holdfast("restore", copies, none, "--to", "2020-01-01T00:00:00Z")
        #expect(before.status == .exited(0))
        #expect(before.errors.contains("no event up to 2020-01-01T00:00:00.000Z; the ledger is empty"))
        #expect(try events(none, in: work).isEmpty)
        try work.done("apply", none, input: Lines.credit("p1", 5, "anew"))
        for (option, moment) in [("--to-position", "5000"), ("--to", "2999-01-01T00:00:00Z")] {
            let beyond = try work.holdfast("restore", copies, work.path + "/beyond\(option)", option, moment)
            #expect(try beyond.status == .exited(0) && beyond.value()["position"] == 2_000)
            #expect(beyond.errors.contains("ends at position 2000, 2025-11-21T00:33:19.000Z"), "\(beyond.errors)")
            #expect(beyond.errors.contains("before") && beyond.errors.contains(moment.prefix(4)))
        }
        // Between the last event and the backup nothing happened.
        try work.done("restore", copies, work.path + "/quiet", "--to", "2025-12-01T00:00:00Z")
    }

    @Test("damage in the backup is named, wrong use explained, and nothing is overwritten")
    func refusals() throws {
        let work = try workplace(lanes: 1)
        let copies = work.path + "/copies"
        try work.done("apply", work.ledger, input: Lines.credits(0..<200))
        try work.done("backup", work.ledger, copies)
        for arguments in [
            ["restore", copies], ["restore", copies, "--list", "--check"],
            ["restore", copies, work.path + "/x", "--list"],
            ["backup", work.ledger], ["backup", work.ledger, copies, "--dry-run"],
            ["restore", copies, work.path + "/x", "--to", "5", "--to-position", "5"],
        ] {
            #expect(try work.holdfast(arguments).status == .exited(2), "\(arguments)")
        }
        for arguments in [
            ["restore", copies, work.ledger], ["restore", work.path + "/nowhere", work.path + "/x"],
            ["restore", work.path + "/nowhere", "--check"], ["backup", work.path + "/nowhere", copies],
            ["backup", work.ledger, work.path + "/no/such/place"], ["restore", copies, work.path],
        ] {
            let result = try work.holdfast(arguments)
            #expect(result.status == .exited(1) && !result.errors.isEmpty, "\(arguments)")
        }
        let segment = copies + "/log/lane-00/0000000000.log"
        var bytes = try Data(contentsOf: URL(filePath: segment))
        bytes[9_000] ^= 4
        try bytes.write(to: URL(filePath: segment))
        let result = try work.holdfast("restore", copies, work.path + "/x")
        #expect(result.status == .exited(1) && result.errors.contains("lane-00/0000000000.log"))
        #expect(!FileManager.default.fileExists(atPath: work.path + "/x"))
        #expect(try work.holdfast("restore", copies, "--check").status == .exited(1))
    }
}
