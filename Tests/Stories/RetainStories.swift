import Foundation
import Testing
import WalletModel

/// Giving up old segments, as an operator meets it.
@Suite("holdfast retain")
struct RetainStories {
    private static let long: Int64 = 1_763_683_200_000
    static let late: Int64 = 1_801_000_000_000

    /// A ledger whose first events are more than a year older than its last ones, in sealed segments, and archived. What
    /// comes `after` is in neither tables nor archive yet.
    static func filled(after: String? = nil) throws -> (work: Workplace, archive: String) {
        let work = try Workplace()
        try work.done("init", work.ledger, "--segment-mib", "1")
        let lines = (0..<200).map { Lines.credit("p\($0 % 7)", $0 + 1, "d\($0)", at: Self.long + Int64($0) * 600_000) }
        try work.done("apply", work.ledger, "--clock", "given", input: lines.joined())
        try work.done("seal", work.ledger)
        let more = (0..<20).map { Lines.credit("p\($0 % 5)", 1, "n\($0)", at: Self.late + Int64($0)) }
        try work.done("apply", work.ledger, "--clock", "given", input: more.joined())
        let (tables, archive) = (work.path + "/tables", work.path + "/archive")
        try work.done("tables", "sync", work.ledger, tables, "--shards", "2")
        try work.done("archive", "run", work.ledger, tables, archive, "--now", "2027-06-01T00:00:00Z")
        if let after { try work.done("apply", work.ledger, "--clock", "given", input: after) }
        for _ in 0..<2 { try work.done("snapshot", work.ledger) }
        return (work, archive)
    }

    @Test("gives up what is archived, keeps every balance, and says where the edge is")
    func givesUp() throws {
        let (work, archive) = try Self.filled()
        let arguments = ["retain", work.ledger, "--archive", archive, "--older-than", "400d"]
        let balances = try (0..<7).map { try work.done("balance", work.ledger, "evian", "p\($0)").output }
        let before = try work.done("prove", work.ledger, "evian", "p3", "1").output
        let own = try work.done("history", work.ledger, "evian", "p3").lines
        let roots = try work.done("roots", work.ledger).output
        let foreseen = try work.holdfast(arguments + ["--dry-run"])
        #expect(try foreseen.status == .exited(0) && foreseen.value()["segments"] == 1, "\(foreseen.errors)")
        #expect(try work.holdfast(arguments).value()["segments"] == 1)
        #expect(!FileManager.default.fileExists(atPath: work.ledger + "/lane-00/0000000000.sealed"))
        #expect(try (0..<7).map { try work.done("balance", work.ledger, "evian", "p\($0)").output } == balances)
        // What was shown before still holds, and the trees are as they were.
        try before.write(toFile: work.path + "/proof.json", atomically: false, encoding: .utf8)
        try work.done("prove", "--check", work.path + "/proof.json")
        #expect(try work.done("roots", work.ledger).output == roots)
        // The edge.
        let history = try work.holdfast("history", work.ledger, "evian", "p3")
        #expect(history.status == .exited(0) && history.lines.count == 4 && history.errors.contains("given up"))
        let ask = ["history", work.ledger, "evian", "p3", "--archive", archive]
        #expect(try work.holdfast(ask).lines == own && own.count > 4, "the archive has the rest")
        #expect(try work.holdfast(ask + ["--backwards"]).lines == own.reversed())
        #expect(try work.holdfast(ask + ["--from", "2", "--limit", "3"]).lines == Array(own[1..<4]))
        #expect(try work.holdfast(ask).errors == "")
        let events = try work.holdfast("events", work.ledger)
        #expect(events.status == .exited(0) && events.lines.count == 20 && events.errors.contains("given up"))
        for arguments in [
            ["events", work.ledger, "--from", "1"], ["balance", work.ledger, "evian", "p3", "--at-seq", "2"],
            ["prove", work.ledger, "evian", "p3", "1"],
            ["diff", work.ledger, "--from", "2026-01-01T00:00:00Z", "--to", "end"],
        ] {
            let result = try work.holdfast(arguments)
            #expect(result.status == .exited(1) && result.errors.contains("given up"), "\(result.errors)")
        }
        try audited(work, archive)
        // It goes on: a target of long ago is unknown, and leaves a tombstone.
        let line =
            #"{"op":"rollback","tenant":"evian","player":"p3","request_id":"r","target":"d3","at":\#(Self.late + 99)}"#
        let answer = try work.done("apply", work.ledger, "--clock", "given", input: line + "\n").value()
        #expect(answer["event"] == "tombstoned" && answer["amount"] == 0)
        #expect(try work.holdfast(arguments).value()["segments"] == 0, "there is nothing more")
        // A backup of it can be restored.
        let (copies, again) = (work.path + "/copies", work.path + "/again")
        try work.done("backup", work.ledger, copies)
        try work.done("restore", copies, again)
        #expect(try work.done("balance", again, "evian", "p6").output == balances[6])
    }

    /// What is left can be audited, and a person's data are whole with the archive.
    private func audited(_ work: Workplace, _ archive: String) throws {
        for verb in ["verify", "replay"] {
            let report = try work.holdfast(verb, work.ledger)
            #expect(report.status == .exited(0), "\(report.output)")
        }
        let statement = try work.done("explain", work.ledger, "evian", "p3").output
        #expect(statement.contains("before seq 30 were given up") && statement.contains("opening"))
        let (part, whole) = (work.path + "/part.tar.gz", work.path + "/whole.tar.gz")
        let arguments = ["export", work.ledger, "--tenant", "evian", "--player", "p3", "--person"]
        #expect(try work.holdfast(arguments + [part]).errors.contains("--archive takes them in"))
        #expect(try work.holdfast(arguments + [whole, "--archive", archive]).status == .exited(0))
        let rows = try work.shell("tar xzOf '\(whole)' holdfast-person/events.jsonl").lines
        #expect(rows.count == 33 && rows.first?.contains("\"seq\":1,") == true)
        #expect(try work.shell("tar xzOf '\(whole)' holdfast-person/events.csv | wc -l").output.contains("34"))
        #expect(try work.shell("tar xzOf '\(part)' holdfast-person/events.jsonl").lines.count == 4)
        let manifest = try work.shell("tar xzOf '\(whole)' holdfast-person/manifest.json").value()
        #expect(manifest["first_seq"] == 1 && manifest["events"] == 33)
    }

    @Test("wrong use is explained, and nothing goes")
    func wrongUse() throws {
        let (work, archive) = try Self.filled()
        for arguments in [
            ["retain", work.ledger], ["retain", work.ledger, "--archive", archive],
            ["retain", work.ledger, "--older-than", "400d"], ["retain"],
        ] {
            #expect(try work.holdfast(arguments).status == .exited(2))
        }
        for (archive, age, words) in [
            (work.path + "/none", "400d", "is not an archive"), (archive, "7d", "the last 31 days"),
        ] {
            let result = try work.holdfast("retain", work.ledger, "--archive", archive, "--older-than", age)
            #expect(result.status == .exited(1) && result.errors.contains(words), "\(result.errors)")
        }
        #expect(FileManager.default.fileExists(atPath: work.ledger + "/lane-00/0000000000.sealed"))
        #expect(try work.done("verify", work.ledger).value()["ok"] == true)
    }
}
