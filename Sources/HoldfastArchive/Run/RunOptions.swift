/// What the nightly job is told.
package struct RunOptions: Sendable {
    /// Milliseconds since 1970.
    package var now: Int64
    /// Days whose end is older than this move into files.
    package var olderThan: Int64 = 90 * 86_400_000
    /// Days whose end is older than this are dropped from the tables.
    package var deleteAfter: Int64 = 100 * 86_400_000
    package var isDryRun = false
    package var engine = GzipEngine.best
    /// With two, another than the one that makes lines of rows compresses them; with three, another still checks the
    /// files; with four, another reads the next rows meanwhile.
    package var threads = 4
    /// The name of the ledger in the partitions.
    package var database: String
    /// Whether a newest snapshot that is later than `now` is put down to a clock that was wrong then.
    package var forgivesClock = false
    package var log: Snapshot.LogCover?
    /// After so many bytes in staging a snapshot is committed.
    package var snapshotBytesMax = ArchiveLimits.snapshotBytesMax
    package var snapshotDaysMax = ArchiveLimits.snapshotDaysMax
    package var partBytesMax = ArchiveLimits.partBytesMax
    /// Asked before each day: once it says no, the run ends with what it has.
    package var mayGoOn: @Sendable () -> Bool = { true }

    package init(now: Int64, database: String) {
        self.now = now
        self.database = database
    }
}

/// What a run did, or with `--dry-run` would do.
package struct RunReport: Sendable, Equatable {
    package struct Move: Sendable, Equatable {
        package let shelf: String
        package let days: [String]
        package let rows: Int
        /// Of these, rows that an earlier run had moved already.
        package var found = 0
        package var files = 0
        package var bytes: UInt64 = 0
        package var snapshot: Int64?
    }

    package struct Drop: Sendable, Equatable {
        package let shelf: String
        package let day: String
        package let rows: Int
        package var receipt: String?
    }

    package var recovered: [String] = []
    package var moved: [Move] = []
    package var dropped: [Drop] = []
    /// What could not be done, each with its reason. The rest was done all the same.
    package var problems: [String] = []
    /// It was told to end, and some days were not looked at.
    package var isCutShort = false

    package init() {}

    package var movedRows: Int { moved.reduce(0) { $0 + $1.rows - $1.found } }
    package var droppedRows: Int { dropped.reduce(0) { $0 + $1.rows } }
}
