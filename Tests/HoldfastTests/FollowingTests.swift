import Holdfast
import HoldfastLog
import HoldfastTestSupport
import Testing

import enum HoldfastWallet.Refusal

@Suite("Subscriptions to a ledger")
struct FollowingTests {
    private let player = Player("p1", of: "evian")

    @Test("give what is there and then what comes, from any position", arguments: [1, 3])
    func positions(lanes: Int) async throws {
        try await withLedger(lanes: lanes) { ledger in
            func credit(_ numbers: ClosedRange<Int>) async throws {
                for number in numbers {
                    try await ledger.credit(
                        Player("p\(number % 7)", of: "evian"), asset: "BRL", amount: Int64(number),
                        requestID: "d\(number)")
                }
            }
            try await credit(1...20)
            async let all = ledger.subscribe().collect(40)
            async let later = ledger.subscribe(from: 15).collect(26)
            async let future = ledger.subscribe(from: 39).collect(2)
            try await credit(21...40)
            #expect(try await all.map(\.position) == Array(1...40))
            #expect(try await all.map { $0.movements[0].amount! } == Array(1...40))
            #expect(try await later.map(\.position) == Array(15...40))
            #expect(try await future.map(\.position) == [39, 40])
        }
    }

    @Test("resume behind the last event that was acknowledged under their name")
    func checkpoint() async throws {
        let directory = TemporaryDirectory()
        let path = directory.path + "/ledger"
        let ledger = try await Ledger.open(at: path)
        for number in 1...10 {
            try await ledger.credit(player, asset: "BRL", amount: 1, requestID: "d\(number)")
        }
        let mailer = try ledger.subscribe(checkpoint: "mailer")
        let events = try await mailer.collect(6)
        try await mailer.acknowledge(events[3])
        #expect(try await ledger.subscribe(checkpoint: "mailer").collect(1).map(\.position) == [5])
        #expect(try await ledger.subscribe(checkpoint: "other").collect(1).map(\.position) == [1])
        let nameless = await failure { try await ledger.subscribe().acknowledge(events[0]) }
        guard case .invalid? = nameless else {
            Issue.record("a subscription without a name has no checkpoint, but \(String(describing: nameless)) came")
            return
        }
        await ledger.close()
        let again = try await Ledger.open(at: path)
        #expect(try await again.subscribe(checkpoint: "mailer").collect(6).map(\.position) == Array(5...10))
        await again.close()
    }

    @Test("end when the ledger closes and when their task is cancelled")
    func end() async throws {
        try await withLedger { ledger in
            try await ledger.credit(player, asset: "BRL", amount: 1, requestID: "d1")
            let (started, startedContinuation) = AsyncStream<Void>.makeStream()
            let cancelled = Task {
                var count = 0
                for try await _ in ledger.subscribe() {
                    count += 1
                    startedContinuation.yield()
                }
                return count
            }
            for await _ in started { break }
            cancelled.cancel()
            #expect(try await cancelled.value == 1)
            async let whole = ledger.subscribe().collect(.max)
            await ledger.close()
            #expect(try await whole.count == 1)
        }
    }

    @Test("bring the expiry of a hold that no command comes by to notice", .timeLimit(.minutes(1)))
    func expiry() async throws {
        try await withLedger(lanes: 2) { ledger in
            try await ledger.credit(player, asset: "BRL", amount: 100, requestID: "d1")
            let answer = try await ledger.authorise(
                player, asset: "BRL", amount: 60, requestID: "b1", ttlMilliseconds: 20)
            let expiresAt = try #require(answer.accepted?.expiresAt)
            // Nothing is asked of the ledger from here on: the event comes by itself.
            let event = try #require(try await ledger.subscribe(from: 3).collect(1).first)
            #expect(event.event == .holdExpired)
            #expect(event.target == "b1")
            #expect(event.time == expiresAt)
            #expect(event.movements.map(\.heldDelta) == [-60])
            let wallet = try #require(try await ledger.wallet(of: player))
            #expect(wallet.funds.first?.available == 100)
            #expect(wallet.holds.isEmpty)
            #expect(try await ledger.confirm(player, target: "b1", requestID: "c1").refusal == .holdExpired)
        }
    }

    @Test("bring many holds' expiries once each, in the order of their time", .timeLimit(.minutes(1)))
    func manyExpiries() async throws {
        try await withLedger { ledger in
            try await ledger.credit(player, asset: "BRL", amount: 1_000, requestID: "d1")
            let holds = (0..<200).map { number in
                Command.authorise(
                    player, asset: "BRL", amount: 1, requestID: "b\(number)",
                    ttlMilliseconds: 1 + Int64(number * 37 % 50))
            }
            #expect(try await ledger.perform(holds).allSatisfy { $0.accepted?.event == .authorised })
            let events = try await ledger.subscribe().collect(401)
            let expiries = events.filter { $0.event == .holdExpired }
            #expect(expiries.count == 200)
            #expect(Set(expiries.compactMap(\.target)).count == 200)
            #expect(expiries.map(\.time) == expiries.map(\.time).sorted())
            #expect(try await ledger.wallet(of: player)?.funds.first?.held == 0)
        }
    }
}
