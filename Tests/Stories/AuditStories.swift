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
        for wrong in [["--from", "seq:1"], ["--from", "soon"], ["evian", "--from", "0"], ["--from", "2", "--to", "1"]] {
            let result = try work.holdfast(["diff", work.ledger] + wrong)
            #expect(result.status == .exited(2), "\(wrong): \(result.errors)")
        }
        #expect(try work.done("explain", work.ledger, "evian", "p1").output.contains("closing  30.00 BRL"))
        #expect(try work.holdfast("explain", work.ledger, "evian", "p9").status == .exited(1))
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
        let typo = try work.holdfast("export", work.ledger, "--format", "hledgr")
        #expect(typo.status == .exited(2) && typo.errors.contains("did you mean hledger"))
        let gone = try work.shell("$HOLDFAST export $LEDGER --format csv | head -1")
        #expect(gone.errors == "")
    }
}
