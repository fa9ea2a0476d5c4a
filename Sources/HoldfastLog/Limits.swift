/// Every bound of the log in one place, each with its reason. A queue without a bound is a leak that has not
/// happened yet; a size without one is a way to make a reader allocate what an attacker wrote.
public enum Limits {
    /// A stream's key names it in every record, so it must stay small beside the payload.
    public static let keyBytesMax = 128
    /// One event's payload. Larger things belong in a file whose hash is the event.
    public static let payloadBytesMax = 1 << 20
    /// Tracing and causation data; it is stored, never interpreted.
    public static let metadataBytesMax = 32 << 10
    /// A lane is a thread and two batch buffers; more lanes than this is another ledger.
    public static let lanesMax = 64

    /// A batch is written by one call and synced once: at 1 GB/s 4 MiB keep a commit near 4 ms.
    package static let batchBytesMax = 4 << 20
    /// Where a batch begins and how its size is rounded: its header then never straddles a disk sector of 512 bytes.
    package static let batchAlignment = 128
    /// What a disk writes whole or not at all. Torn batches are recognised by sectors that were never written.
    package static let sectorBytes = 512

    /// From this size on a batch is rounded up to whole pages and written past the page cache: copying it there cost
    /// a quarter of all processor time in bulk. Smaller ones stay cached, for the reads that soon follow them.
    package static let largeBatchBytes = 256 << 10
    package static let pageBytes = 4096
    /// What one append can't use of the largest batch: header, trailer, and the part of a page before it. Without the
    /// latter an append that just fits into an empty batch would not fit into one that begins in mid-page.
    package static let batchOverheadBytes = 2 * pageBytes

    package static let segmentBytesDefault: UInt64 = 64 << 20
    package static let segmentBytesMin: UInt64 = 64 << 10
    package static let segmentBytesMax: UInt64 = 4 << 30
    /// Files are copied and hashed in steps of this size: large enough for a disk to run at full speed.
    package static let copyStepBytes = 1 << 20
    /// Sealed segments whose index stays in memory: about 50 KiB for each of the default size.
    package static let sealedSegmentsOpen = 512
    /// Open segments whose files stay open for reading: those that are not sealed yet, as a rule.
    package static let openSegmentsOpen = 128
    /// What a lane keeps open at most: those, and the few that it writes, prepares, seals and takes snapshots into.
    package static let laneFilesOpen = sealedSegmentsOpen + openSegmentsOpen + 16
    /// What full segments may come to, over all lanes, before sealing stands aside no longer for lanes that are short of
    /// cores: they take six times the space, and a history is found in them by reading them through.
    package static let unsealedBytesMax = 8 << 30
    /// Zero-filling ahead is done in steps of this size, each synced, so that a commit never queues behind more.
    package static let fillStepBytes = 4 << 20

    /// Commands that wait for one lane. Beyond it a caller is told `overloaded` instead of filling the memory.
    package static let inboxWorksMax = 65_536
    package static let inboxBytesMax = 256 << 20

    /// A work up to this size may be decided by its caller's thread: a few commands, over in microseconds.
    package static let decidedAtOnceBytesMax = 4 << 10

    /// A snapshot leaves the lane's thread in pieces of at most this size between two batches.
    package static let snapshotChunkBytes = 256 << 10
    /// How often a reader looks again at a tail that seems damaged, in case its owner is just writing it.
    package static let readingTries = 10

    /// Snapshots that are kept: the newest, and one more in case the newest turns out damaged.
    package static let snapshotsKept = 2
    /// No address, position or other count of a log comes near this, and no time. Files that say so are refused, so that
    /// whoever adds to what was read can't overflow.
    package static let countMax: UInt64 = 1 << 62
    package static let timesPossible: ClosedRange<Int64> = -(1 << 62)...(1 << 62)

    /// A named checkpoint is a file; its name must be one.
    public static let checkpointNameBytesMax = 64
}
