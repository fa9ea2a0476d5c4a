/// The seam to a replicated log. The files implement it today; a proven replicated store may later. Nothing above
/// it knows of segments or files.
///
/// One writer owns a lane for one epoch. `append` names the epoch and the address it expects the batch to take, so
/// that a stale writer, a lost answer and a repeated call all end well: fenced, unknown, committed once.
package protocol BatchLog: AnyObject, Sendable {
    /// The end of the log as this process knows it.
    var tail: LogTail { get }
    /// Where the log begins: what lies before it was given up.
    var firstAddress: UInt64 { get }

    /// Takes the lane: writes a fence whose address is the new epoch. Every earlier epoch is dead from here on.
    func acquire(at time: Int64, round: UInt64, position: UInt64) throws(LogError) -> Tenure

    /// Where the batch after `address` goes, with room for `bytes` at least. Meets a full disk here, before any
    /// command is accepted.
    func place(after address: UInt64, atLeast bytes: Int) throws(LogError) -> BatchPlace
    /// The largest batch that `place` can ever offer.
    var batchBytesMax: Int { get }

    /// Makes a finished batch durable. Repeating a committed batch commits nothing anew.
    func append(_ batch: BatchView, epoch: UInt64, expected address: UInt64) -> AppendOutcome

    /// The batches from the one that holds `address` on, up to `end`, checked as they are read.
    func batches(from address: UInt64, upTo end: UInt64) throws(LogError) -> any BatchCursor

    /// The batch that holds the event at `position` or the first one after it begins at or after this address.
    func address(near position: UInt64) throws(LogError) -> UInt64

    /// Up to `buffer.count` bytes at `address`.
    func read(into buffer: UnsafeMutableRawBufferPointer, at address: UInt64) throws(LogError) -> Int

    /// The sealed segment that holds `address`, if it is in one: single events are then read by their stream's key.
    func sealedSegment(at address: UInt64) throws(LogError) -> SealedSegment?

    /// Forgets what lies before `address`, in whole segments.
    func trim(before address: UInt64) throws(LogError)

    /// Says in the log's own terms (file, offset) what is wrong at `address`.
    func damage(at address: UInt64, _ found: String) -> LogError
}

/// The end of a lane's log.
package struct LogTail: Sendable, Equatable {
    /// The first address behind the last batch.
    package var address: UInt64
    /// Number of the last batch, 0 before the first.
    package var number: UInt64
    package var hash: Digest
    package var round: UInt64
    /// Position that the next event of the lane can have at the earliest.
    package var nextPosition: UInt64
    package var time: Int64
}

package struct Tenure: Sendable, Equatable {
    package let epoch: UInt64
    package let tail: LogTail
}

package struct BatchPlace: Sendable, Equatable {
    package let address: UInt64
    /// For header, records, padding and trailer.
    package let bytes: Int
}

package enum AppendOutcome: Sendable, Equatable {
    case committed
    /// A later writer owns the lane; nothing was written.
    case fenced
    /// It may or may not be durable: only reading the log again tells.
    case unknown(DiskFailure)
}

package protocol BatchCursor: AnyObject {
    /// The next batch, or nil at the end. The view is good until the next call.
    func next() throws(LogError) -> BatchView?
    /// Moves the end further: the log has grown since.
    func extend(to end: UInt64)
    /// After damage was thrown: goes on behind it, for whoever lists all that is wrong.
    func passDamage() throws(LogError) -> DamagePassed
}

/// Where a cursor stands that has passed damage.
package enum DamagePassed {
    /// Behind this batch: its header is whole and says where it ends. What it holds is still to be looked at.
    case batch(BatchView)
    /// At something that may be read again. What lies between is lost.
    case behind
    case nothingBehind
}

extension BatchLog {
    package var firstAddress: UInt64 { 0 }
    package func sealedSegment(at address: UInt64) throws(LogError) -> SealedSegment? { nil }
}
