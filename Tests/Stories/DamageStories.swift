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
        #expect(result.output.contains(name))
        // It is a shortcut only: all the rest goes on without it.
        #expect(try work.done("balance", work.ledger, "evian", "p1").value()["seq"] == 10)
        #expect(try work.done("apply", work.ledger, input: Lines.credit("p1", 1, "late")).value()["seq"] == 11)
    }
}
