import Holdfast
import Testing

import enum HoldfastWallet.Refusal

@Suite("Many commands at once")
struct BulkTests {
    private func player(_ number: Int) -> Player { Player("p\(number)", of: "evian") }

    @Test("are answered in their order, those that are no commands too", arguments: [1, 3])
    func order(lanes: Int) async throws {
        try await withLedger(lanes: lanes) { ledger in
            var commands: [Command] = []
            for number in 0..<1_000 {
                commands.append(
                    .credit(player(number % 50), asset: "BRL", amount: Int64(number), requestID: "d\(number)"))
                if number % 7 == 0 {
                    commands.append(.debit(player(number % 50), asset: "nonsense", amount: 1, requestID: "bad"))
                }
                if number % 11 == 0 {
                    commands.append(
                        .credit(player(number % 50), asset: "BRL", amount: Int64(number), requestID: "d\(number)"))
                }
            }
            let answers = try await ledger.perform(commands)
            try #require(answers.count == commands.count)
            var expected: [Int: Int64] = [:]
            var place = 0
            for number in 0..<1_000 {
                expected[number % 50, default: 0] += Int64(number)
                #expect(answers[place].accepted?.amount == Int64(number))
                #expect(answers[place].accepted?.funds?.balance == expected[number % 50])
                place += 1
                if number % 7 == 0 {
                    guard case .refused(let refused) = answers[place] else {
                        Issue.record("\(answers[place]) for a command without an asset")
                        continue
                    }
                    #expect(refused.refusal == .invalidRequest && refused.field == "asset")
                    place += 1
                }
                if number % 11 == 0 {
                    #expect(answers[place].accepted?.isDuplicate == true)
                    place += 1
                }
            }
            #expect(ledger.lastPosition == 1_000)
            #expect(try await ledger.perform([]).isEmpty)
        }
    }

    @Test("see what came before them when they transfer into another lane", arguments: [1, 4])
    func transfers(lanes: Int) async throws {
        try await withLedger(lanes: lanes) { ledger in
            // One coin walks through all players: each hand-over needs the one before it.
            var commands = (0..<20).map { Command.credit(player($0), asset: "BRL", amount: 0, requestID: "open") }
            commands.append(.credit(player(0), asset: "BRL", amount: 1, requestID: "coin"))
            for step in 0..<200 {
                commands.append(
                    .transfer(
                        player(step % 20), to: "p\((step + 1) % 20)", asset: "BRL", amount: 1, requestID: "t\(step)"))
            }
            commands.append(.transfer(player(5), to: "p6", asset: "BRL", amount: 1, requestID: "empty"))
            let answers = try await ledger.perform(commands)
            #expect(answers.dropLast().allSatisfy { $0.refusal == nil })
            #expect(answers.last?.refusal == .insufficientFunds)
            #expect(try await ledger.wallet(of: player(0))?.funds.first?.balance == 1)
        }
    }

    @Test("may be more than are handed over at a time")
    func many() async throws {
        try await withLedger(lanes: 2) { ledger in
            let count = 70_000
            let commands = (0..<count).map { number in
                Command.credit(player(number % 1_000), asset: "BRL", amount: 1, requestID: "d\(number)")
            }
            let answers = try await ledger.perform(commands)
            #expect(answers.count == count)
            #expect(answers.allSatisfy { $0.accepted?.event == .credited })
            #expect(ledger.lastPosition == UInt64(count))
            for number in [0, 1, 999] {
                #expect(try await ledger.wallet(of: player(number))?.funds.first?.balance == 70)
            }
        }
    }

    @Test("that are handed over without waiting for the answers are decided in their order", arguments: [1, 3])
    func handedOver(lanes: Int) async throws {
        try await withLedger(lanes: lanes) { ledger in
            var lines = CommandLines(for: ledger)
            // Each run confirms what the one before it has authorised.
            let runs = (0..<200).map { _ in CommandRun(ledger) }
            for (number, run) in runs.enumerated() {
                for player in 0..<10 {
                    let head = #""tenant":"evian","player":"p\#(player)""#
                    if number == 0 {
                        _ = lines.read(
                            #"{"op":"credit",\#(head),"request_id":"d","asset":"BRL","amount":1000}"#
                        ) { run.append(&$0) }
                    } else {
                        _ = lines.read(
                            #"{"op":"confirm",\#(head),"request_id":"c\#(number)","target":"b\#(number - 1)"}"#
                        ) { run.append(&$0) }
                    }
                    _ = lines.read(
                        #"{"op":"authorise",\#(head),"request_id":"b\#(number)","asset":"BRL","amount":1}"#
                    ) { run.append(&$0) }
                }
                await run.handOver()
            }
            for run in runs {
                try await run.settled()
                #expect((0..<run.count).allSatisfy { run.outcome($0).status == .accepted })
            }
        }
    }

    @Test("that are few are not decided before many that were handed over first and fill batch after batch")
    func notOvertaken() async throws {
        try await withLedger(segmentBytes: 1 << 18) { ledger in
            var lines = CommandLines(for: ledger)
            let head = #""tenant":"evian","player":"p0","asset":"BRL""#
            var runs: [CommandRun] = []
            for round in 0..<25 {
                // Several batches' worth, and then all of it out at once.
                let many = CommandRun(ledger)
                for number in 0..<3_000 {
                    _ = lines.read(#"{"op":"credit",\#(head),"request_id":"i\#(round)-\#(number)","amount":1}"#) {
                        many.append(&$0)
                    }
                }
                await many.handOver()
                runs.append(many)
                for number in 0..<6 {
                    let few = CommandRun(ledger)
                    _ = lines.read(#"{"op":"debit",\#(head),"request_id":"o\#(round)-\#(number)","amount":500}"#) {
                        few.append(&$0)
                    }
                    await few.handOver()
                    runs.append(few)
                }
            }
            for run in runs {
                try await run.settled()
                #expect((0..<run.count).allSatisfy { run.outcome($0).status == .accepted })
            }
        }
    }
}
