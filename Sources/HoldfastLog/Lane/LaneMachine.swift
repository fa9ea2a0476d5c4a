/// A deterministic state machine on one lane of the log. The event store's streams are one; the wallet is another.
///
/// The lane's thread hands it whole works, so that this boundary is crossed once a work and not once a command.
/// `apply` is the only way state changes: `decide` and `expire` lay a record down and apply it, recovery applies
/// what it reads back. State therefore can't drift from the log.
package protocol LaneMachine: AnyObject, SendableMetatype {
    associatedtype Work: LaneWork

    /// Decides the commands of `work` from where it stands, laying records down in the turn's batch.
    func decide(_ work: Work, on turn: inout LaneTurn) -> WorkProgress
    /// Goes on with a work that needs a second lane's state as well. Both lanes are held still meanwhile.
    func decide(
        _ work: Work, on turn: inout LaneTurn, with other: Self, on otherTurn: inout LaneTurn
    ) -> WorkProgress

    /// Lays down what falls due by the turn's time. False when the batch filled up before all was done.
    func expire(on turn: inout LaneTurn) -> Bool
    /// When something falls due next, if anything does.
    var earliestDue: Int64? { get }

    /// Takes in a record that is in the log: at recovery and replay. A record older than what a snapshot already
    /// brought must change nothing.
    func apply(_ record: RecordView, at address: UInt64) throws(LogError)
    /// The same for many records in the log's order: a chance to bring what they touch into the cache first.
    func apply(_ records: UnsafeBufferPointer<PlacedRecord>) throws(LogError)
    /// Lends out a part of the state that can take records in by itself, beside the rest: recovery then has work for
    /// two threads. Nil where there is none.
    func lendShare() -> (any RecoveryShare)?
    /// The latest time that state has seen. The lane's clock never falls behind it.
    var latestTime: Int64 { get }
    /// About how many entries a snapshot of the state has: what it costs to write and to load.
    var stateEntries: Int { get }

    /// Starts a snapshot of the state; `snapshotChunk` then writes it piece by piece between batches. Pieces may be
    /// of different moments: each must say for itself up to which revision it holds (DESIGN: fuzzy snapshots).
    func beginSnapshot()
    /// Appends one piece to `chunk`, of about `Limits.snapshotChunkBytes`. False when there is no more.
    func snapshotChunk(into chunk: inout [UInt8]) -> Bool
    func loadSnapshotChunk(_ chunk: UnsafeRawBufferPointer) throws(LogError)
    /// Called behind the last piece: refuses a snapshot that is not whole, or knows of addresses behind its `end`.
    func finishLoading(end: UInt64) throws(LogError)
}

extension LaneMachine {
    package func apply(_ records: UnsafeBufferPointer<PlacedRecord>) throws(LogError) {
        for placed in records { try apply(placed.record, at: placed.address) }
    }

    package func lendShare() -> (any RecoveryShare)? { nil }
    package func finishLoading(end: UInt64) throws(LogError) {}
}

/// A part of a machine's state that is lent to a thread of its own while records are taken in.
package protocol RecoveryShare: AnyObject, Sendable {
    /// Takes in what the records say to this part. They are those that the machine is handed, in the same order.
    func apply(_ records: UnsafeBufferPointer<PlacedRecord>) throws(LogError)
    /// The machine is whole again, and nothing more is taken in here.
    func giveBack()
}

/// A record and where it stands.
package struct PlacedRecord {
    package let record: RecordView
    package let address: UInt64

    package init(record: RecordView, address: UInt64) {
        self.record = record
        self.address = address
    }
}

/// Commands handed to a lane together, and where their answers go.
package protocol LaneWork: AnyObject, Sendable, SendableMetatype {
    /// About how much memory it keeps while it waits, for the inbox's bound.
    var inboxBytes: Int { get }
    /// The batch at this address is durable, and its first event has this position. Called for each batch that the
    /// work has records in, in order, on the committing thread.
    func committed(batch address: UInt64, firstPosition: UInt64)
    /// Everything the work caused is durable: release the answers. Or it failed: nothing more will come of it.
    func finish(_ failure: LogError?)
}

package enum WorkProgress: Equatable {
    case finished
    /// The batch has no room for the next record: call again with a fresh one.
    case batchIsFull
    /// The next command also touches this lane.
    case needsLane(Int)
}

/// What a machine holds while it works: the open batch, the time, and a way to read back earlier records.
package struct LaneTurn {
    package var batch: OpenBatch
    /// Milliseconds since 1970; never earlier than any record of the lane.
    package var now: Int64
    package let lane: Int
    @usableFromInline let reader: LaneReader

    package init(batch: OpenBatch, now: Int64, lane: Int, reader: LaneReader) {
        self.batch = batch
        self.now = now
        self.lane = lane
        self.reader = reader
    }

    /// The record at `address` of this lane: in the open batch, in one that is being synced, or on disk.
    /// The view is good until the next call.
    package func record(at address: UInt64) throws(LogError) -> RecordView {
        if address >= batch.address, address < batch.nextAddress {
            return RecordView(batch.base + Int(address - batch.address))
        }
        return try reader.record(at: address)
    }

    /// Whether a record was in a segment that the log has given up: nothing can be learnt of it any more.
    package func isGivenUp(_ address: UInt64) -> Bool { reader.isGivenUp(address) }

    /// Whether a record is in a sealed segment. There it is found quickly by its stream's key, and without one only by
    /// putting the whole segment together again.
    package func isSealed(_ address: UInt64) throws(LogError) -> Bool {
        if address >= batch.address { return false }
        return try reader.isSealed(address)
    }

    /// The record at `address` of the stream with this key; nil where a sealed segment holds none of it there.
    /// Good until the next call.
    package func record(at address: UInt64, of key: UnsafeRawBufferPointer) throws(LogError) -> RecordView? {
        try reader.record(at: address, of: key)
    }

    /// Where the stream's newest record stands that is not behind `address`, in the newest sealed segment that may
    /// know a name, and where that segment begins; nil where no segment does.
    package func newestSealed(
        name: UInt64, of key: UnsafeRawBufferPointer, upTo address: UInt64
    ) throws(LogError) -> (address: UInt64, segment: UInt64)? {
        try reader.newestSealed(name: name, of: key, upTo: address)
    }
}
