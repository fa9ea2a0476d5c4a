import Foundation
import Testing
import WalletModel

@Suite("holdfast verify on a damaged ledger")
struct DamageStories {
    private func workplace() throws -> Workplace {
        let work = try Workplace()
        try work.done("init", work.ledger, "--lanes", "2", "--segment-mib", "1")
        for part in 0..<5 {
            try work.done("apply", work.ledger, "--batch", "20", input: Lines.credits(part * 100..<part * 100 + 100))
        }
        #expect(try work.done("verify", work.ledger).value()["ok"] == true)
        return work
    }

    private func flip(_ offset: UInt64, of file: String) throws {
        let handle = try #require(FileHandle(forUpdatingAtPath: file))
        try handle.seek(toOffset: offset)
        let byte = try #require(try handle.read(upToCount: 1)?.first)
        try handle.seek(toOffset: offset)
        try handle.write(contentsOf: Data([byte ^ 0x10]))
        try handle.close()
    }

    @Test("names the file and the place of a flipped bit", arguments: [4096 + 200, 10_000, 20_000] as [UInt64])
    func flippedBit(offset: UInt64) throws {
        let work = try workplace()
        let file = work.ledger + "/lane-01/0000000000.log"
        try flip(offset, of: file)
        for options in [[], ["--deep"]] {
            let result = try work.holdfast(["verify", work.ledger] + options)
            #expect(result.status == .exited(1))
            let report = try result.value()
            #expect(report["ok"] == false)
            guard case .array(let faults)? = report["faults"] else {
                Issue.record("the report has a list of faults")
                return
            }
            let fault = try #require(faults.first)
            #expect(fault["file"] == .string(file))
            let place = try #require(fault["offset"]?.integer)
            #expect(place > 0 && place <= offset && offset < place + 16_384, "the batch at \(place) holds \(offset)")
            #expect(fault["found"]?.string?.isEmpty == false)
        }
        // Nobody works on with it, and nothing is made worse.
        let apply = try work.holdfast("apply", work.ledger, input: Lines.credit("p1", 1, "late"))
        #expect(apply.status == .exited(1))
        #expect(apply.output == "")
        #expect(apply.errors.contains(file))
        try flip(offset, of: file)
        #expect(try work.done("verify", work.ledger).value()["ok"] == true, "as it was before")
    }

    @Test("names a segment that is missing, and one that is cut short")
    func missingSegment() throws {
        for change in ["rm", "truncate -s 8192"] {
            let work = try workplace()
            let file = work.ledger + "/lane-01/0000000000.log"
            #expect(try work.shell("\(change) '\(file)'").status == .exited(0))
            let result = try work.holdfast("verify", work.ledger)
            #expect(result.status == .exited(1))
            #expect((result.output + result.errors).contains("/lane-01"), "\(result.output)\(result.errors)")
        }
    }

    @Test(
        "reports in JSON whatever is gone",
        arguments: [
            ("rm -rf $LEDGER/lane-01", "lane-01"), ("rm -rf $LEDGER/lane-01; touch $LEDGER/lane-01", "lane-01"),
            ("rm $LEDGER/lane-01/*.log; mkdir $LEDGER/lane-01/0000000000.log", "0000000000.log"),
            ("rm $LEDGER/manifest", "ledger"), (": > $LEDGER/manifest", "manifest"),
            ("rm $LEDGER/lane-00/*", "lane-00"),
        ])
    func alwaysAReport(harm: String, file: String) throws {
        let work = try workplace()
        try work.done("snapshot", work.ledger)
        #expect(try work.shell(harm).status == .exited(0))
        for words in [["verify", work.ledger], ["verify", work.ledger, "--deep"], ["audit", work.ledger, "--json"]] {
            let result = try work.holdfast(words)
            #expect(result.status == .exited(1))
            let report = try result.value()
            #expect(report["ok"] == false)
            guard case .array(let faults)? = (report["verify"] ?? report)["faults"], let fault = faults.first else {
                Issue.record("the report has a list of faults: \(result.output)")
                continue
            }
            let named = try #require(fault["file"]?.string, "\(result.output)")
            #expect(named.hasPrefix(work.ledger) && named.contains(file))
            #expect(!result.output.contains("holdfast verify"), "that is what runs already")
        }
    }

    @Test("tells of the log also where the archive can't be compared with it")
    func archiveDamaged() throws {
        let work = try workplace()
        let (tables, archive) = (work.path + "/tables", work.path + "/archive")
        try work.done("tables", "sync", work.ledger, tables, "--shards", "1")
        try work.done("archive", "run", work.ledger, tables, archive, "--now", "2030-01-01T00:00:00Z")
        let first = archive + "/_metadata/version-000000000001.json"
        #expect(FileManager.default.fileExists(atPath: first))
        let good = try work.done("archive", "verify", archive).value()
        #expect(good["files"] != 0)
        // The manifest's other name has what it says, until that is damaged too.
        for (harm, files) in [
            ("rm '\(first)'", good["files"]), ("printf X > '\(first)'", good["files"]),
            ("printf X | tee '\(archive)'/_metadata/snapshot-*", 0),
        ] {
            #expect(try work.shell(harm).status == .exited(0))
            let result = try work.holdfast("verify", work.ledger, "--archive", archive)
            let report = try result.value()
            #expect(result.status == .exited(1) && report["events"] == 500 && report["fault_count"] == 1)
            #expect(result.output.contains(#""check":"archive","file":"\#(first)""#), "\(result.output)")

            let archived = try work.holdfast("archive", "verify", archive)
            #expect(archived.status == .exited(1) && archived.errors == "")
            let found = try archived.value()
            #expect(found["ok"] == false && found["files"] == files, "\(archived.output)")
            #expect(archived.output.contains(#""file":"\#(first)""#), "\(archived.output)")
            #expect(!archived.output.contains("archive verify") && !archived.output.contains("archive expire"))
        }
    }

    @Test("puts the place of damage to a backup's file into the fields for it")
    func backupDamaged() throws {
        let work = try workplace()
        let backup = work.path + "/backup"
        try work.done("backup", work.ledger, backup)
        let file = backup + "/log/lane-01/0000000000.log"
        for harm in ["truncate -s 8192", "rm"] {
            #expect(try work.shell("\(harm) '\(file)'").status == .exited(0))
            let result = try work.holdfast("verify", work.ledger, "--backup", backup)
            let offset = harm == "rm" ? 0 : 8192
            #expect(result.status == .exited(1))
            #expect(
                result.output.contains(#""check":"backup","file":"\#(file)","offset":\#(offset),"#), "\(result.output)")
        }
        try "nonsense".write(toFile: backup + "/backup", atomically: false, encoding: .utf8)
        let result = try work.holdfast("verify", work.ledger, "--backup", backup)
        #expect(try result.status == .exited(1) && result.value()["events"] == 500)
        #expect(result.output.contains(#""check":"backup","file":"\#(backup)/backup""#), "\(result.output)")
    }

    @Test("passes over a damaged snapshot, and says so")
    func snapshot() throws {
        let work = try workplace()
        try work.done("snapshot", work.ledger)
        let folder = work.ledger + "/lane-00"
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
        let name = try #require(names.first { $0.hasPrefix("snapshot-") })
        try flip(200, of: folder + "/" + name)
        let result = try work.holdfast("verify", work.ledger)
        #expect(result.status == .exited(1))
        #expect(result.output.contains(#""check":"snapshot","file":"\#(folder)/\#(name)","offset":"#))
        #expect(!result.output.contains(#""offset":null"#) && !result.output.contains("holdfast verify"))
        // It is a shortcut only: all the rest goes on without it.
        #expect(try work.done("balance", work.ledger, "evian", "p1").value()["seq"] == 10)
        #expect(try work.done("apply", work.ledger, input: Lines.credit("p1", 1, "late")).value()["seq"] == 11)
    }
}
