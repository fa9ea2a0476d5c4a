import HoldfastLog
import WalletModel

@testable import HoldfastWallet

/// A wallet on lanes in memory, driven by hand: JSON lines in, answers out, as `holdfast apply --clock given`.
final class TestLedger {
    let assets: AssetRegistry
    private(set) var machines: [WalletMachine]
    let lanes: [MemoryLane]
    private var turns: [LaneTurn]
    private var builder: CommandBuilder
    private var batches: [CommandBatch]
    private var now: Int64 = 0

    static let seed: UInt64 = 7

    init(lanes count: Int = 1, batchBytes: Int = 1 << 16, windowMilliseconds: Int64 = 86_400_000) {
        assets = AssetRegistry()
        builder = CommandBuilder(assets: assets, seed: Self.seed, clockIsGiven: true)
        lanes = (0..<count).map { _ in MemoryLane(batchBytes: batchBytes) }
        turns = lanes.enumerated().map { $1.openTurn(now: 0, lane: $0) }
        batches = (0..<count).map { _ in CommandBatch(commandsExpected: 1) }
        let assets = assets
        machines = (0..<count).map { _ in
            Self.machine(assets, lanes: count, windowMilliseconds: windowMilliseconds)
        }
    }

    /// An empty machine like those of this ledger, with small tables: the tests make many.
    static func machine(
        _ assets: AssetRegistry, lanes: Int = 1, windowMilliseconds: Int64 = 86_400_000,
        _ change: (inout WalletCapacity) -> Void = { _ in }
    ) -> WalletMachine {
        var capacity = WalletCapacity()
        capacity.players = 1 << 16
        capacity.furtherPurses = 1 << 16
        capacity.openHolds = 1 << 16
        capacity.requests = 1 << 20
        capacity.longIDBytes = 1 << 20
        change(&capacity)
        return WalletMachine(
            WalletConfiguration(
                assets: assets, seed: seed, lanes: lanes, windowMilliseconds: windowMilliseconds,
                capacity: capacity))
    }

    var machine: WalletMachine { machines[0] }
    /// The first failure among the commands that were handed over last.
    var failure: LogError? { batches.lazy.compactMap(\.failure).first }
    var lane: MemoryLane { lanes[0] }

    /// Goes on with another machine, as after a restart.
    func replace(_ machine: WalletMachine, lane: Int = 0) { machines[lane] = machine }

    /// Answers lines that are handed to the machine together. With several lanes one line at a time, as the order
    /// between lanes is nobody's otherwise.
    func apply(_ lines: [String]) -> [JSONValue] {
        machines.count > 1 ? lines.flatMap { applyTogether([$0]) } : applyTogether(lines)
    }

    func apply(_ line: String) -> JSONValue { apply([line])[0] }

    private func applyTogether(_ lines: [String]) -> [JSONValue] {
        var answers: [JSONValue?] = []
        var places: [(line: Int, lane: Int, index: Int)] = []
        for batch in batches { batch.reset() }
        for (number, line) in lines.enumerated() {
            let texts = TextKeeper()
            guard var form = CommandForm.read(line, texts) else {
                answers.append(Answers.invalid(nil))
                continue
            }
            var command = PreparedCommand()
            if let fault = builder.prepare(&form.form, into: &command) {
                answers.append(Answers.invalid(form.name(of: fault)))
                continue
            }
            let lane = LanePlacement.lane(ofHash: command.keyHash, lanes: machines.count)
            places.append((number, lane, batches[lane].append(&command)))
            answers.append(nil)
            // With several lanes time is the whole ledger's: each sees what any of them saw.
            if machines.count > 1 { now = max(now, command.at) }
        }
        for lane in Set(places.map(\.lane)) { run(lane) }
        for (line, lane, index) in places {
            answers[line] = Answers.json(batches[lane].outcome(index), assets)
        }
        return answers.map { $0! }
    }

    private func run(_ lane: Int) {
        turns[lane].now = max(turns[lane].now, now)
        while true {
            switch machines[lane].decide(batches[lane], on: &turns[lane]) {
            case .finished: return
            case .batchIsFull: commit(lane)
            case .needsLane(let other):
                var otherTurn = turns[other]
                let progress = machines[lane].decide(
                    batches[lane], on: &turns[lane], with: machines[other], on: &otherTurn)
                turns[other] = otherTurn
                if progress == .batchIsFull {
                    commit(lane)
                    commit(other)
                }
            }
        }
    }

    /// Makes what was laid down part of the log and opens the next batch.
    func commit(_ lane: Int = 0) {
        lanes[lane].commit(turns[lane].batch)
        turns[lane] = lanes[lane].openTurn(now: turns[lane].now, lane: lane)
    }

    /// Lets time pass in every lane without a command.
    func passTime(to time: Int64) {
        now = max(now, time)
        for lane in machines.indices {
            turns[lane].now = max(turns[lane].now, time)
            while !machines[lane].expire(on: &turns[lane]) { commit(lane) }
        }
    }

    /// A second machine from the records alone.
    func replayed(_ lane: Int = 0) throws(LogError) -> WalletMachine {
        commit(lane)
        let machine = Self.machine(assets, lanes: machines.count)
        try lanes[lane].forEachRecord { (record, address) throws(LogError) in
            try machine.apply(record, at: address)
        }
        return machine
    }

    /// Everything that the machines know of their players, sorted.
    func players() -> [PlayerView] { machines.flatMap(Self.players).sorted(by: Self.isBefore) }

    static func players(of machine: WalletMachine) -> [PlayerView] {
        var views: [PlayerView] = []
        machine.withState { state in state.forEachPlayer { views.append($0) } }
        return views.sorted(by: isBefore)
    }

    private static func isBefore(_ a: PlayerView, _ b: PlayerView) -> Bool {
        (Array(a.tenant.utf8) + [0] + Array(a.player.utf8)).lexicographicallyPrecedes(
            Array(b.tenant.utf8) + [0] + Array(b.player.utf8))
    }
}
