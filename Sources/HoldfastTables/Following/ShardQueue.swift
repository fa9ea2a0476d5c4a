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
    /// Time and position of the first event that is pending, and of the first that is under way.
    var pendingSince: Int64 = 0
    var pendingFrom: UInt64 = 0
    var underWaySince: Int64 = 0
    var underWayFrom: UInt64 = 0

    // A shard that fails.
    var failures = 0
    var retryAt: Int64 = 0
    var failure: TablesError?
    /// What it missed meanwhile is read from the log again.
    var hasGap = false

    init(_ number: Int) { self.number = number }

    /// Every event of this shard up to here is in the file, which may not know that yet: one that gets no events keeps
    /// its cursor until it has something to write.
    var reached: UInt64 {
        if failures > 0 || hasGap { return cursor }
        if underWay != nil { return max(cursor, underWayFrom - 1) }
        return pending.count > 0 ? max(cursor, pendingFrom - 1) : delivered
    }

    var bytesWaiting: Int { pending.bytes + (underWay?.bytes ?? 0) }
}
