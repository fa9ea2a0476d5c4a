import HoldfastWallet
import Testing

@testable import Holdfast

@Suite("Reading a player's wallet and history")
struct ReadingTests {
    private let player = Player("p1", of: "evian")

    /// Ten credits of 1, 2, 3 … and after the fifth a hold of 4.
    private func fill(_ ledger: Ledger) async throws {
        for number in 1...5 {
            try await ledger.credit(player, asset: "BRL", amount: Int64(number), requestID: "d\(number)")
        }
        try await ledger.authorise(player, asset: "BRL", amount: 4, requestID: "b1", ttlMilliseconds: 86_400_000)
        for number in 6...9 {
            try await ledger.credit(player, asset: "JPY", amount: Int64(number), requestID: "d\(number)")
        }
    }

    @Test("gives the wallet now")
    func now() async throws {
        try await withLedger(lanes: 2) { ledger in
            #expect(try await ledger.wallet(of: player) == nil)
            try await fill(ledger)
            try await ledger.lock(player, requestID: "l1")
            let wallet = try #require(try await ledger.wallet(of: player))
            #expect(wallet.player == player)
            #expect(wallet.seq == 11)
            #expect(wallet.isLocked)
            #expect(
                wallet.funds == [
                    Funds(asset: "BRL", balance: 15, held: 4), Funds(asset: "JPY", balance: 30, held: 0),
                ])
            #expect(wallet.funds[0].available == 11)
            #expect(wallet.holds.map(\.requestID) == ["b1"])
            #expect(wallet.holds.map(\.amount) == [4])
        }
    }

    @Test("gives the wallet as it was after any event")
    func atSeq() async throws {
        try await withLedger(lanes: 2) { ledger in
            try await fill(ledger)
            #expect(try await ledger.wallet(of: player, atSeq: 0) == nil)
            for seq in 1...10 as ClosedRange<UInt64> {
                let wallet = try #require(try await ledger.wallet(of: player, atSeq: seq))
                #expect(wallet.seq == seq)
                #expect(wallet.funds[0].balance == (1...min(Int64(seq), 5)).reduce(0, +))
                #expect(wallet.funds[0].held == (seq >= 6 ? 4 : 0))
                #expect(wallet.funds.count == (seq >= 7 ? 2 : 1))
            }
            #expect(try await ledger.wallet(of: player, atSeq: 99) == ledger.wallet(of: player))
            #expect(try await ledger.wallet(of: Player("p2", of: "evian"), atSeq: 1) == nil)
        }
    }

    @Test("gives the wallet as it was at any time, without holds that had ended by then")
    func asOf() async throws {
        try await withLedger { ledger in
            try await fill(ledger)
            let events = try await ledger.history(of: player)
            let first = try #require(events.first?.time)
            let last = try #require(events.last?.time)
            #expect(try await ledger.wallet(of: player, asOf: first - 1) == nil)
            #expect(try await ledger.wallet(of: player, asOf: last) == ledger.wallet(of: player))
            for event in events {
                let wallet = try #require(try await ledger.wallet(of: player, asOf: event.time))
                #expect(wallet.seq == events.last { $0.time <= event.time }?.seq)
            }
            let hold = try #require(try await ledger.wallet(of: player)?.holds.first)
            #expect(try await ledger.wallet(of: player, asOf: hold.expiresAt - 1)?.funds[0].held == 4)
            let after = try #require(try await ledger.wallet(of: player, asOf: hold.expiresAt))
            #expect(after.funds[0] == Funds(asset: "BRL", balance: 15, held: 0))
            #expect(after.holds.isEmpty)
        }
    }

    @Test("gives the history forwards, backwards, from a seq and with a limit")
    func history() async throws {
        try await withLedger(lanes: 2) { ledger in
            #expect(try await ledger.history(of: player).isEmpty)
            try await fill(ledger)
            func seqs(
                from seq: UInt64? = nil, limit: Int = 100, backwards: Bool = false
            ) async throws -> [UInt64] {
                try await ledger.history(of: player, from: seq, limit: limit, backwards: backwards).map(\.seq)
            }
            #expect(try await seqs() == Array(1...10))
            #expect(try await seqs(from: 4) == Array(4...10))
            #expect(try await seqs(from: 4, limit: 3) == [4, 5, 6])
            #expect(try await seqs(from: 0, limit: 2) == [1, 2])
            #expect(try await seqs(from: 11) == [])
            #expect(try await seqs(limit: 0) == [])
            #expect(try await seqs(limit: -1) == [])
            #expect(try await seqs(limit: .max) == Array(1...10))
            #expect(try await seqs(backwards: true) == (1...10).reversed())
            #expect(try await seqs(from: 7, limit: 3, backwards: true) == [7, 6, 5])
            #expect(try await seqs(from: 99, limit: 2, backwards: true) == [10, 9])
            #expect(try await seqs(from: 1, backwards: true) == [1])
            #expect(try await seqs(from: 0, backwards: true) == [])
        }
    }

    @Test("gives events with all that is known of them")
    func events() async throws {
        try await withLedger { ledger in
            try await ledger.credit(player, asset: "BRL", amount: 10, requestID: "d1", kind: .win, ref: "round/1")
            try await ledger.exchange(
                player, asset: "BRL", amount: 4, to: "JPY", numerator: 5, denominator: 2, requestID: "x1")
            try await ledger.debit(player, asset: "BRL", amount: 7, requestID: "b1", kind: .fee)
            try await ledger.rollback(player, target: "d1", requestID: "r1", force: true)
            try await ledger.lock(player, requestID: "l1", reason: "asked for it")
            let events = try await ledger.history(of: player)
            #expect(events.map(\.event) == [.credited, .exchanged, .refused, .rolledBack, .locked])
            #expect(events.map(\.position) == [1, 2, 3, 4, 5])
            #expect(events.map(\.requestID) == ["d1", "x1", "b1", "r1", "l1"])
            #expect(events.map(\.target) == [nil, nil, nil, "d1", nil])
            #expect(events.map(\.kind) == ["win", nil, "fee", nil, nil])
            #expect(events.map(\.ref) == ["round/1", nil, nil, nil, "asked for it"])
            #expect(events.map(\.refusal) == [nil, nil, .insufficientFunds, nil, nil])
            #expect(events.allSatisfy { $0.player == player })
            func movement(_ asset: String, _ amount: Int64?, _ delta: Int64, _ after: Int64) -> LedgerEvent.Movement {
                LedgerEvent.Movement(
                    asset: asset, amount: amount, balanceDelta: delta, heldDelta: 0, balanceAfter: after, heldAfter: 0)
            }
            #expect(events[0].movements == [movement("BRL", 10, 10, 10)])
            #expect(events[1].movements == [movement("BRL", 4, -4, 6), movement("JPY", 10, 10, 10)])
            #expect(events[2].movements == [movement("BRL", nil, 0, 6)])
            #expect(events[3].movements == [movement("BRL", 10, -10, -4)])
            #expect(events[4].movements == [])
        }
    }
}
