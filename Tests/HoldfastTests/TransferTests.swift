import HoldfastLog
import HoldfastWallet
import SimulatedDisk
import Testing
import WalletModel

import struct HoldfastText.JSONWriter

@testable import Holdfast

/// Transfers between lanes are atomic for everybody who looks, whenever the machine stops.
@Suite("A transfer between lanes")
struct TransferTests {
    @Test("is there with both halves or with neither, whatever operation the machine stops at", arguments: [2, 3])
    func everyOperation(lanes: Int) throws {
        let whole = SimulatedDisk()
        let story = TransferStory(on: whole, lanes: lanes)
        #expect(story.answered.count == story.asked.count)
        #expect(whole.operations > 60, "the story has rounds, a snapshot and a restart")
        var kept = 0
        var lost = 0
        for point in 0..<whole.operations {
            let disk = SimulatedDisk()
            disk.crash(atOperation: point)
            let story = TransferStory(on: disk, lanes: lanes)
            for surviving in [.nothing, .everything, .randomSectors(seed: UInt64(point))] as [SimulatedDisk.Surviving] {
                let place: Comment = "stopped at operation \(point), \(whole.history[point]), kept \(surviving)"
                let after = disk.afterCrash(surviving)
                guard after.fileNames.contains(LedgerByHand.path + "/manifest") else {
                    #expect(story.answered.isEmpty, place)
                    continue
                }
                let found = try check(after, story, place)
                kept += found.kept
                lost += found.lost
            }
        }
        #expect(kept > 0 && lost > 0, "of what had no answer some was in the log and some was not")
    }

    @Test("finds room where the other batch is full, and takes the lanes' locks in their order", arguments: 0..<3)
    func intoAFullBatch(full: Int) throws {
        let ledger = try LedgerByHand(on: SimulatedDisk(), lanes: 3).ledger
        let players = TransferStory.playersInDifferentLanes(3)
        var lines = CommandLines(for: ledger, latestTime: 0)
        var batches: [CommandBatch] = []
        func decide(_ operation: String, _ rest: String, in lane: Int) {
            let batch = CommandBatch(commandsExpected: 1)
            let invalid = lines.read(
                #"{"op":"\#(operation)","tenant":"evian","player":"\#(players[lane])","asset":"BRL","#
                    + #""request_id":"r\#(batches.count)",\#(rest)}"#
            ) { batch.append(&$0) }
            #expect(invalid == nil && ledger.engine.offer(batch, to: lane) == nil)
            batches.append(batch)
            ledger.engine.runLane(lane)
        }
        for lane in 0..<3 { decide("credit", #""amount":10000"#, in: lane) }
        // Both others send to one, whose batch is full before theirs are. Nobody commits but who finds no room.
        for number in 0..<2_000 {
            let from = (full + 1 + number % 2) % 3
            decide("transfer", #""amount":1,"to":"\#(players[full])""#, in: from)
        }
        while ledger.engine.commit() {}
        #expect(batches.allSatisfy { $0.outcome(0).status == .accepted })
    }

    /// What a reader sees on the crashed disk, what recovery makes of it, and that it goes on from there.
    private func check(
        _ disk: SimulatedDisk, _ story: TransferStory, _ place: Comment
    ) throws -> (kept: Int, lost: Int) {
        let files = try LedgerFiles(LedgerByHand.path, on: disk)
        let seen = try LedgerContents.events(of: files)
        expectWhole(seen, story, place)
        let books = try LedgerBooks(replaying: files).lines.text
        let ledger = try LedgerByHand(on: disk, time: 5_000)
        #expect(LedgerBooks(of: ledger.ledger.engine.machines).lines.text == books, place)

        // Every command again: what is in the log is a duplicate, the rest happens now.
        let requests = Set(seen.compactMap(\.requestID))
        var kept = 0
        var lost = 0
        for (sent, request) in zip(ledger.send(story.asked), story.requests) {
            let isDuplicate = sent.answer?["duplicate"] == true
            #expect(sent.answer?["ok"] == true, place)
            #expect(isDuplicate == requests.contains(request), place)
            if let answer = story.answered[request] {
                #expect(isDuplicate && sent.answer?["seq"] == answer["seq"], place)
            } else if isDuplicate {
                kept += 1
            } else {
                lost += 1
            }
        }
        ledger.close()
        let final = try LedgerContents.events(of: LedgerFiles(LedgerByHand.path, on: disk))
        expectWhole(final, story, place)
        #expect(final.starts(with: seen) && final.count == story.eventsExpected, place)
        return (kept, lost)
    }

    private func expectWhole(_ events: [LedgerEvent], _ story: TransferStory, _ place: Comment) {
        #expect(Laws(events).breaches == [], place)
        let sent = events.filter { $0.event == .transferred }.compactMap(\.requestID)
        let received = events.filter { $0.event == .received }.compactMap(\.requestID)
        #expect(sent.sorted() == received.sorted(), place)
        let requests = Set(events.compactMap(\.requestID))
        #expect(requests.isSuperset(of: story.answered.keys), place)
        let paidIn = events.reduce(0) { $0 + ($1.event == .credited ? $1.movements[0].balanceDelta : 0) }
        let total = events.reduce(0) { sum, event in event.movements.reduce(sum) { $0 + $1.balanceDelta } }
        #expect(total == paidIn, place)
    }

    @Test("is never seen by half by a reader that follows a running ledger", arguments: [2, 3])
    func follower(lanes: Int) throws {
        let whole = SimulatedDisk()
        _ = TransferStory(on: whole, lanes: lanes)
        for point in 0..<whole.operations {
            let disk = SimulatedDisk()
            disk.crash(atOperation: point)
            let story = TransferStory(on: disk, lanes: lanes, isFollowed: true)
            guard let follower = story.follower else { continue }
            // The owner stands still between two operations; the follower reads on.
            let events = try follower.readOn()
            let place: Comment = "stopped at operation \(point), \(whole.history[point])"
            expectWhole(events, story, place)
        }
    }

    @Test("is never seen by half by a reader that is opened while transfers go on", arguments: [2, 3])
    func openedMeanwhile(lanes: Int) throws {
        let asked = TransferStory(on: SimulatedDisk(), lanes: lanes).asked
        var point = 0
        var hasMore = true
        while hasMore {
            let disk = SimulatedDisk()
            let ledger = try LedgerByHand(on: disk, lanes: lanes)
            _ = ledger.send(Array(asked.prefix(lanes + 1)))
            nonisolated(unsafe) let owner = ledger
            let meddling = MeddlingDisk(disk, before: point) {
                // Whole rounds are written while the reader looks from one lane to the next.
                for line in asked.dropFirst(lanes + 1) { _ = owner.send([line]) }
            }
            let files = try LedgerFiles(LedgerByHand.path, on: meddling)
            let events = try LedgerContents.events(of: files)
            let books = try LedgerBooks(replaying: files)
            let place: Comment = "the ledger went on before the reader's operation \(point)"
            #expect(Laws(events).breaches == [], place)
            let paidIn = events.reduce(0) { $0 + ($1.event == .credited ? $1.movements[0].balanceDelta : 0) }
            #expect(books.totals.map { $0.balance } == [Int128(paidIn)], place)
            hasMore = point < meddling.operations
            point += 1
        }
        #expect(point > 20)
    }
}

/// Players in different lanes send each other funds; the ledger is snapshotted, closed and opened again in between.
private struct TransferStory {
    private(set) var asked: [String] = []
    private(set) var requests: [String] = []
    /// The answers that came out, by request.
    private(set) var answered: [String: JSONValue] = [:]
    private(set) var follower: Follower?
    /// Two for each transfer, one for each credit.
    var eventsExpected: Int { asked.count + asked.count { $0.contains("transfer") } }

    init(on disk: SimulatedDisk, lanes: Int, isFollowed: Bool = false) {
        plan(lanes: lanes)
        do throws(LedgerError) {
            var ledger = try LedgerByHand(on: disk, lanes: lanes)
            if isFollowed { follower = try Follower(on: disk) }
            for (part, lines) in zip(
                0..., stride(from: 0, to: asked.count, by: 3).map { $0..<min($0 + 3, asked.count) })
            {
                if part == 1 { try ledger.startSnapshot() }
                let sent = ledger.send(Array(asked[lines]))
                for (sent, request) in zip(sent, requests[lines]) where sent.answer != nil {
                    answered[request] = sent.answer
                }
                if part == 1 { ledger.finishSnapshot() }
                if part == 2 {
                    ledger.close()
                    ledger = try LedgerByHand(on: disk, time: 3_000)
                }
            }
        } catch {
            // The machine has stopped; what was answered before is what counts.
        }
    }

    private mutating func plan(lanes: Int) {
        let players = Self.playersInDifferentLanes(lanes)
        for player in players { ask("credit", player, #""amount":1000"#) }
        for round in 0..<2 {
            for (index, player) in players.enumerated() {
                let to = players[(index + 1 + round % (lanes - 1)) % lanes]
                ask("transfer", player, #""amount":\#(100 + round),"to":"\#(to)""#)
                if index == 0 { ask("credit", player, #""amount":7"#) }
            }
        }
    }

    private mutating func ask(_ operation: String, _ player: String, _ rest: String) {
        let request = "r\(asked.count)"
        requests.append(request)
        asked.append(
            #"{"op":"\#(operation)","tenant":"evian","player":"\#(player)","request_id":"\#(request)","asset":"BRL","#
                + #""at":\#(1_000 + asked.count),\#(rest)}"#)
    }

    /// One player for each lane.
    static func playersInDifferentLanes(_ lanes: Int) -> [String] {
        let ledger = try! LedgerByHand(on: SimulatedDisk(), lanes: lanes)
        return (0..<lanes).map { lane in
            (0...).lazy.map { "p\($0)" }.first { ledger.ledger.lane(of: Player($0, of: "evian")) == lane }!
        }
    }

    /// Reads a ledger's files beside its owner.
    final class Follower {
        private let files: LedgerFiles
        private let reader: LogReader

        init(on disk: SimulatedDisk) throws(LedgerError) {
            files = try LedgerFiles(LedgerByHand.path, on: disk)
            reader = try files.reader(from: 1)
            reader.awaitsGaps = true
        }

        func readOn() throws(LedgerError) -> [LedgerEvent] {
            try files.catchUp(reader)
            return try LedgerContents.read(reader)
        }
    }
}
