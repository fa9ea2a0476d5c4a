internal import HoldfastLog
package import HoldfastWallet

/// Commands in the order in which they are to be answered, spread over the lanes of a ledger.
///
/// Within a lane the order of the list is kept anyway. A transfer to a player of another lane must see what came
/// before it there, and be seen by what comes after: it is a run of its own.
package final class CommandRun {
    private let ledger: Ledger
    private let batches: [CommandBatch]
    /// Where each command went, in the order of the list; with one lane that order is the batch's own.
    @exclusivity(unchecked) private var places: [(lane: Int32, index: Int32)] = []
    /// Of what was handed over and is not settled.
    private var arrivals: [Arrival] = []

    package init(_ ledger: Ledger, commandsExpected: Int = 1024) {
        self.ledger = ledger
        batches = (0..<ledger.laneCount).map { _ in CommandBatch(commandsExpected: commandsExpected) }
    }

    package var count: Int { batches.count == 1 ? batches[0].count : places.count }
    package var isEmpty: Bool { count == 0 }

    package func append(_ command: inout PreparedCommand) {
        if batches.count == 1 {
            batches[0].append(&command)
            return
        }
        let hash = command.keyHash
        let lane = ledger.lane(ofKeyHash: hash)
        let index = batches[lane].append(&command)
        places.append((Int32(lane), Int32(index)))
    }

    /// Whether the command reaches into a second lane.
    package func crossesLanes(_ command: PreparedCommand) -> Bool {
        guard command.operation == .transfer else { return false }
        let (sender, recipient) = (command.keyHash, command.targetHash)
        return ledger.lane(ofKeyHash: sender) != ledger.lane(ofKeyHash: recipient)
    }

    /// Hands everything over and returns when all of it is durable.
    package func commit() async throws(LedgerError) {
        await handOver()
        try await settled()
    }

    /// Hands everything over and returns once the lanes have it. Runs that one task hands over one after the other are
    /// decided in that order; each must be `settled` before its answers are read.
    package func handOver() async {
        for lane in batches.indices where batches[lane].count > 0 {
            let batch = batches[lane]
            let arrival = Arrival()
            arrivals.append(arrival)
            batch.whenDone = { batch, failure in arrival.settle(failure ?? batch.failure) }
            do throws(LedgerError) {
                try await ledger.engine.submit(batch, to: lane)
            } catch {
                batch.finish(error)
            }
        }
    }

    /// Hands everything over without waiting. `done` is called once all of it is durable, or with what kept any of it from
    /// that: by the thread that committed the last of it, which has others to answer. For one hand-over at a time.
    package func handOver(then done: @escaping @Sendable (LedgerError?) -> Void) {
        let filled = batches.indices.filter { batches[$0].count > 0 }
        if filled.isEmpty { return done(nil) }
        let left = Locked((count: filled.count, failure: LedgerError?.none))
        for lane in filled {
            batches[lane].whenDone = { batch, failure in
                let (count, first) = left.with { left in
                    left.count -= 1
                    left.failure = left.failure ?? failure ?? batch.failure
                    return left
                }
                if count == 0 { done(first) }
            }
            ledger.engine.handOver(batches[lane], to: lane)
        }
    }

    /// Returns when all that was handed over is durable; throws what kept any of it from that.
    package func settled() async throws(LedgerError) {
        var first: LedgerError?
        for arrival in arrivals {
            let failure = await arrival.failure()
            first = first ?? failure
        }
        arrivals.removeAll(keepingCapacity: true)
        if let first { throw first }
    }

    /// The answer to the command with this number in the list.
    package func outcome(_ number: Int) -> Outcome {
        if batches.count == 1 { return batches[0].outcome(number) }
        return batches[Int(places[number].lane)].outcome(Int(places[number].index))
    }

    package func reset() {
        places.removeAll(keepingCapacity: true)
        for batch in batches { batch.reset() }
    }
}

/// The end of one hand-over, waited for by one task.
private final class Arrival: Sendable {
    private struct State {
        var isSettled = false
        var failure: LedgerError?
        var waiting: CheckedContinuation<LedgerError?, Never>?
    }

    private let state = Locked(State())

    func settle(_ failure: LedgerError?) {
        let waiting = state.with { state in
            state.isSettled = true
            state.failure = failure
            return state.waiting
        }
        waiting?.resume(returning: failure)
    }

    /// What it ended with, once it has.
    func failure() async -> LedgerError? {
        await withCheckedContinuation { continuation in
            let settled = state.with { state -> State? in
                if state.isSettled { return state }
                state.waiting = continuation
                return nil
            }
            if let settled { continuation.resume(returning: settled.failure) }
        }
    }
}

extension Ledger {
    /// A player's wallet now, without waiting for it: `then` is called once what it shows is durable, by the thread that
    /// committed it, which has others to answer.
    package func look(
        at player: Player, then: @escaping @Sendable (Result<Wallet?, LedgerError>) -> Void
    ) {
        let batch = CommandBatch(commandsExpected: 1)
        let found = Locked<PlayerView?>(nil)
        batch.query = { state, _ in
            let view = state.view(tenant: player.tenant, player: player.id)
            found.with { $0 = view }
        }
        batch.whenDone = { batch, failure in
            if let failure = failure ?? batch.failure { return then(.failure(failure)) }
            then(.success(found.with { $0 }.map { Wallet($0) }))
        }
        engine.handOver(batch, to: lane(of: player))
    }

    /// A builder of commands for one thread.
    package func makeBuilder() -> CommandBuilder {
        CommandBuilder(assets: assets, seed: configuration.seed, clockIsGiven: !clock.runsByItself)
    }

    /// What the wallets of all lanes take in memory.
    package var memory: WalletMemory {
        engine.machines.reduce(into: WalletMemory()) { sum, machine in
            sum.add(machine.withState { $0.memory })
        }
    }

    /// Lets every lane take notice of the time: holds that are due by now end, also where no command comes by.
    package func tick() async throws(LedgerError) {
        for lane in 0..<laneCount { try await submit(CommandBatch(commandsExpected: 1), lane: lane) }
    }

    /// The latest time that any lane has seen.
    package var latestTime: Int64 { engine.latestTime }
}
