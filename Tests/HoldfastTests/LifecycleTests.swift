import Foundation
import Holdfast
import HoldfastLog
import HoldfastTestSupport
import SimulatedDisk
import Testing

import enum HoldfastWallet.Refusal

@Suite("Opening and closing a ledger")
struct LifecycleTests {
    private let player = Player("p1", of: "evian")

    @Test("open creates an empty ledger, and finds all of it again", arguments: [1, 3])
    func reopen(lanes: Int) async throws {
        let directory = TemporaryDirectory()
        let path = directory.path + "/ledger"
        let missing = await failure { _ = try await Ledger.openExisting(at: path) }
        guard case .notALog? = missing else {
            Issue.record("there is no ledger yet, but \(String(describing: missing)) came")
            return
        }
        var wallets: [Wallet] = []
        for round in 0..<4 {
            let ledger = try await Ledger.open(at: path, options: .init(lanes: lanes))
            #expect(ledger.lastPosition == UInt64(round * 20))
            for wallet in wallets { #expect(try await ledger.wallet(of: wallet.player) == wallet) }
            for number in 0..<20 {
                try await ledger.credit(
                    Player("p\(number % 5)", of: "evian"), asset: "BRL", amount: 1, requestID: "\(round)/\(number)")
            }
            if round == 2 { try await ledger.snapshot() }
            wallets = []
            for number in 0..<5 {
                wallets.append(try #require(try await ledger.wallet(of: Player("p\(number)", of: "evian"))))
            }
            await ledger.close()
        }
        #expect(await failure { try await Ledger.create(at: path) } == .alreadyExists(path: path))
    }

    @Test("a ledger that is open can't be opened again, and can once it is closed")
    func locked() async throws {
        let directory = TemporaryDirectory()
        let path = directory.path + "/ledger"
        let ledger = try await Ledger.open(at: path)
        #expect(await failure { _ = try await Ledger.open(at: path) } == .locked(path: path))
        #expect(await failure { _ = try await Ledger.openExisting(at: path) } == .locked(path: path))
        await ledger.close()
        let again = try await Ledger.open(at: path)
        await again.close()
    }

    @Test("after close every command says that the ledger has stopped")
    func afterClose() async throws {
        let directory = TemporaryDirectory()
        let ledger = try await Ledger.open(at: directory.path + "/ledger")
        try await ledger.credit(player, asset: "BRL", amount: 1, requestID: "d1")
        await ledger.close()
        await ledger.close()
        func isStopped(_ body: () async throws -> Void) async -> Bool {
            if case .stopped? = await failure(body) { true } else { false }
        }
        let command = Command.credit(player, asset: "BRL", amount: 1, requestID: "d2")
        #expect(await isStopped { try await ledger.perform(command) })
        #expect(await isStopped { _ = try await ledger.perform([command, command]) })
        #expect(await isStopped { _ = try await ledger.wallet(of: player) })
        #expect(await isStopped { _ = try await ledger.history(of: player) })
        #expect(ledger.lastPosition == 1)
    }

    @Test("close answers everything that was handed over, and keeps all that was answered", arguments: [1, 3])
    func closeInTheMiddle(lanes: Int) async throws {
        let directory = TemporaryDirectory()
        let path = directory.path + "/ledger"
        let ledger = try await Ledger.open(at: path, options: .init(lanes: lanes))
        let answered = try await withThrowingTaskGroup(of: Int.self) { group in
            for task in 0..<16 {
                group.addTask {
                    let player = Player("p\(task)", of: "evian")
                    var count = 0
                    while true {
                        let error = await failure {
                            try await ledger.credit(player, asset: "BRL", amount: 1, requestID: "d\(count)")
                        }
                        guard let error else {
                            count += 1
                            // One of them closes the ledger in the midst of the others.
                            if task == 7, count == 30 { await ledger.close() }
                            continue
                        }
                        guard case .stopped = error else { throw error }
                        return count
                    }
                }
            }
            return try await group.reduce(0, +)
        }
        let again = try await Ledger.open(at: path)
        #expect(again.opened.closedCleanly)
        #expect(again.lastPosition == UInt64(answered))
        await again.close()
    }

    @Test("a full disk is told as such, reads go on, and all works again once there is space", arguments: [1, 2])
    func fullDisk(lanes: Int) async throws {
        let disk = SimulatedDisk()
        _ = try Ledger.create(
            at: "/ledger", options: .init(lanes: lanes, segmentBytes: 64 << 10), on: disk, at: 0,
            identity: LedgerByHand.identity)
        let ledger = try Ledger.open(at: "/ledger", on: disk, clock: GivenClock(1_000), drive: .threads)
        disk.limitSpace(to: (64 << 10) * (2 * lanes + 1))
        var answered = 0
        var failed: LedgerError?
        while failed == nil, answered < 10_000 {
            let request = "d\(answered)"
            failed = await failure { try await ledger.credit(player, asset: "BRL", amount: 1, requestID: request) }
            if failed == nil { answered += 1 }
        }
        guard case .storageFull? = failed else {
            Issue.record("the disk is full, but \(String(describing: failed)) came")
            return
        }
        let wallet = try await ledger.wallet(of: player)
        #expect(wallet?.funds.first?.balance == Int64(answered), "reads go on")
        #expect(try await ledger.history(of: player, limit: 5, backwards: true).first?.seq == UInt64(answered))
        #expect(ledger.lastPosition == UInt64(answered))
        disk.limitSpace(to: nil)
        for number in answered..<answered + 50 {
            let answer = try await ledger.credit(player, asset: "BRL", amount: 1, requestID: "d\(number)")
            #expect(answer.accepted?.isDuplicate == false, "what failed was not done")
            #expect(answer.accepted?.seq == UInt64(number + 1))
        }
        await ledger.close()
        let again = try Ledger.open(at: "/ledger", on: disk, clock: GivenClock(2_000), drive: .threads)
        #expect(again.lastPosition == UInt64(answered + 50))
        await again.close()
    }
}
