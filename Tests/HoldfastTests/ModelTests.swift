import HoldfastTestSupport
import HoldfastWallet
import SimulatedDisk
import Testing
import WalletModel

import struct HoldfastText.JSONWriter

@testable import Holdfast
@testable import HoldfastLog

@Suite("Random commands with restarts and crashes")
struct ModelTests {
    @Test(
        "are answered as the naive model answers them, and leave what it has",
        arguments: [1, 2, 4], 1...3 as ClosedRange<UInt64>)
    func agree(lanes: Int, seed: UInt64) throws {
        try tell(lanes: lanes, seed: seed, seals: false)
    }

    @Test(
        "are answered the same when their log is sealed again and again, what is old being in sealed segments",
        arguments: [1, 2], 4...5 as ClosedRange<UInt64>)
    func agreeWhenSealed(lanes: Int, seed: UInt64) throws {
        try tell(lanes: lanes, seed: seed, seals: true)
    }

    private func tell(lanes: Int, seed: UInt64, seals: Bool) throws {
        var story = try RandomStory(lanes: lanes, seed: seed, seals: seals)
        for _ in 0..<40 { try story.goOn() }
        try story.checkAll()
        #expect(story.crashes > 0 && story.restarts > 0 && story.snapshots > 0, "the story has seen something")
    }
}

/// A ledger and the model beside it, through a random life.
private struct RandomStory {
    private let lanes: Int
    /// At every start the log is sealed to its end.
    private let seals: Bool
    private var ledger: LedgerByHand
    private var model = NaiveLedger()
    private var commands: CommandGenerator
    private var random: SplitMix64
    private(set) var restarts = 0
    private(set) var crashes = 0
    private(set) var snapshots = 0

    init(lanes: Int, seed: UInt64, seals: Bool) throws {
        self.lanes = lanes
        self.seals = seals
        commands = CommandGenerator(seed: seed)
        random = SplitMix64(seed: seed &* 0x1234_5678_9ABC)
        ledger = try LedgerByHand(on: SimulatedDisk(), lanes: lanes, seed: seed)
    }

    private mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }
    private mutating func oneIn(_ chances: Int) -> Bool { below(chances) == 0 }

    /// A group of commands, and perhaps something that happens to the machine.
    mutating func goOn() throws {
        if oneIn(4) {
            try ledger.startSnapshot()
            snapshots += 1
            if oneIn(3) { ledger.finishSnapshot() }
        }
        let stops = oneIn(3)
        if stops { ledger.disk.crash(atOperation: ledger.disk.operations + below(oneIn(2) ? 3 : 12)) }
        let sent = ledger.send((0..<1 + below(oneIn(20) ? 600 : 40)).map { _ in commands.next() })
        if stops { return try recover(sent) }
        for sent in sent { try compare(sent) }
        if oneIn(5) { try restart() }
    }

    private mutating func compare(_ sent: LedgerByHand.Sent) throws {
        let answer = try #require(sent.answer, "\(sent.line): \(sent.failure?.description ?? "no answer")")
        model.advance(to: sent.time)
        let expected = model.apply(line: sent.line)
        try #require(answer == expected, "\(sent.line)\n got \(answer.text)\nwant \(expected.text)")
    }

    private mutating func restart() throws {
        restarts += 1
        let time = ledger.latestTime
        ledger.close()
        try open(ledger.disk, at: time)
        try #require(ledger.ledger.opened.closedCleanly)
    }

    private mutating func open(_ disk: SimulatedDisk, at time: Int64) throws(LedgerError) {
        if seals {
            _ = try LogDirectory.ledger(at: LedgerByHand.path, on: disk).sealAll()
        }
        ledger = try LedgerByHand(on: disk, lanes: lanes, time: time, seed: random.next())
    }

    /// The machine has stopped: starts again from what the disk kept, sees what became of the commands without an
    /// answer, and sends them again.
    private mutating func recover(_ sent: [LedgerByHand.Sent]) throws {
        crashes += 1
        let time = ledger.latestTime
        let disk = try startAfterCrash(at: time)
        var logs: [AccountName: [LedgerEvent]] = [:]
        for event in try LedgerContents.events(of: LedgerFiles(LedgerByHand.path, on: disk)) {
            logs[event.account, default: []].append(event)
        }
        // In the order in which they were sent, so that the model's time moves as the ledger's did.
        for sent in sent {
            if sent.answer != nil { try compare(sent) } else { settle(sent, by: logs) }
        }
        ledger.passTime(to: time)
        model.advance(to: time)
        try check()
        let again = sent.filter { $0.answer == nil }.map(\.line)
        for sent in ledger.send(again) { try compare(sent) }
    }

    private mutating func startAfterCrash(at time: Int64) throws -> SimulatedDisk {
        var disk = ledger.disk
        while true {
            let surviving: SimulatedDisk.Surviving =
                switch below(4) {
                case 0: .nothing
                case 1: .randomSectors(seed: random.next())
                default: .everything
                }
            disk = disk.afterCrash(surviving)
            let seen = try LedgerContents.events(of: LedgerFiles(LedgerByHand.path, on: disk))
            if oneIn(4) {
                // Power fails again while the ledger is opened.
                disk.crash(atOperation: disk.operations + below(8))
                if (try? open(disk, at: time)) == nil { continue }
                disk = disk.afterCrash(.everything)
            }
            try open(disk, at: time)
            let kept = try LedgerContents.events(of: LedgerFiles(LedgerByHand.path, on: disk))
            try #require(kept == seen, "a reader sees before the recovery what is there after it")
            return disk
        }
    }

    /// A command without an answer is in the log or is not; the model takes note of it in the first case.
    private mutating func settle(_ sent: LedgerByHand.Sent, by logs: [AccountName: [LedgerEvent]]) {
        var trial = model
        trial.advance(to: sent.time)
        let answer = trial.apply(line: sent.line)
        guard let seq = answer["seq"]?.integer, answer["duplicate"] == nil,
            let command = try? JSONValue(parsing: sent.line)
        else { return }
        let account = AccountName(tenant: command["tenant"]!.string!, player: command["player"]!.string!)
        let log = logs[account] ?? []
        let request = ByteName(command["request_id"]!.string!)
        if seq <= log.count, log[Int(seq) - 1].requestID.map({ ByteName($0) }) == request { model = trial }
    }

    /// Memory against the model.
    private func check() throws {
        let differences = ModelComparison.differences(ledger.players, model)
        try #require(differences == [])
    }

    /// Memory, log, snapshots, model and laws against each other.
    mutating func checkAll() throws {
        let time = ledger.latestTime
        ledger.passTime(to: time)
        model.advance(to: time)
        try check()
        let contents = try LedgerContents(on: ledger.disk)
        #expect(ModelComparison.differences(contents.events, model) == [])
        #expect(model.brokenLaws() == [])
        var laws = Laws(contents.events)
        laws.check(ledger.players)
        #expect(laws.breaches == [])
        #expect(contents.replayedBooks == LedgerBooks(of: ledger.ledger.engine.machines).lines.text)
        #expect(contents.replayedBooks == contents.recoveredBooks)
        ledger.close()
        try open(ledger.disk, at: time)
        try check()
    }
}
