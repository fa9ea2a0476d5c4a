/// Every bound of the archive in one place, each with its reason.
package enum ArchiveLimits {
    /// Input of a gzip member. Larger ones compress no better (62.6 bytes a row at 1 and at 4 MiB), smaller ones make
    /// the manifest longer; one of this size is unpacked in 2 ms.
    package static let memberBytes = 2 << 20
    /// A part that grows beyond this is closed, and the partition goes on in the next one.
    package static let partBytesMax = 256 << 20
    /// What rows that wait for the rest of their member may take over all tenants of a day.
    package static let openMembersBytesMax = 256 << 20
    /// A row's texts are at most 64 bytes each, six of them, and JSON writes a byte as six at the worst.
    package static let rowBytesMax = 8 << 10
    /// The most that a member may say it unpacks to, so that a forged size can't claim the memory.
    package static let memberBytesMax = memberBytes + rowBytesMax
    /// Rows in memory up to which more are read ahead: those of the largest piece, which come on top.
    static let rowsAheadMax = 8 << 20
    /// Members between the reading and the compressing thread.
    package static let membersUnderWay = 8
    /// Threads that sync files and read them back. With one, the files of a snapshot wait for each other's syncs.
    static let partCheckers = 3
    /// Files that wait to be checked by one of them.
    static let partsUnderWay = 4
    /// After this much in staging a snapshot is committed, so that a night that is broken off keeps what it did.
    package static let snapshotBytesMax = 4 << 30
    /// Days that one snapshot takes at most, for the same reason.
    package static let snapshotDaysMax = 32
    /// Clocks of two machines, or one that was set back a little: up to this much is no fault.
    package static let clockSkewMilliseconds: Int64 = 60_000
    /// A clock this far ahead of the ledger's newest event is taken for wrong.
    package static let clockLeadMilliseconds: Int64 = 3 * 366 * 86_400_000
}
