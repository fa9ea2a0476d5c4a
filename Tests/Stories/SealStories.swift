import Foundation
import Testing
import WalletModel

/// What `holdfast seal` leaves answers as it did before.
@Suite("holdfast seal")
struct SealStories {
    @Test("leaves history, balances and events as they were, and the ledger goes on behind it", arguments: [1, 2])
    func sameAnswers(lanes: Int) throws {
        let work = try Workplace()
        try work.done("init", work.ledger, "--lanes", "\(lanes)", "--segment-mib", "1")
        let first = try work.done("apply", work.ledger, input: Lines.credits(0..<9_000))
        #expect(first.lines.count == 9_000)
        func answers() throws -> [String] {
            [
                try work.done("events", work.ledger).output,
                try work.done("history", work.ledger, "evian", "p7").output,
                try work.done("history", work.ledger, "evian", "p7", "--backwards", "--limit", "3").output,
                try work.done("balance", work.ledger, "evian", "p9", "--at-seq", "40").output,
                try work.done("replay", work.ledger).output,
            ]
        }
        let before = try answers()
        let plainly = try readLog(work)
        try work.done("seal", work.ledger)
        #expect(try readLog(work) == plainly, "the second reader, in Python")
        #expect(try work.done("seal", work.ledger).output == "", "nothing is left to seal")
        #expect(try answers() == before)
        let segments = try #require(try work.done("stats", work.ledger, "--json").value()["segments"])
        #expect(segments["open"]?.integer == 0)
        #expect(try work.done("verify", work.ledger, "--deep").value()["ok"] == true)
        // What a segment had room for is not what its events take.
        let bytes = try work.done("stats", work.ledger, "--json").value()
        let taken = ["bytes_per_event_sealed", "bytes_per_event", "bytes_per_event_open"].map { bytes[$0]?.figure ?? 0 }
        #expect(taken[0] > 0 && taken[0] == taken[1] && taken[1] < taken[2] && taken[2] < 300, "\(taken)")
        // A retry of what is sealed by now gets the first answer again.
        let again = try work.done("apply", work.ledger, input: Lines.credit("p7", 1, "d7")).value()
        #expect(again["duplicate"] == true && again["seq"]?.integer == 1)
        let more = try work.done("apply", work.ledger, input: Lines.credit("p7", 1, "new")).value()
        #expect(more["seq"]?.integer == 181)
        #expect(try work.done("history", work.ledger, "evian", "p7").lines.count == 181)
        #expect(try work.done("verify", work.ledger).value()["ok"] == true)
    }

    /// What tools/read-log makes of the ledger's files.
    private func readLog(_ work: Workplace) throws -> [String] {
        let tool = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "tools/read-log").path()
        let result = try work.shell("python3 '\(tool)' '\(work.ledger)'")
        #expect(result.status == .exited(0), "\(result.errors)")
        return result.lines
    }

    @Test("names a damaged sealed segment")
    func damage() throws {
        let work = try Workplace()
        try work.done("init", work.ledger)
        try work.done("apply", work.ledger, input: Lines.credits(0..<300))
        try work.done("seal", work.ledger)
        let file = work.ledger + "/lane-00/0000000000.sealed"
        #expect(
            try work.shell("printf x | dd of='\(file)' bs=1 seek=2000 conv=notrunc 2>/dev/null").status == .exited(0))
        let result = try work.holdfast("verify", work.ledger)
        #expect(result.status == .exited(1))
        guard case .array(let faults)? = try result.value()["faults"] else { return }
        #expect(faults.first?["file"] == .string(file))
    }
}

extension JSONValue {
    fileprivate var figure: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .real(let value): value
        default: nil
        }
    }
}
