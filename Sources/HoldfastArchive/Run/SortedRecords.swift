internal import CHoldfast
internal import HoldfastLog
internal import HoldfastTables
internal import HoldfastWallet

/// The records of one day of one shard on their way out of the order of the log. Each segment gives a run of them that
/// is sorted by key already; in the end the runs are merged. A run is in memory, in a spill file, or begins in the one
/// and ends in the other.
final class SortedRecords {
    private let arena: RecordArena
    private var file: SpillFile?
    @exclusivity(unchecked) private(set) var rows = 0
    private var blocks: [Int] = []
    private var runs: [Run] = []
    private var openRun: [Stretch] = []
    /// In the arena: where what belongs to the open run begins in its last block, where the next record goes, and where
    /// the block ends.
    private var begin = 0
    @exclusivity(unchecked) private var next = 0
    @exclusivity(unchecked) private var end = 0

    /// What came from one segment.
    private struct Run {
        let order: Int
        var stretches: [Stretch]
    }

    /// Whole records, one behind the other, in the arena or the file.
    struct Stretch {
        var offset: Int
        let count: Int
        var isSpilled = false
    }

    init(in arena: RecordArena) { self.arena = arena }

    deinit { giveBackBlocks() }

    /// False where there is no room any more.
    @inline(__always)
    func append(_ row: SealedRow) -> Bool {
        let bytes = row.recordBytes
        if end &- next < bytes, !beginBlock(for: bytes) { return false }
        row.store(at: arena.base + next)
        next &+= bytes
        rows &+= Self.rows(ofType: row.type)
        return true
    }

    static func rows(ofType type: UInt16) -> Int {
        // Only exchanges have two.
        type == EventKind.exchanged.rawValue ? 2 : 1
    }

    @inline(never)
    private func beginBlock(for bytes: Int) -> Bool {
        precondition(bytes <= arena.blockBytes, "a wallet's record is smaller than any block")
        endStretch()
        guard let block = arena.take() else { return false }
        blocks.append(block)
        begin = block
        next = block
        end = block + arena.blockBytes
        return true
    }

    private func endStretch() {
        if next > begin { openRun.append(Stretch(offset: begin, count: next - begin)) }
        begin = next
    }

    /// `order` says which run comes first where two have records of one player.
    func endRun(_ order: Int) {
        endStretch()
        if !openRun.isEmpty { runs.append(Run(order: order, stretches: openRun)) }
        openRun = []
    }

    /// Makes room in memory.
    func spill(to file: SpillFile) throws(ArchiveError) {
        self.file = file
        endStretch()
        for run in runs.indices { try spill(&runs[run].stretches, to: file) }
        try spill(&openRun, to: file)
        giveBackBlocks()
    }

    private func spill(_ run: inout [Stretch], to file: SpillFile) throws(ArchiveError) {
        for index in run.indices where !run[index].isSpilled {
            run[index].offset = try file.append(bytes(of: run[index]))
            run[index].isSpilled = true
        }
    }

    private func bytes(of stretch: Stretch) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: arena.base + stretch.offset, count: stretch.count)
    }

    private func giveBackBlocks() {
        for block in blocks { arena.giveBack(block) }
        blocks = []
        (begin, next, end) = (0, 0, 0)
    }

    private func readers(bufferBytes: Int) -> [(order: Int, reader: RunReader)] {
        runs.map { run in
            let memory = UnsafeRawPointer(arena.base)
            return (run.order, RunReader(run.stretches, in: memory, or: file, bufferBytes: bufferBytes))
        }
    }

    /// Hands over all records by tenant and player (by bytes) and in the order of the log, some at a time.
    static func forEachPiece(
        of parts: [SortedRecords], in pool: PiecePool, _ take: (any RowPiece) throws(ArchiveError) -> Void
    ) throws(ArchiveError) {
        // All runs are read at once.
        let count = parts.reduce(0) { $0 + $1.runs.count }
        let bufferBytes = max(64 << 10, min(1 << 20, (64 << 20) / max(1, count)))
        let readers = parts.flatMap { $0.readers(bufferBytes: bufferBytes) }.sorted { $0.order < $1.order }
        var merge = try MergedRuns(readers.map(\.reader))
        while merge.record != nil {
            let piece = RecordPiece(from: pool)
            while let record = merge.record, piece.append(record) { try merge.advance() }
            try take(piece)
        }
    }
}
