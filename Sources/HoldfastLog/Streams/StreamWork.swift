private import Synchronization

/// What callers hand to a lane of the event store: appends, or a question after the heads of streams.
package final class StreamWork: LaneWork, @unchecked Sendable {
    // @unchecked: passes from the caller to the lane's thread to the committing thread and back, each handing over
    // through a lock; never used by two at once.
    package struct Outcome: Sendable {
        package var revision: UInt64 = 0
        package var position: UInt64 = 0
        /// Set when the expectation was not met; `revision` then is the actual one.
        package var conflict = false
        var conflictAt = 0
    }

    package struct Head: Sendable {
        package let key: [UInt8]
        package var revision: UInt64 = 0
        package var address: UInt64 = 0
    }

    /// Keeps the frames alive.
    private let buffer: FrameBuffer
    let frames: UnsafeMutableRawBufferPointer
    package let outcomes: UnsafeMutableBufferPointer<Outcome>
    package var heads: [Head]
    /// Why the work ended before all of it was durable.
    private(set) var failure: LogError?
    private let completion: @Sendable (StreamWork, LogError?) -> Void

    // Touched once an event, by one thread at a time: the dynamic check of exclusive access would cost more than the
    // access itself.
    /// Where the lane stands: frames before `offset` and groups before `group` are decided.
    @exclusivity(unchecked) var offset = 0
    @exclusivity(unchecked) var group = 0
    /// Frames before this one have their hashes, and their streams were prefetched.
    @exclusivity(unchecked) var prefetched = 0
    /// The log's batches that the work has records in, each with the first group that has.
    @exclusivity(unchecked) private var batches: [(address: UInt64, firstGroup: Int)] = []

    // The committing thread's own: while it writes one batch of a large work, the lane fills the next.
    private var committedBatches: [(address: UInt64, firstPosition: UInt64)] = []
    /// Groups before this one have an outcome that stands, even where the work failed behind them. Known at the end.
    private(set) var settled = 0

    package init(
        _ batch: AppendBatch, heads: [[UInt8]] = [],
        completion: @escaping @Sendable (StreamWork, LogError?) -> Void
    ) {
        buffer = batch.frames.claimed()
        frames = UnsafeMutableRawBufferPointer(start: buffer.base, count: buffer.count)
        outcomes = .allocate(capacity: batch.count)
        outcomes.initialize(repeating: Outcome())
        self.heads = heads.map { Head(key: $0) }
        self.completion = completion
    }

    deinit {
        buffer.giveBack()
        outcomes.deallocate()
    }

    package var inboxBytes: Int { frames.count + 128 }

    /// Notes what became of a group. `index` is that of its last event in the open batch.
    func accepted(revision: UInt64, index: Int, batch: UInt64) {
        outcomes[group].revision = revision
        outcomes[group].position = UInt64(index)
        if batches.last?.address != batch { batches.append((batch, group)) }
        group += 1
    }

    func conflicted(actual: UInt64, frameOffset: Int) {
        outcomes[group].revision = actual
        outcomes[group].conflict = true
        outcomes[group].conflictAt = frameOffset
        group += 1
    }

    package func committed(batch address: UInt64, firstPosition: UInt64) {
        committedBatches.append((address, firstPosition))
    }

    package func finish(_ failure: LogError?) {
        self.failure = failure
        settle()
        completion(self, failure)
    }

    /// The lane is done with the work: puts together what it noted of its batches and what became of those. The work
    /// may have been in more rounds than it has records in.
    private func settle() {
        settled = group
        var next = 0
        for (index, batch) in batches.enumerated() {
            while next < committedBatches.count, committedBatches[next].address < batch.address { next += 1 }
            guard next < committedBatches.count, committedBatches[next].address == batch.address else {
                settled = batch.firstGroup
                return
            }
            let end = index + 1 < batches.count ? batches[index + 1].firstGroup : group
            for group in batch.firstGroup..<end where !outcomes[group].conflict {
                outcomes[group].position += committedBatches[next].firstPosition
            }
        }
    }

    /// What became of a group, once the work is finished.
    func result(_ group: Int) -> Result<AppendResult, LogError> {
        if let failure, group >= settled { return .failure(failure) }
        if let conflict = conflict(group) { return .failure(conflict) }
        return .success(AppendResult(revision: outcomes[group].revision, position: outcomes[group].position))
    }

    /// The error that a conflicting group is told.
    private func conflict(_ group: Int) -> LogError? {
        guard outcomes[group].conflict else { return nil }
        let frame = StreamFrame(base: frames.baseAddress! + outcomes[group].conflictAt)
        return .conflict(
            stream: String(decoding: frame.key, as: UTF8.self), expected: frame.expected,
            actual: outcomes[group].revision)
    }
}
