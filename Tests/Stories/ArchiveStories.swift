import Foundation
import Testing
import WalletModel

/// The archive as an operator meets it, with the real program, real tables and real files.
@Suite("Archive")
struct ArchiveStories {
    private static let day: Int64 = 1_763_683_200_000

    private func filled(_ commands: Int = 240) throws -> Workplace {
        let work = try Workplace()
        try work.done("init", work.ledger)
        let lines = (0..<commands).map { number in
            Lines.credit("p\(number % 20)", number, "d\(number)", at: Self.day + Int64(number) * 1_000_000)
        }
        try work.done("apply", work.ledger, "--clock", "given", input: lines.joined())
        try work.done("tables", "sync", work.ledger, work.path + "/tables", "--shards", "2")
        return work
    }

    private func run(_ work: Workplace, _ now: String, _ more: String...) throws -> JSONValue {
        let result = try work.holdfast(
            ["archive", "run", work.ledger, work.path + "/tables", work.path + "/archive", "--now", now] + more)
        #expect(result.status == .exited(0) && result.errors == "", "\(result.errors)")
        return try result.value()
    }

    private func warehouse(_ work: Workplace) throws -> [String] {
        try work.shell("find '\(work.path)/archive/warehouse' -name '*.gz' | xargs zcat").lines.sorted()
    }

    @Test("a night moves what is old, a later one drops it, and all of it can come back")
    func nights() throws {
        let work = try filled()
        let (tables, archive) = (work.path + "/tables", work.path + "/archive")
        let events = try work.done("events", work.ledger).lines.sorted()
        #expect(try run(work, "2026-03-01T00:00:00Z", "--dry-run")["moved_records"] == 240)
        #expect(!FileManager.default.fileExists(atPath: archive))
        #expect(try run(work, "2026-02-23T00:00:00Z")["deleted_records"] == 0)
        #expect(try run(work, "2026-04-01T00:00:00Z")["deleted_records"] == 240)
        #expect(try warehouse(work) == events)
        #expect(try work.done("archive", "verify", archive, "--tables", tables).value()["ok"] == true)
        try work.done("archive", "compact", archive)
        #expect(try warehouse(work) == events)
        let own = try work.done("history", work.ledger, "evian", "p3").lines
        #expect(try work.done("history", work.ledger, "evian", "p3", "--archive", archive).lines == own)
        #expect(try work.done("archive", "history", archive, "evian", "p3").lines == own)
        #expect(try work.done("archive", "restore", archive, tables).value()["restored"] == 240)
        #expect(try work.done("tables", "check", work.ledger, tables).value()["ok"] == true)
    }

    @Test("a manifest lost in the middle of the chain is the only fault, and what stands is checked")
    func lostManifest() throws {
        let work = try Workplace()
        let archive = work.path + "/archive"
        let credits = ["p1", "p2"].map { player in
            #"{"op":"credit","tenant":"evian","player":"\#(player)","request_id":"d1","asset":"BRL","amount":5,"#
                + #""ref":"pix/1","at":\#(Self.day)}"# + "\n"
        }
        try work.done("init", work.ledger, "--segment-mib", "1")
        try work.done("apply", work.ledger, "--clock", "given", input: credits.joined())
        try work.done("tables", "sync", work.ledger, work.path + "/tables", "--shards", "1")
        _ = try run(work, "2026-04-01T00:00:00Z")
        try work.done("archive", "erase", archive, "evian", "p1")
        try work.done("archive", "erase", archive, "evian", "p2")
        // Both names of the manifest lead to the same bytes. It had replaced the first snapshot's file.
        let lost = archive + "/_metadata/version-000000000002.json"
        #expect(try work.shell("printf X | dd of='\(lost)' bs=1 conv=notrunc").status == .exited(0))
        let result = try work.holdfast("archive", "verify", archive)
        let report = try result.value()
        #expect(result.status == .exited(1) && report["files"] == 1 && report["records"] == 2)
        guard case .array(let faults)? = report["faults"] else {
            Issue.record("the report has a list of faults: \(result.output)")
            return
        }
        #expect(faults.count == 2 && faults.contains { $0["file"] == .string(lost) }, "\(result.output)")
        let harm = try work.shell("for part in $(find '\(archive)/warehouse' -name '*.gz'); do printf X > $part; done")
        #expect(harm.status == .exited(0))
        #expect(try work.holdfast("archive", "verify", archive).output.contains(".jsonl.gz"))
    }

    @Test("a name that nobody bears is no success")
    func unknownNames() throws {
        let work = try filled()
        let (tables, archive) = (work.path + "/tables", work.path + "/archive")
        _ = try run(work, "2026-04-01T00:00:00Z")
        for (words, said) in [
            (["erase", archive, "nobody"], "tenant nobody has no rows in \(archive)"),
            (["erase", archive, "nobody", "p1"], "player p1 of nobody"),
            (["erase", archive, "evian", "nobody"], "player nobody of evian"),
            (["restore", archive, tables, "--tenant", "nobody"], "tenant nobody"),
            (["restore", archive, tables, "--tenant", "evian", "--player", "nobody"], "player nobody of evian"),
            (["history", archive, "evian", "nobody"], "player nobody of evian"),
            (["history", archive, "nobody", "p1"], "player p1 of nobody"),
        ] {
            let result = try work.holdfast(["archive"] + words)
            #expect(result.status == .exited(1) && result.output == "", "\(words)")
            #expect(result.errors.contains(said), "\(result.errors)")
        }
        // Who is known may have nothing that was asked for.
        #expect(try work.done("archive", "history", archive, "evian", "p1", "--from", "1000").output == "")
        #expect(try work.done("archive", "erase", archive, "evian", "p1").value()["erased_records"] == 0)
        let early = ["archive", "restore", archive, tables, "--tenant", "evian", "--to", "1"]
        #expect(try work.holdfast(early).value()["restored"] == 0)
        let lost = try work.holdfast("archive", "restore", archive, tables, "--tenant", "evian", "--snapshot", "1")
        #expect(lost.status == .exited(1) && lost.errors.contains("no such snapshot"), "\(lost.errors)")
        let turned = try work.holdfast("archive", "restore", archive, tables, "--from", "2", "--to", "1")
        #expect(turned.status == .exited(2) && turned.errors.contains("--from is later than --to"))
    }

    @Test("the log gives the same rows as the tables")
    func sources() throws {
        let work = try filled()
        _ = try run(work, "2026-04-01T00:00:00Z", "--source", "log")
        #expect(try warehouse(work) == (try work.done("events", work.ledger).lines.sorted()))
    }

    @Test("the manifest holds the roots of the sealed segments that cover its rows, as the log has them")
    func roots() throws {
        let work = try Workplace()
        try work.done("init", work.ledger, "--lanes", "2", "--segment-mib", "1")
        let lines = (0..<24_000).map { number in
            Lines.credit("p\(number % 20)", number, "d\(number)", at: Self.day + Int64(number) * 1_000)
        }
        try work.done("apply", work.ledger, "--clock", "given", input: lines.joined())
        try work.done("seal", work.ledger)
        try work.done("tables", "sync", work.ledger, work.path + "/tables", "--shards", "2")
        _ = try run(work, "2026-03-01T00:00:00Z")
        // That the roots are those of the events, `verify --deep` computes.
        #expect(try work.done("verify", work.ledger, "--deep").value()["ok"] == true)
        let folder = work.path + "/published"
        try work.done("roots", work.ledger, "--into", folder)
        let published = try FileManager.default.contentsOfDirectory(atPath: folder)
        let manifest = try JSONValue(
            parsing: String(
                contentsOfFile: work.path + "/archive/_metadata/version-000000000001.json", encoding: .utf8))
        guard case .array(let lanes)? = manifest["log"]?["lanes"] else {
            Issue.record("the manifest says nothing of the log")
            return
        }
        #expect(lanes.count == 2)
        for (number, lane) in lanes.enumerated() {
            let sealed = try #require(lane["sealed-segment"])
            let newest = try #require(published.filter { $0.hasPrefix("segment-0\(number)-") }.max())
            let root = try JSONValue(parsing: String(contentsOfFile: folder + "/" + newest, encoding: .utf8))
            #expect(sealed["number"] == root["segment"])
            #expect(sealed["first-position"] == root["first_position"])
            #expect(sealed["event-count"] == root["events"])
            #expect(sealed["root-sha256"] == root["root"] && root["root"] != nil)
            #expect(sealed["chained-sha256"] == root["chained"] && root["chained"] != nil)
        }
    }

    @Test("a run that is killed is finished or cleared away by the next")
    func killed() throws {
        for attempt in 0..<8 {
            let work = try filled(80)
            let child = try work.start(
                "archive", "run", work.ledger, work.path + "/tables", work.path + "/archive", "--now",
                "2026-04-01T00:00:00Z", "--snapshot-days", "1", input: "")
            // From attempt to attempt a little later: before the first file, amid the work, at the end.
            usleep(UInt32(attempt * 6_000))
            child.kill()
            _ = try child.wait()
            _ = try run(work, "2026-04-01T00:00:00Z")
            #expect(try warehouse(work) == (try work.done("events", work.ledger).lines.sorted()))
            let report = try work.done(
                "archive", "verify", work.path + "/archive", "--tables", work.path + "/tables")
            #expect(try report.value()["unfinished"] == .array([]))
        }
    }

    @Test("damage is named, and nothing is dropped for it")
    func damaged() throws {
        let work = try filled()
        _ = try run(work, "2026-02-23T00:00:00Z")
        let cut = "truncate -s -5 $(find '\(work.path)/archive/warehouse' -name '*.gz' | sort | head -n 1)"
        #expect(try work.shell(cut).status == .exited(0))
        let verify = try work.holdfast("archive", "verify", work.path + "/archive")
        #expect(verify.status == .exited(1))
        #expect(verify.output.contains("bytes, its manifest says"))
        let again = try work.holdfast(
            "archive", "run", work.ledger, work.path + "/tables", work.path + "/archive", "--now",
            "2026-03-04T00:00:00Z")
        #expect(again.status == .exited(1))
        #expect(again.errors.contains("was not dropped"))
    }

    @Test("wrong use is explained")
    func wrongUse() throws {
        let work = try filled(20)
        let noTables = try work.holdfast("archive", "run", work.ledger, work.path + "/none", work.path + "/archive")
        #expect(noTables.status == .exited(1) && noTables.errors.contains("tables sync"))
        let noArchive = try work.holdfast("archive", "verify", work.path + "/none")
        #expect(noArchive.status == .exited(1) && noArchive.errors.contains("not an archive"))
        let ages = try work.holdfast(
            "archive", "run", work.ledger, work.path + "/tables", work.path + "/archive", "--older-than", "9d",
            "--delete-after", "8d")
        #expect(ages.status == .exited(2))
        let restore = try work.holdfast("archive", "restore", "a", "b", "--player", "p")
        #expect(restore.status == .exited(2) && restore.errors.contains("--tenant"))
    }
}
