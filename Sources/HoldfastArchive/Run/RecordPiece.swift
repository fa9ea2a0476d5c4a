internal import Holdfast
internal import HoldfastLog
internal import HoldfastMemory
internal import HoldfastWallet

/// Some records in memory in the order in which they are wanted. Nothing changes any more once they are handed over, so
/// any thread may read them.
final class RecordPiece: RowPiece, @unchecked Sendable {
    private let pool: PiecePool
    private let memory: PieceMemory
    private var used = 0
    /// Of rows.
    private(set) var count = 0

    init(from pool: PiecePool) {
        self.pool = pool
        memory = pool.take()
    }

    deinit { pool.giveBack(memory) }

    /// False where there is no room for it.
    @inline(__always)
    func append(_ record: RecordView) -> Bool {
        let size = record.size
        if PiecePool.pieceBytes &- used < size { return false }
        (memory.base + used).copyMemory(from: record.base, byteCount: size)
        used &+= size
        count &+= SortedRecords.rows(ofType: record.type)
        return true
    }

    func forEachRow(_ body: (EventRow) throws(ArchiveError) -> Void) throws(ArchiveError) {
        var at = 0
        while at < used {
            let record = RecordView(memory.base + at)
            let rows = try inLog { () throws(LogError) in try EventRows(reading: record) }
            try body(rows.first)
            if let second = rows.second { try body(second) }
            at += record.size
        }
    }
}

/// Keeps the memory of pieces that went for the next ones: fresh memory is cleared by the kernel first.
final class PiecePool: Sendable {
    static let pieceBytes = 16 << 20
    private let spare = Locked<[PieceMemory]>([])

    func take() -> PieceMemory { spare.with { $0.popLast() } ?? PieceMemory() }
    func giveBack(_ memory: PieceMemory) { spare.with { $0.append(memory) } }
}

final class PieceMemory: Sendable {
    private let region = MappedRegion(size: PiecePool.pieceBytes)
    var base: UnsafeMutableRawPointer { region.base }
}
