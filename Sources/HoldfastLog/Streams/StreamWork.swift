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

    let frames: UnsafeRawBufferPointer
    package private(set) var outcomes: [Outcome]
    package var heads: [Head]
    private let completion: @Sendable (StreamWork, LogError?) -> Void

    /// Where the lane stands: frames before `offset` and groups before `group` are decided.
    var offset = 0
    var group = 0
    /// Groups with records in the present batch, whose positions are not known yet.
    private var uncommitted: [(batch: UInt64, groups: Range<Int>)] = []

    package init(
        _ batch: AppendBatch, heads: [[UInt8]] = [],
        completion: @escaping @Sendable (StreamWork, LogError?) -> Void
    ) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(8, batch.bytes.count), alignment: 8)
        batch.bytes.withUnsafeBytes { copy.copyMemory(from: $0) }
        frames = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(copy)[..<batch.bytes.count])
        outcomes = Array(repeating: Outcome(), count: batch.count)
        self.heads = heads.map { Head(key: $0) }
        self.completion = completion
    }

    deinit { frames.baseAddress.map { UnsafeMutableRawPointer(mutating: $0).deallocate() } }

    package var inboxBytes: Int { frames.count + 128 }

    /// Notes what became of a group. `index` is that of its last event in the open batch.
    func accepted(revision: UInt64, index: Int, batch: UInt64) {
        outcomes[group].revision = revision
        outcomes[group].position = UInt64(index)
        if let last = uncommitted.last, last.batch == batch {
            uncommitted[uncommitted.count - 1].groups = last.groups.lowerBound..<group + 1
        } else {
            uncommitted.append((batch, group..<group + 1))
        }
        group += 1
    }

    func conflicted(actual: UInt64, frameOffset: Int) {
        outcomes[group].revision = actual
        outcomes[group].conflict = true
        outcomes[group].conflictAt = frameOffset
        group += 1
    }

    package func committed(batch address: UInt64, firstPosition: UInt64) {
        for entry in uncommitted where entry.batch == address {
            for group in entry.groups where !outcomes[group].conflict {
                outcomes[group].position += firstPosition
            }
        }
        uncommitted.removeAll { $0.batch == address }
    }

    package func finish(_ failure: LogError?) { completion(self, failure) }

    /// The error that a conflicting group is told.
    package func conflict(_ group: Int) -> LogError? {
        guard outcomes[group].conflict else { return nil }
        let frame = StreamFrame(base: frames.baseAddress! + outcomes[group].conflictAt)
        return .conflict(
            stream: String(decoding: frame.key, as: UTF8.self), expected: frame.expected,
            actual: outcomes[group].revision)
    }
}
