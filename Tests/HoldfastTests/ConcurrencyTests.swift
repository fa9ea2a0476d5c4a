import Holdfast
import HoldfastTestSupport
import HoldfastWallet
import Testing

@Suite("Many tasks at once")
struct ConcurrencyTests {
    @Test("lose no event and double none, whatever they do to the same players", arguments: [1, 4])
    func manyTasks(lanes: Int) async throws {
        let directory = TemporaryDirectory()
        let path = directory.path + "/ledger"
        let ledger = try await Ledger.open(at: path, options: .init(lanes: lanes, segmentBytes: 1 << 20))
        for number in 0..<20 {
            try await ledger.credit(Self.player(number), asset: "BRL", amount: 10_000, requestID: "open")
        }
        async let followed = ledger.subscribe().collect(20)
        let answers = try await withThrowingTaskGroup(of: [(Player, String, Answer)].self) { group in
            for task in 0..<64 { group.addTask { try await Self.play(task, on: ledger) } }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(try await followed.map(\.position) == Array(1...20))
        await ledger.close()

        let again = try await Ledger.open(at: path)
        let events = try await again.subscribe().collect(Int(again.lastPosition))
        #expect(events.map(\.position) == Array(1...again.lastPosition))
        #expect(Laws(events).breaches == [])
        // Every answer names its event, and every event of a command has its answer.
        var bySeq: [Player: [UInt64: LedgerEvent]] = [:]
        for event in events { bySeq[event.player, default: [:]][event.seq] = event }
        var named = 0
        for (player, requestID, answer) in answers {
            let seq: UInt64?
            switch answer {
            case .accepted(let accepted): seq = accepted.isDuplicate ? nil : accepted.seq
            case .refused(let refused): seq = refused.isDuplicate ? nil : refused.seq
            }
            guard let seq else { continue }
            named += 1
            #expect(bySeq[player]?[seq]?.requestID == requestID)
        }
        let received = events.count { $0.event == .received }
        #expect(named + received + 20 == events.count)
        let total = try await (0..<20).async { number in
            try await again.wallet(of: Self.player(number))?.funds.reduce(0) { $0 + $1.balance } ?? 0
        }
        let expected = answers.reduce(Int64(200_000)) { sum, answer in
            switch answer.2.accepted {
            case let accepted? where accepted.isDuplicate: sum
            case let accepted? where accepted.event == .credited: sum + accepted.amount
            case let accepted? where accepted.event == .confirmed: sum - accepted.amount
            default: sum
            }
        }
        #expect(total == expected)
        await again.close()
    }

    private static func player(_ number: Int) -> Player { Player("p\(number % 20)", of: "evian") }

    /// Bets, wins, transfers and retries of one task among players that all tasks share.
    private static func play(_ task: Int, on ledger: Ledger) async throws -> [(Player, String, Answer)] {
        var answers: [(Player, String, Answer)] = []
        for round in 0..<8 {
            let player = player(task * 3 + round)
            let name = "\(task)/\(round)"
            func note(_ requestID: String, _ answer: Answer) { answers.append((player, requestID, answer)) }
            note("b" + name, try await ledger.authorise(player, asset: "BRL", amount: 50, requestID: "b" + name))
            note("c" + name, try await ledger.confirm(player, target: "b" + name, requestID: "c" + name))
            note(
                "w" + name, try await ledger.credit(player, asset: "BRL", amount: 30, requestID: "w" + name, kind: .win)
            )
            let recipient = Self.player(task * 3 + round + 1).id
            for _ in 0..<2 {
                note(
                    "t" + name,
                    try await ledger.transfer(player, to: recipient, asset: "BRL", amount: 7, requestID: "t" + name))
            }
        }
        return answers
    }
}

extension Sequence {
    /// The sum of what `body` gives for each element, one after the other.
    fileprivate func async(_ body: (Element) async throws -> Int64) async throws -> Int64 {
        var sum: Int64 = 0
        for element in self { sum += try await body(element) }
        return sum
    }
}
