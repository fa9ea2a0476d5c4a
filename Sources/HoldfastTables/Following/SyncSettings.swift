/// How events are gathered into transactions.
package struct SyncSettings: Sendable {
    /// A shard's batch is written once it has so many events …
    package var batchRows = 100
    /// … or once its first event has waited so long.
    package var batchWaitMilliseconds: Int64 = 5_000
    /// While the ledger is busy batches are larger, because most of what a row costs is the pages that its transaction
    /// writes; but none is due later than this, however many shards share the events.
    package var busyBatchRows = 4_096
    package var busyWaitMilliseconds: Int64 = 250
    /// From how many events a second on the ledger is busy.
    package var busyRate = 200
    /// After so long without any event, shards that got none of the last ones move their cursors.
    package var quietMilliseconds: Int64 = 30_000
    /// How often the log is looked at for new events.
    package var pollMilliseconds = 20
    /// Threads that write.
    package var writers = 2
    /// What may wait in memory, over all shards.
    package var backlogBytesMax = 64 << 20
    /// What may wait for a shard that fails: of more, all is read from the log again once it works.
    package var failingBytesMax = 8 << 20
    /// What SQLite may keep in memory, over all shards.
    package var cacheBytes = 256 << 20
    /// How much the write-ahead logs may hold before they are moved into the files, over all shards.
    package var logBytes = 256 << 20
    /// Waits between the attempts at a shard that fails: doubled each time.
    package var retryMilliseconds: Int64 = 100
    package var retryMillisecondsMax: Int64 = 30_000
    /// Without `follow`, a shard that failed so often ends the run.
    package var attemptsMax = 6

    package init() {}
}

/// How far the tables are.
package struct SyncStatus: Sendable {
    /// Events written since the beginning of the run.
    package var events = 0
    package var deadLetters = 0
    package var batches = 0
    /// The last event of the log, as far as it was looked at.
    package var logEnd: UInt64 = 0
    /// Every shard has everything up to here, of those that could be read: one that fails from the beginning counts once
    /// it works.
    package var position: UInt64 = 0
    /// Of the events that were written since the status was asked for the last time, and of those that wait: the longest
    /// time that one was in the log and not in the tables.
    package var lagMilliseconds: Int64 = 0
    /// Shards that fail at the moment, and why.
    package var failing: [Int: String] = [:]

    package var lagRows: UInt64 { logEnd > position ? logEnd - position : 0 }
}
