import Foundation
import Testing
import WalletModel

@Suite("A ledger on the command line")
struct LedgerStories {
    /// The example of the domain's page, and a little more.
    private static let commands = """
        {"op":"credit","tenant":"evian","player":"p1","request_id":"d1","asset":"BRL","amount":5000,"at":1000}
        {"op":"authorise","tenant":"evian","player":"p1","request_id":"b1","asset":"BRL","amount":1200,"ref":"crash/991","at":2000}
        {"op":"confirm","tenant":"evian","player":"p1","request_id":"c1","target":"b1","at":3000}
        {"op":"credit","tenant":"evian","player":"p2","request_id":"d1","asset":"BRL","amount":1,"at":3000}
        {"op":"transfer","tenant":"evian","player":"p1","request_id":"t1","asset":"BRL","amount":800,"to":"p2","at":4000}
        {"op":"exchange","tenant":"evian","player":"p2","request_id":"x1","asset":"BRL","amount":100,"to_asset":"JPY","rate":{"num":30,"den":1},"at":5000}
        {"op":"authorise","tenant":"evian","player":"p2","request_id":"b2","asset":"JPY","amount":50,"ttl_ms":2000,"at":6000}

        """

    private func filled(lanes: Int) throws -> Workplace {
        let work = try Workplace()
        try work.done("init", work.ledger, "--lanes", "\(lanes)", "--segment-mib", "1")
        try work.done("apply", work.ledger, "--clock", "given", input: Self.commands)
        return work
    }

    @Test("is created, fed, read, snapshotted, verified and replayed", arguments: [1, 3])
    func wholeLife(lanes: Int) throws {
        let work = try Workplace()
        #expect(try work.done("init", work.ledger, "--lanes", "\(lanes)", "--segment-mib", "1").output == "")
        let answers = try work.done("apply", work.ledger, "--clock", "given", input: Self.commands).values()
        #expect(answers.count == 7)
        #expect(
            answers[1] == [
                "ok": true, "event": "authorised", "amount": 1200, "seq": 2, "asset": "BRL", "balance": 5000,
                "held": 1200, "available": 3800, "expires_at": 32000,
            ])
        let wallet: JSONValue = [
            "tenant": "evian", "player": "p2", "seq": 4, "locked": false,
            "assets": [
                "BRL": ["balance": 701, "held": 0, "available": 701],
                "JPY": ["balance": 3000, "held": 50, "available": 2950],
            ],
            "holds": [["request_id": "b2", "asset": "JPY", "amount": 50, "expires_at": 8000]],
        ]
        #expect(try work.done("balance", work.ledger, "evian", "p2").value() == wallet)

        let stats = try work.done("stats", work.ledger, "--json").value()
        #expect(stats["players"] == 2 && stats["events"] == 8 && stats["position"] == 8)
        #expect(stats["open_holds"] == 1 && stats["last_snapshot"] == .null)
        #expect(stats["segments"]?["sealed"] == 0)
        #expect(try work.done("stats", work.ledger).output.contains("players"))

        try work.done("snapshot", work.ledger)
        #expect(try work.done("stats", work.ledger, "--json").value()["last_snapshot"]?.string != nil)
        #expect(try work.done("balance", work.ledger, "evian", "p2").value() == wallet)
        for depth in [[], ["--deep"]] {
            let report = try work.holdfast(["verify", work.ledger] + depth)
            #expect(report.status == .exited(0), "\(report.errors)")
            #expect(try report.value()["ok"] == true)
            #expect(try report.value()["events"] == 8)
            #expect(try report.value()["faults"] == [])
        }
        let totals = try work.done("replay", work.ledger).value()
        #expect(totals["assets"]?["BRL"] == ["balance": 3701, "held": 0])
        #expect(totals["assets"]?["JPY"] == ["balance": 3000, "held": 50])

        // It goes on after the snapshot; the hold falls back with time.
        let later = Lines.credit("p2", 9, "d2", at: 8000)
        #expect(try work.done("apply", work.ledger, "--clock", "given", input: later).value()["seq"] == 6)
        #expect(try work.done("balance", work.ledger, "evian", "p2").value()["holds"] == [])
    }

    @Test("gives a player's history as rows, from either end", arguments: [1, 3])
    func history(lanes: Int) throws {
        let work = try filled(lanes: lanes)
        let rows = try work.done("history", work.ledger, "evian", "p2").values()
        #expect(
            rows.compactMap { $0["event"]?.string } == ["credited", "received", "exchanged", "exchanged", "authorised"])
        #expect(rows.compactMap { $0["seq"]?.integer } == [1, 2, 3, 3, 4])
        #expect(rows[2]["balance_delta"] == -100 && rows[3]["balance_delta"] == 3000)
        #expect(
            rows[0].members?.map(\.key) == [
                "tenant_id", "player_id", "seq", "position", "event", "asset", "amount", "balance_delta", "held_delta",
                "balance_after", "held_after", "request_id", "target", "kind", "ref", "error", "created_at",
            ])
        #expect(rows[0]["kind"] == "deposit" && rows[0]["created_at"] == 3000 && rows[0]["target"] == .null)
        func seqs(_ options: String...) throws -> [Int64] {
            try work.holdfast(["history", work.ledger, "evian", "p1"] + options).values().compactMap {
                $0["seq"]?.integer
            }
        }
        #expect(try seqs() == [1, 2, 3, 4])
        #expect(try seqs("--backwards") == [4, 3, 2, 1])
        #expect(try seqs("--from", "2", "--limit", "2") == [2, 3])
        #expect(try seqs("--backwards", "--from", "3", "--limit", "2") == [3, 2])
        #expect(try seqs("--limit", "0") == [])
    }

    @Test("gives all events in the order of the log", arguments: [1, 3])
    func events(lanes: Int) throws {
        let work = try filled(lanes: lanes)
        let rows = try work.done("events", work.ledger).values()
        #expect(rows.count == 9, "eight events, and the exchange is two rows")
        let positions = rows.compactMap { $0["position"]?.integer }
        #expect(positions == positions.sorted() && Set(positions) == Set(1...8))
        let some = try work.done("events", work.ledger, "--from", "3", "--limit", "2").values()
        #expect(some.compactMap { $0["position"]?.integer } == [3, 4])
        #expect(try work.done("events", work.ledger, "--from", "100").output == "")
    }

    @Test("gives a wallet as it was after an event and at a time", arguments: [1, 3])
    func past(lanes: Int) throws {
        let work = try filled(lanes: lanes)
        func balance(_ options: String...) throws -> JSONValue {
            try work.holdfast(["balance", work.ledger, "evian", "p1"] + options).value()
        }
        #expect(try balance("--at-seq", "1")["assets"]?["BRL"] == ["balance": 5000, "held": 0, "available": 5000])
        #expect(try balance("--at-seq", "2")["assets"]?["BRL"] == ["balance": 5000, "held": 1200, "available": 3800])
        #expect(try balance("--at-seq", "4") == balance())
        #expect(try balance("--as-of", "1999")["seq"] == 1)
        #expect(try balance("--as-of", "1970-01-01T00:00:02Z")["seq"] == 2)
        #expect(try balance("--as-of", "1970-01-01T00:00:02.999Z") == balance("--as-of", "2999"))
        // A hold that had ended by then has fallen back, although no event says so yet.
        let held = try work.done("balance", work.ledger, "evian", "p2", "--as-of", "7999").value()
        #expect(held["assets"]?["JPY"]?["held"] == 50)
        let ended = try work.done("balance", work.ledger, "evian", "p2", "--as-of", "8000").value()
        #expect(ended["assets"]?["JPY"]?["held"] == 0)
        #expect(ended["holds"] == [])
        let before = try work.holdfast("balance", work.ledger, "evian", "p1", "--as-of", "999")
        #expect(before.status == .exited(1) && before.output == "" && before.errors.contains("p1"))
        let beyond = try work.holdfast("balance", work.ledger, "evian", "p1", "--at-seq", "5")
        #expect(beyond.status == .exited(1) && beyond.errors.contains("4 events"))
    }

    @Test("is replayed into a sorted file of the balances that it gives", arguments: [1, 3])
    func replay(lanes: Int) throws {
        let work = try Workplace()
        try work.done("init", work.ledger, "--lanes", "\(lanes)", "--segment-mib", "1")
        let input = Lines.credits(0..<500, players: 12) + Lines.credit("ü", 5, "d") + Lines.credit("P", 5, "d")
        try work.done("apply", work.ledger, input: input)
        let into = work.path + "/balances.ndjson"
        let totals = try work.done("replay", work.ledger, "--into", into).value()
        let lines = try String(contentsOfFile: into, encoding: .utf8).split(separator: "\n").map(String.init)
        let purses = try lines.map { try JSONValue(parsing: $0) }
        #expect(purses.count == 14)
        let players = purses.compactMap { $0["player"]?.string.map { Array($0.utf8) } }
        #expect(players == players.sorted { $0.lexicographicallyPrecedes($1) })
        #expect(purses.reduce(0) { $0 + ($1["balance"]?.integer ?? 0) } == 510)
        #expect(totals["assets"]?["BRL"] == ["balance": 510, "held": 0])
        for purse in purses {
            let player = try #require(purse["player"]?.string)
            let wallet = try work.done("balance", work.ledger, "evian", player).value()
            #expect(wallet["assets"]?["BRL"]?["balance"] == purse["balance"])
        }
        #expect(purses[0].members?.map(\.key) == ["tenant", "player", "asset", "balance", "held"])
    }

    @Test("declares assets of its own")
    func assets() throws {
        let work = try Workplace()
        try work.done("init", work.ledger, "--asset", "SKU1=0", "--asset", "GOLD=4", "--segment-mib", "1")
        let answers = try work.done(
            "apply", work.ledger,
            input: ["SKU1", "GOLD", "GOLD.gift", "SKU2"].enumerated().map { number, asset in
                Lines.credit("p1", 1, "d\(number)").replacing("BRL", with: asset)
            }.joined()
        ).values()
        #expect(answers.map { $0["ok"] == true } == [true, true, true, false])
        #expect(answers[3]["error"] == "unknown_asset")
    }
}
