/// What is on its way to one shard. The feeding thread owns it; `writer` belongs to the writing thread as long as a
/// batch is under way. Handing over goes through a mailbox, so the two never touch it at once: that is why it is
/// called Sendable.
final class ShardQueue: @unchecked Sendable {
    let number: Int
    var writer: ShardWriter?
    /// Every event of this shard up to here is in the file.
    var cursor: UInt64 = 0
    /// Every event of this shard up to here was taken from the log.
    var delivered: UInt64 = 0
    var pending = RecordBatch()
    var spare: RecordBatch? = RecordBatch()
    /// With the writer, or waiting for another attempt.
    var underWay: RecordBatch?
    var isWriting = false
    /// A file that is being built is finished at this position.
    var finishAt: UInt64?
    /// Of the first event that is pending, and of the first that is under way: how old it was, in milliseconds, when it
    /// was read, and its position.
    var pendingAge: Int64 = 0
    var pendingFrom: UInt64 = 0
    var underWayAge: Int64 = 0
    var underWayFrom: UInt64 = 0

    // A shard that fails.
    /// Why it fails at the moment.
    var failure: TablesError?
    var isFailing: Bool { failure != nil }
    /// Tries that failed since events were written to it last. One that goes well with nothing to write doesn't end the
    /// count: on a full disk it does, again and again, while no event can be written.
    var vainTries = 0
    var retryAt: Int64 = 0
    /// What it missed meanwhile is read from the log again.
    var hasGap = false
    /// The log's end when the queue was handed over for another attempt: no file may stand further.
    var logEnd = UInt64.max

    init(_ number: Int) { self.number = number }

    private var knownReached: UInt64?

    /// Every event of this shard up to here is in the file, which may not know that yet: one that gets no events keeps
    /// its cursor until it has something to write. What is said once stays so: it never goes back. Nil as long as the
    /// file could not be read.
    func reached() -> UInt64? {
        // The cursor of one that fails is the writer's to find out.
        if isFailing { return knownReached }
        // What it missed is not read again yet.
        var reached = hasGap ? cursor : delivered
        if underWay != nil {
            reached = underWayFrom - 1
        } else if pending.count > 0 {
            reached = pendingFrom - 1
        }
        reached = max(knownReached ?? 0, reached)
        knownReached = reached
        return reached
    }

    /// How long the oldest event that is not in the file has been in the log, in milliseconds.
    func lag(_ now: Int64) -> Int64 {
        if let batch = underWay, batch.count > 0 { return underWayAge + (now - batch.begunAt) / 1_000_000 }
        return pending.count > 0 ? pendingAge + (now - pending.begunAt) / 1_000_000 : 0
    }

    var bytesWaiting: Int { pending.bytes + (underWay?.bytes ?? 0) }

    /// Everything that was taken from the log is in the file, and its cursor says so.
    var isWritten: Bool { pending.count == 0 && underWay == nil && !hasGap && cursor == delivered }
}

// Whose turn it is.
extension ShardQueue {
    /// How long the first event that is pending has waited here for its batch, in milliseconds.
    func waited(_ now: Int64) -> Int64 { pending.count > 0 ? (now - pending.begunAt) / 1_000_000 : 0 }

    /// Those whose events have waited too long, the longest first: by what they hold alone, a shard with few events
    /// would never have its turn while the writers are behind. Then the fullest, since large batches cost least an event.
    static func inOrder(_ due: [ShardQueue], _ now: Int64, lateAfter milliseconds: Int64) -> [ShardQueue] {
        due.sorted { first, second in
            let (isLate, isOtherLate) = (first.waited(now) >= milliseconds, second.waited(now) >= milliseconds)
            if isLate, isOtherLate, first.lag(now) != second.lag(now) { return first.lag(now) > second.lag(now) }
            return isLate == isOtherLate ? first.pending.bytes > second.pending.bytes : isLate
        }
    }
}
