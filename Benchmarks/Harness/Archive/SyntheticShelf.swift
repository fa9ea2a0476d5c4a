internal import HoldfastArchive
internal import HoldfastTables
internal import HoldfastWallet

/// A shard whose rows are made as they are read.
final class SyntheticShelf: RowShelf {
    let name = "shard-00"
    let label = ShardLabel([0], of: 1)
    private let rows: SyntheticRows
    private var isArchived = false

    init(_ rows: SyntheticRows) { self.rows = rows }

    func position() throws(ArchiveError) -> UInt64 { .max }
    func days() throws(ArchiveError) -> [ShelfDay] {
        [ShelfDay(rows.day, rows: rows.count, unarchivedRows: isArchived ? 0 : rows.count)]
    }
    func countUnarchived(of day: Day) throws(ArchiveError) -> Int { isArchived ? 0 : rows.count }
    func markArchived(_ day: Day, receipt: String, at now: Int64) throws(ArchiveError) { isArchived = true }
    func drop(_ day: Day) throws(ArchiveError) {}
    func gather(_ day: Day, _ take: (any RowPiece) throws(ArchiveError) -> Void) throws(ArchiveError) { try take(rows) }

    func rowsTaken() throws(ArchiveError) -> [Day: Int] { [:] }

    func forEachRow(
        of day: Day, notYetArchived: Bool, _ body: (EventRow) throws(ArchiveError) -> Void
    ) throws(ArchiveError) -> Int {
        try rows.forEachRow(body)
        return rows.count
    }
}

/// Bets and wins of many players over one day, in the order of their keys. Making one costs a tenth of what the archive
/// does with it.
struct SyntheticRows: RowPiece {
    let count: Int
    let day: Day
    private static let rowsPerPlayer = 16
    private static let tenants = ["evian", "volvic", "contrex", "vittel"]

    func forEachRow(_ body: (EventRow) throws(ArchiveError) -> Void) throws(ArchiveError) {
        let texts = UnsafeMutableRawPointer.allocate(byteCount: 128, alignment: 16)
        defer { texts.deallocate() }
        func write(_ bytes: [UInt8], at offset: Int) {
            (texts + offset).copyMemory(from: bytes, byteCount: bytes.count)
        }
        func text(_ offset: Int, _ count: Int) -> UnsafeRawBufferPointer {
            UnsafeRawBufferPointer(start: texts + offset, count: count)
        }
        let tenants = Self.tenants.map { Array($0.utf8) }
        for (index, tenant) in tenants.enumerated() { write(tenant, at: 80 + index * 8) }
        write(Array("BRL".utf8), at: 112)
        var random: UInt64 = 88_172_645_463_325_252
        for number in 0..<count {
            random ^= random << 13
            random ^= random >> 7
            random ^= random << 17
            let player = number / Self.rowsPerPlayer
            let tenant = player & 3
            Hexadecimal.write(UInt32(player), into: texts)
            Hexadecimal.write(random, into: texts + 16)
            Hexadecimal.write(random &* 31, into: texts + 32)
            let amount = Int64(random % 100_000)
            let isBet = number & 1 == 0
            try body(
                EventRow(
                    tenantID: text(80 + tenant * 8, tenants[tenant].count), playerID: text(0, 8),
                    seq: UInt64(number % Self.rowsPerPlayer + 1), position: random >> 34,
                    event: isBet ? .debited : .credited, asset: text(112, 3), amount: amount,
                    balanceDelta: isBet ? -amount : amount, heldDelta: 0, balanceAfter: 1_000_000 + amount,
                    heldAfter: 0, requestID: text(16, 16), target: nil, kind: isBet ? "bet" : "win",
                    ref: text(32, 12), error: nil, createdAt: day.begin + Int64(number % 86_400_000)))
        }
    }
}
