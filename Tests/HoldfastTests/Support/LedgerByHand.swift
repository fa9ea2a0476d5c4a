import HoldfastTestSupport
import HoldfastWallet
import SimulatedDisk
import WalletModel

@testable import Holdfast
@testable import HoldfastLog

/// A ledger on a simulated disk, driven by hand: nothing happens except what a test calls, in its order.
///
///     let ledger = try LedgerByHand(on: SimulatedDisk(), lanes: 2)
///     let sent = ledger.send([line, line])
///     sent[0].answer                          // nil when the machine stopped before it was durable
final class LedgerByHand {
    static let path = "/ledger"
    static let identity = LogDirectory.Identity(log: LogID(high: 0x486F_6C64, low: 0x6661_7374), seed: 7)

    let disk: SimulatedDisk
    let ledger: Ledger
    private let clock: GivenClock
    private var lines: CommandLines
    private var answers: AnswerLines
    /// Decides which lane goes first and when commits come in between.
    private var random: SplitMix64

    /// Opens the ledger on a disk as a new process would, and creates it where there is none.
    init(
        on disk: SimulatedDisk, lanes: Int = 1, segmentBytes: UInt64 = 64 << 10, time: Int64 = 0, seed: UInt64 = 0
    ) throws(LedgerError) {
        self.disk = disk
        clock = GivenClock(time)
        if !disk.fileExists(Self.path + "/manifest") {
            _ = try Ledger.create(
                at: Self.path, options: .init(lanes: lanes, segmentBytes: segmentBytes), on: disk, at: time,
                identity: Self.identity)
        }
        ledger = try Ledger.open(at: Self.path, on: disk, clock: clock, drive: .byHand)
        lines = CommandLines(for: ledger, latestTime: time)
        answers = AnswerLines(for: ledger)
        random = SplitMix64(seed: seed)
    }

    /// A line, and its answer once that is durable.
    final class Sent {
        let line: String
        /// The time at which it is decided: its own, or the latest seen before it.
        fileprivate(set) var time: Int64 = 0
        fileprivate(set) var answer: JSONValue?
        fileprivate(set) var failure: LedgerError?

        init(_ line: String) { self.line = line }
    }

    var latestTime: Int64 { lines.latestTime }

    /// Decides and commits lines in their order, in rounds of a few; a transfer between lanes has one of its own.
    func send(_ texts: [String]) -> [Sent] {
        let all = texts.map { Sent($0) }
        var group = newGroup()
        for sent in all {
            var crosses = false
            let invalid = lines.read(sent.line) { command in
                sent.time = command.at
                crosses = self.crosses(command)
                if crosses { settle(&group) }
                let lane = ledger.lane(ofKeyHash: command.keyHash)
                group[lane].batch.append(&command)
                group[lane].sent.append(sent)
            }
            sent.answer = invalid
            // Now and then a commit of its own for what there is.
            if crosses || random.next() % 12 == 0 { settle(&group) }
        }
        settle(&group)
        return all
    }

    /// Lets time come to `time` in every lane, without a command.
    func passTime(to time: Int64) {
        clock.advance(to: time)
        run()
    }

    /// Decides and commits until nothing is left to do. A snapshot under way comes one piece further.
    func run() {
        for lane in 0..<ledger.engine.laneCount { ledger.engine.runLane(lane) }
        while ledger.engine.commit() {}
    }

    /// Begins a snapshot of all lanes; every `send` and `run` brings it one piece further.
    func startSnapshot() throws(LedgerError) {
        _ = try ledger.engine.startSnapshots(at: ledger.directory.places, on: disk)
    }

    func finishSnapshot() {
        for lane in 0..<ledger.engine.laneCount { while ledger.engine.runLane(lane) {} }
        while ledger.engine.commit() {}
    }

    /// Every player as memory has them.
    var players: [PlayerView] { ledger.engine.machines.flatMap { Self.players(of: $0) } }

    static func players(of machine: WalletMachine) -> [PlayerView] {
        var views: [PlayerView] = []
        machine.withState { state in state.forEachPlayer { views.append($0) } }
        return views
    }

    func close() { ledger.closeAndWait() }
}

extension LedgerByHand {
    private typealias Group = [(batch: CommandBatch, sent: [Sent])]

    private func newGroup() -> Group {
        (0..<ledger.engine.laneCount).map { _ in (CommandBatch(commandsExpected: 8), []) }
    }

    private func crosses(_ command: borrowing PreparedCommand) -> Bool {
        let (sender, recipient) = (command.keyHash, command.targetHash)
        return command.operation == .transfer
            && ledger.lane(ofKeyHash: sender) != ledger.lane(ofKeyHash: recipient)
    }

    /// Hands the group to its lanes, and waits until all of it is durable or the machine has stopped.
    private func settle(_ group: inout Group) {
        let results = group.map { _ in Locked<Result<Void, LedgerError>?>(nil) }
        for lane in group.indices.shuffled(using: &random) where !group[lane].sent.isEmpty {
            let batch = group[lane].batch
            let result = results[lane]
            batch.whenDone = { batch, error in
                let failure = error ?? batch.failure
                result.with { $0 = failure.map { .failure($0) } ?? .success(()) }
            }
            if let refused = ledger.engine.offer(batch, to: lane) { result.with { $0 = .failure(refused) } }
            ledger.engine.runLane(lane)
            if random.next() % 3 == 0 { ledger.engine.commit() }
        }
        run()
        for (part, result) in zip(group, results) {
            for (index, sent) in part.sent.enumerated() {
                switch result.with({ $0 }) {
                case .success: sent.answer = answers.answer(part.batch.outcome(index))
                case .failure(let failure): sent.failure = failure
                case nil: preconditionFailure("a work that was taken is finished or fails")
                }
            }
        }
        group = newGroup()
    }
}
