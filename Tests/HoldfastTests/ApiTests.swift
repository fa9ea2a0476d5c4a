import Holdfast
import HoldfastLog
import HoldfastTestSupport
import Testing

import enum HoldfastWallet.Refusal

/// What a program that embeds the ledger calls, with nothing but the public surface.
@Suite("The public calls")
struct ApiTests {
    private let player = Player("p1", of: "evian")

    @Test("do what the example on Ledger says")
    func example() async throws {
        let directory = TemporaryDirectory()
        let ledger = try await Ledger.open(at: directory.path + "/ledger")
        let player = Player("p1", of: "evian")
        try await ledger.credit(player, asset: "BRL", amount: 5_000, requestID: "d1")
        try await ledger.authorise(player, asset: "BRL", amount: 1_200, requestID: "b1")
        let answer = try await ledger.confirm(player, target: "b1", requestID: "c1")
        #expect(answer.accepted?.funds?.balance == 3_800)
        await ledger.close()
    }

    @Test("answer each command with its event, what moved, the seq and the funds after it")
    func accepted() async throws {
        try await withLedger { ledger in
            func expect(
                _ answer: Answer, _ event: EventKind, _ amount: Int64, seq: UInt64, _ funds: String?,
                at location: SourceLocation = #_sourceLocation
            ) {
                let accepted = answer.accepted
                #expect(accepted?.event == event, sourceLocation: location)
                #expect(accepted?.amount == amount, sourceLocation: location)
                #expect(accepted?.seq == seq, sourceLocation: location)
                #expect(accepted?.isDuplicate == false, sourceLocation: location)
                let text = accepted?.funds.map { "\($0.asset) \($0.balance) \($0.held) \($0.available)" }
                #expect(text == funds, sourceLocation: location)
            }
            try await ledger.credit(Player("p2", of: "evian"), asset: "BRL", amount: 0, requestID: "d")
            expect(
                try await ledger.credit(player, asset: "BRL", amount: 5_000, requestID: "d1", kind: .promo, ref: "x"),
                .credited, 5_000, seq: 1, "BRL 5000 0 5000")
            expect(
                try await ledger.debit(player, asset: "BRL", amount: 500, requestID: "w1", kind: .withdrawal),
                .debited, 500, seq: 2, "BRL 4500 0 4500")
            let hold = try await ledger.authorise(
                player, asset: "BRL", amount: 1_000, requestID: "b1", ttlMilliseconds: 60_000, ref: "round/1")
            expect(hold, .authorised, 1_000, seq: 3, "BRL 4500 1000 3500")
            expect(
                try await ledger.confirm(player, target: "b1", requestID: "c1", amount: 400),
                .confirmed, 400, seq: 4, "BRL 4100 0 4100")
            expect(
                try await ledger.rollback(player, target: "b1", requestID: "r1"),
                .rolledBack, 400, seq: 5, "BRL 4500 0 4500")
            expect(
                try await ledger.transfer(player, to: "p2", asset: "BRL", amount: 100, requestID: "t1"),
                .transferred, 100, seq: 6, "BRL 4400 0 4400")
            let exchanged = try await ledger.exchange(
                player, asset: "BRL", amount: 100, to: "BRL.bonus", numerator: 3, denominator: 2, requestID: "x1")
            expect(exchanged, .exchanged, 100, seq: 7, "BRL 4300 0 4300")
            #expect(exchanged.accepted?.received?.asset == "BRL.bonus")
            #expect(exchanged.accepted?.received?.amount == 150)
            #expect(exchanged.accepted?.received?.balance == 150)
            expect(
                try await ledger.lock(player, requestID: "l1", reason: "asked for a break"), .locked, 0, seq: 8, nil)
            expect(try await ledger.unlock(player, requestID: "l2"), .unlocked, 0, seq: 9, nil)
            expect(
                try await ledger.rollback(player, target: "never", requestID: "r2"), .tombstoned, 0, seq: 10, nil)
            expect(
                try await ledger.rollback(player, target: "d1", requestID: "r3", force: true),
                .rolledBack, 5_000, seq: 11, "BRL -700 0 -700")

            let event = try #require(try await ledger.history(of: player, from: 3, limit: 1).first)
            #expect(hold.accepted?.expiresAt == event.time + 60_000)
        }
    }

    @Test("refuse as values, with the code, the funds and the seq of the record")
    func refused() async throws {
        try await withLedger { ledger in
            func refused(_ answer: Answer) -> Refused? {
                if case .refused(let refused) = answer { refused } else { nil }
            }
            let unknown = refused(try await ledger.debit(player, asset: "BRL", amount: 1, requestID: "b0"))
            #expect(unknown?.refusal == .unknownPlayer)
            #expect(unknown?.seq == nil && unknown?.funds == nil && unknown?.field == nil)
            try await ledger.credit(player, asset: "BRL", amount: 10, requestID: "d1")

            let poor = refused(try await ledger.debit(player, asset: "BRL", amount: 11, requestID: "b1"))
            #expect(poor?.refusal == .insufficientFunds)
            #expect(poor?.seq == 2)
            #expect(poor?.funds?.balance == 10)
            #expect(poor?.isDuplicate == false)
            // However the funds have changed since, the retry gets the same answer.
            try await ledger.credit(player, asset: "BRL", amount: 10, requestID: "d2")
            let again = refused(try await ledger.debit(player, asset: "BRL", amount: 11, requestID: "b1"))
            #expect(again?.refusal == .insufficientFunds)
            #expect(again?.seq == 2)
            #expect(again?.funds?.balance == 10)
            #expect(again?.isDuplicate == true)

            try await ledger.lock(player, requestID: "l1")
            #expect(try await ledger.debit(player, asset: "BRL", amount: 1, requestID: "b2").refusal == .playerLocked)
            #expect(try await ledger.credit(player, asset: "ZZZZ", amount: 1, requestID: "d3").refusal == .unknownAsset)
            #expect(try await ledger.confirm(player, target: "b9", requestID: "c1").refusal == .unknownTarget)
            #expect(try await ledger.confirm(player, target: "d1", requestID: "c2").refusal == .invalidTarget)
            #expect(
                try await ledger.transfer(player, to: "nobody", asset: "BRL", amount: 1, requestID: "t1").refusal
                    == .unknownRecipient)
            #expect(try await ledger.rollback(player, target: "b9", requestID: "r1").accepted?.event == .tombstoned)
            #expect(try await ledger.credit(player, asset: "BRL", amount: 1, requestID: "b9").refusal == .rolledBack)
        }
    }

    @Test(
        "name the field of a malformed request",
        arguments: [
            ("tenant", Command.credit(Player("p1", of: "Evian"), asset: "BRL", amount: 1, requestID: "d")),
            ("player", .credit(Player("", of: "evian"), asset: "BRL", amount: 1, requestID: "d")),
            ("player", .credit(Player("a\u{0}", of: "evian"), asset: "BRL", amount: 1, requestID: "d")),
            (
                "request_id",
                .credit(
                    Player("p1", of: "evian"), asset: "BRL", amount: 1, requestID: String(repeating: "x", count: 65))
            ),
            ("asset", .credit(Player("p1", of: "evian"), asset: "brl", amount: 1, requestID: "d")),
            ("amount", .debit(Player("p1", of: "evian"), asset: "BRL", amount: 0, requestID: "d")),
            ("amount", .credit(Player("p1", of: "evian"), asset: "BRL", amount: -1, requestID: "d")),
            ("amount", .credit(Player("p1", of: "evian"), asset: "BRL", amount: 9_007_199_254_740_992, requestID: "d")),
            (
                "ttl_ms",
                .authorise(Player("p1", of: "evian"), asset: "BRL", amount: 1, requestID: "d", ttlMilliseconds: 0)
            ),
            ("target", .confirm(Player("p1", of: "evian"), target: "", requestID: "d")),
            ("to", .transfer(Player("p1", of: "evian"), to: "p1", asset: "BRL", amount: 1, requestID: "d")),
            (
                "rate",
                .exchange(
                    Player("p1", of: "evian"), asset: "BRL", amount: 1, to: "JPY", numerator: 1, denominator: 0,
                    requestID: "d")
            ),
            (
                "to_asset",
                .exchange(
                    Player("p1", of: "evian"), asset: "BRL", amount: 1, to: "BRL", numerator: 1, denominator: 1,
                    requestID: "d")
            ),
            (
                "ref",
                .credit(
                    Player("p1", of: "evian"), asset: "BRL", amount: 1, requestID: "d",
                    ref: String(repeating: "x", count: 65))
            ),
            ("reason", .lock(Player("p1", of: "evian"), requestID: "d", reason: "line\nbreak")),
        ])
    func malformed(field: String, command: Command) async throws {
        try await withLedger { ledger in
            guard case .refused(let refused) = try await ledger.perform(command) else {
                Issue.record("a malformed request is refused")
                return
            }
            #expect(refused.refusal == .invalidRequest)
            #expect(refused.field == field)
            #expect(ledger.lastPosition == 0, "it leaves no trace")
        }
    }

    @Test("give the first answer again to the same request, and refuse another under its name")
    func duplicates() async throws {
        try await withLedger { ledger in
            let first = try await ledger.credit(player, asset: "BRL", amount: 5_000, requestID: "d1")
            try await ledger.debit(player, asset: "BRL", amount: 1_000, requestID: "b1")
            for _ in 0..<3 {
                let again = try await ledger.credit(
                    player, asset: "BRL", amount: 5_000, requestID: "d1", kind: .deposit)
                #expect(again.accepted?.isDuplicate == true)
                #expect(again.accepted?.seq == first.accepted?.seq)
                #expect(again.accepted?.funds == first.accepted?.funds, "as it was then, not as it is now")
            }
            #expect(
                try await ledger.credit(player, asset: "BRL", amount: 5_001, requestID: "d1").refusal
                    == .requestIDReused)
            #expect(
                try await ledger.debit(player, asset: "BRL", amount: 5_000, requestID: "d1").refusal == .requestIDReused
            )
            #expect(ledger.lastPosition == 2)
        }
    }

    @Test("keep players apart whose names look alike")
    func names() async throws {
        let composed = Player("jo\u{E3}o", of: "evian")
        let decomposed = Player("joa\u{303}o", of: "evian")
        #expect(composed != decomposed)
        #expect(Set([composed, decomposed]).count == 2)
        try await withLedger(lanes: 2) { ledger in
            try await ledger.credit(composed, asset: "BRL", amount: 1, requestID: "d1")
            try await ledger.credit(decomposed, asset: "BRL", amount: 20, requestID: "d1")
            #expect(try await ledger.wallet(of: composed)?.funds.first?.balance == 1)
            #expect(try await ledger.wallet(of: decomposed)?.funds.first?.balance == 20)
            #expect(try await ledger.wallet(of: Player("p1", of: "lotus")) == nil)
        }
    }

    @Test("take assets that the ledger declares, and refuse an impossible declaration")
    func assets() async throws {
        let directory = TemporaryDirectory()
        let path = directory.path + "/ledger"
        for (name, exponent) in [("sku", 0), ("SKU.a", 0), ("S", 0), ("SKU", -1), ("SKU", 19)] {
            let error = await failure { try await Ledger.create(at: path, options: .init(assets: [name: exponent])) }
            guard case .invalid? = error else {
                Issue.record("\(name)=\(exponent) is no asset, but \(String(describing: error)) came")
                continue
            }
        }
        try await Ledger.create(at: path, options: .init(assets: ["SKU1": 0]))
        let ledger = try await Ledger.openExisting(at: path)
        #expect(try await ledger.credit(player, asset: "SKU1", amount: 1, requestID: "d1").refusal == nil)
        #expect(try await ledger.credit(player, asset: "SKU1.gift", amount: 1, requestID: "d2").refusal == nil)
        #expect(try await ledger.credit(player, asset: "SKU2", amount: 1, requestID: "d3").refusal == .unknownAsset)
        await ledger.close()
    }
}
