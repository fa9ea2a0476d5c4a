package import HoldfastLog
import Synchronization

/// The wallet on a lane of the log: decides command batches, expires holds, recovers from records and snapshots.
///
///     let machine = WalletMachine(WalletConfiguration(assets: registry, seed: seed, lanes: lanes))
///
/// The object is only a handle. Everything is in `state`, entered once a call: a class's properties cost 20 ns each
/// time they are touched across modules, and a command touches dozens.
package final class WalletMachine: LaneMachine {
    package typealias Work = CommandBatch

    private var state: WalletState
    /// When the next hold may fall due, `max` for never. The lane's thread looks at it before it sleeps, when another
    /// lane's transfer may be at work in here.
    private let nextDue = Atomic<Int64>(.max)

    package init(_ configuration: WalletConfiguration) { state = WalletState(configuration) }

    package func decide(_ work: CommandBatch, on turn: inout LaneTurn) -> WorkProgress {
        let progress = state.decide(work, on: &turn)
        if progress == .finished, let query = work.query { query(&state, turn.now) }
        noteNextDue()
        return progress
    }

    package func decide(
        _ work: CommandBatch, on turn: inout LaneTurn, with other: WalletMachine, on otherTurn: inout LaneTurn
    ) -> WorkProgress {
        state.decideTransfer(work, on: &turn, with: &other.state, on: &otherTurn)
    }

    package func expire(on turn: inout LaneTurn) -> Bool {
        let isDone = state.expire(on: &turn)
        noteNextDue()
        return isDone
    }

    package var earliestDue: Int64? {
        let due = nextDue.load(ordering: .relaxed)
        return due == .max ? nil : due
    }

    private func noteNextDue() { nextDue.store(state.earliestDue ?? .max, ordering: .relaxed) }

    package var latestTime: Int64 { state.latestTime }
    package var stateEntries: Int { state.playerCount + state.rememberedRequestCount }

    package func apply(_ record: RecordView, at address: UInt64) throws(LogError) {
        try state.apply(record, at: address)
    }

    /// Several at once, in the log's order: twice as fast as one after the other.
    package func apply(_ records: UnsafeBufferPointer<PlacedRecord>) throws(LogError) {
        try state.apply(records)
    }

    package func lendShare() -> (any RecoveryShare)? { LentRequests(of: self) }

    package func beginSnapshot() { state.beginSnapshot() }
    package func snapshotChunk(into chunk: inout [UInt8]) -> Bool { state.snapshotChunk(into: &chunk) }
    package func loadSnapshotChunk(_ chunk: UnsafeRawBufferPointer) throws(LogError) {
        try state.loadSnapshotChunk(chunk)
    }
    package func finishLoading(end: UInt64) throws(LogError) { try state.finishLoading(end: end) }

    /// The state, for whoever holds the lane still: tests, replays and reports.
    package func withState<Result: ~Copyable>(_ body: (inout WalletState) -> Result) -> Result { body(&state) }
}
