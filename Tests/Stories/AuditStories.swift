import Foundation
import Testing
import WalletModel

@Suite("An auditor on the command line")
struct AuditStories {
    private static let commands = """
        {"op":"credit","tenant":"evian","player":"p1","request_id":"d1","asset":"BRL","amount":5000,"at":1000}
        {"op":"authorise","tenant":"evian","player":"p1","request_id":"b1","asset":"BRL","amount":1200,"at":2000}
        {"op":"confirm","tenant":"evian","player":"p1","request_id":"c1","target":"b1","at":3000}
        {"op":"credit","tenant":"evian","player":"p2","request_id":"d1","asset":"BRL","amount":1,"at":3000}
        {"op":"transfer","tenant":"evian","player":"p1","request_id":"t1","asset":"BRL","amount":800,"to":"p2","at":4000}

        """

    private func filled(lanes: Int = 2) throws -> Workplace {
        let work = try Workplace()
        try work.done("init", work.ledger, "--lanes", "\(lanes)", "--segment-mib", "1")
        try work.done("apply", work.ledger, "--clock", "given", input: Self.commands)
        return work
    }

    @Test("follows a request, a player and the ledger through time")
    func timeTravel() throws {
        let work = try filled()
        let story = try work.done("story", work.ledger, "evian", "p1", "b1", "--json").value()
        #expect(story["state"] == "confirmed")
        #expect(try work.done("story", work.ledger, "evian", "p1", "b1").output.contains("sha256"))
        let unknown = try work.holdfast("story", work.ledger, "evian", "p1", "b9")
        #expect(unknown.status == .exited(1) && unknown.errors.contains("knows no request b9"))

        let difference = try work.done("diff", work.ledger, "evian", "p1", "--from", "2000", "--json").value()
        #expect(difference["assets"]?["BRL"]?["balance_change"] == -2000)
        let whole = try work.done("diff", work.ledger, "--from", "position:0", "--to", "end", "--json").value()
        #expect(whole["events_after"] == 6 && whole["assets"]?["BRL"]?["balance_after"] == 3801)
        for wrong in [
            ["--from", "seq:1"], ["--from", "soon"], ["evian", "--from", "0"], ["--from", "2", "--to", "1"],
        ] {
            let result = try work.holdfast(["diff", work.ledger] + wrong)
            #expect(result.status == .exited(2), "\(wrong): \(result.errors)")
        }
        for (beyond, said) in [
            (["evian", "p1", "--from", "seq:99"], "has 4 events, not 99"),
            (["evian", "p1", "--from", "seq:1", "--to", "seq:99"], "has 4 events, not 99"),
            (["evian", "p1", "--from", "seq:1", "--to", "position:99"], "ends at position 6"),
            (["--from", "position:0", "--to", "position:99"], "ends at position 6"),
        ] {
            let result = try work.holdfast(["diff", work.ledger] + beyond)
            #expect(result.status == .exited(1) && result.errors.contains(said), "\(beyond): \(result.errors)")
        }
        #expect(try work.done("explain", work.ledger, "evian", "p1").output.contains("closing  30.00 BRL"))
        #expect(try work.holdfast("explain", work.ledger, "evian", "p9").status == .exited(1))

        // A sealed segment is packed anew: its events have no byte of their own in it, and nobody is told that they have.
        try work.done("seal", work.ledger)
        let lines = try work.done("story", work.ledger, "evian", "p1", "b1").output
        #expect(lines.contains("before it was sealed") && !lines.contains(" at byte "))
        let sealed = try work.done("story", work.ledger, "evian", "p1", "b1", "--json").value()
        guard case .array(let steps)? = sealed["steps"] else {
            Issue.record("the story has no steps: \(sealed)")
            return
        }
        #expect(steps.count == 2 && steps.allSatisfy { $0["sealed"] == true })
    }

    @Test("exports what events prints, and what a spreadsheet and an accountant can read")
    func exports() throws {
        let work = try filled()
        let events = try work.done("events", work.ledger).output
        #expect(try work.done("export", work.ledger, "--format", "jsonl").output == events)
        #expect(try work.done("export", work.ledger, "--format", "csv").output.hasPrefix("tenant_id,player_id,seq"))
        let journal = try work.done("export", work.ledger, "--format", "hledger", "--player", "p1").output
        #expect(journal.contains("wallets:evian:p1  -12.00 BRL = 38.00 BRL"))
        #expect(try work.holdfast("export", work.ledger, "--format", "jsonl", "--player", "p9").status == .exited(1))
        for format in ["jsonl", "csv", "hledger"] {
            let nobody = try work.holdfast("export", work.ledger, "--format", format, "--tenant", "nobody")
            #expect(nobody.status == .exited(1) && nobody.errors.contains("tenant nobody has no events"))
            try work.done("export", work.ledger, "--format", format, "--tenant", "evian", "--to", "1")
        }
        let typo = try work.holdfast("export", work.ledger, "--format", "hledgr")
        #expect(typo.status == .exited(2) && typo.errors.contains("did you mean hledger"))
        let gone = try work.shell("$HOLDFAST export $LEDGER --format csv | head -1")
        #expect(gone.errors == "")
    }

    @Test("reconciles a statement, hands a person their data, and writes pages")
    func papers() throws {
        let work = try filled()
        let statement = work.path + "/s.csv"
        try "request_id,player,amount\nd1,p1,5000\nc1,p1,1200\nt1,p1,800\nd1,p2,1\n"
            .write(toFile: statement, atomically: false, encoding: .utf8)
        #expect(try work.done("reconcile", work.ledger, "--against", statement).output.contains("4 matched"))
        try "request_id,player,amount\nd1,p1,5001\n".write(toFile: statement, atomically: false, encoding: .utf8)
        let differs = try work.holdfast("reconcile", work.ledger, "--against", statement, "--json")
        #expect(try differs.status == .exited(1) && differs.value()["counts"]?["differs"] == 1)
        #expect(try work.holdfast("reconcile", work.ledger, "--against", work.path + "/none").status == .exited(1))
        let typo = try work.holdfast("reconcile", work.ledger, "--against", statement, "--only", "wni")
        #expect(typo.status == .exited(2) && typo.output == "")
        #expect(typo.errors.contains("expected deposit, win,") && typo.errors.contains("did you mean win?"))
        try "request_id,amount,time\nd1,50,\(Int64.min)\n".write(toFile: statement, atomically: false, encoding: .utf8)
        let never = try work.holdfast("reconcile", work.ledger, "--against", statement)
        #expect(never.status == .exited(1) && never.errors.contains("line 2: "), "\(never.errors)")

        let person = work.path + "/p1.tar.gz"
        try work.done("export", work.ledger, "--tenant", "evian", "--player", "p1", "--person", person)
        #expect(try work.shell("tar tzf \(person)").output.contains("holdfast-person/manifest.json"))
        #expect(try work.holdfast("export", work.ledger, "--person", person).status == .exited(2))
        #expect(try work.holdfast("export", work.ledger).status == .exited(2))

        let page = work.path + "/p1.html"
        try work.done("explain", work.ledger, "evian", "p1", "--html", page, "--proofs", "2")
        #expect(try String(contentsOfFile: page, encoding: .utf8).contains("proof-3"))
        try work.done("story", work.ledger, "evian", "p1", "b1", "--html", page)
        #expect(try String(contentsOfFile: page, encoding: .utf8).contains("Request b1: confirmed"))
        let both = try work.holdfast("story", work.ledger, "evian", "p1", "b1", "--html", page, "--json")
        #expect(both.status == .exited(2))
        let report = work.path + "/audit.html"
        let audit = try work.done("audit", work.ledger, "--html", report, "--json").value()
        #expect(audit["ok"] == true && audit["verify"]?["events"] == 6 && audit["roots"] != .null)
        #expect(try String(contentsOfFile: report, encoding: .utf8).contains("no fault found"))
    }

    @Test("shows people what a terminal would obey, and leaves data as it is")
    func controls() throws {
        let work = try filled()
        let raw: [Unicode.Scalar] = ["\u{9B}", "\u{202E}", "\u{2066}"]
        let player = "p\u{9B}2J"
        let credit =
            #"{"op":"credit","tenant":"evian","player":"p\u009b2J","request_id":"b\u202e1","asset":"BRL","amount":7,"#
            + #""ref":"r\u2066x","at":5000}"#
        try work.done("apply", work.ledger, "--clock", "given", input: credit + "\n")
        for words in [
            ["explain", work.ledger, "evian", player], ["story", work.ledger, "evian", player, "b\u{202E}1"],
            ["diff", work.ledger, "evian", player, "--from", "0"],
        ] {
            let result = try work.holdfast(words)
            #expect(result.status == .exited(0) && result.output.contains(#"p\u{9B}2J"#), "\(words)")
            for character in raw { #expect(!result.output.unicodeScalars.contains(character), "\(words)") }
        }
        #expect(try work.done("explain", work.ledger, "evian", player).output.contains(#"(b\u{202E}1) [r\u{2066}x]"#))
        let history = try work.done("history", work.ledger, "evian", player).output
        #expect(history.unicodeScalars.contains("\u{202E}"))
        for words in [["explain", work.ledger, "evian", "\u{1B}[31mp"], ["\u{1B}[31m"], ["explain", "--\u{1B}[31m"]] {
            let result = try work.holdfast(words)
            #expect(result.errors.contains(#"\u{1B}[31m"#) && !result.errors.contains("\u{1B}"), "\(result.errors)")
        }
    }

    @Test("compares the log with its tables and its backup, and notices when either says otherwise")
    func comparisons() throws {
        let work = try filled()
        try work.done("tables", "sync", work.ledger, work.path + "/tables")
        try work.done("backup", work.ledger, work.path + "/backup")
        let others = ["--tables", work.path + "/tables", "--backup", work.path + "/backup"]
        for verb in ["verify", "replay"] {
            let report = try work.holdfast([verb, work.ledger] + others)
            #expect(report.status == .exited(0), "\(report.errors) \(report.output)")
            #expect(try report.value()["compared"] != nil)
        }
        let lane = work.path + "/backup/log/lane-00"
        let damage = try work.shell(
            "cd '\(lane)' && printf X | dd of=$(ls | grep log | head -1) bs=1 seek=4200 conv=notrunc 2>&1")
        #expect(damage.status == .exited(0), "\(damage.output)")
        let report = try work.holdfast(["verify", work.ledger] + others)
        #expect(report.status == .exited(1), "\(report.output)")
        #expect(report.output.contains("\"check\":\"backup\""))
    }
}
