internal import Holdfast
package import HoldfastTables
internal import HoldfastText
internal import HoldfastWallet

/// The rows of one gzip member while they gather: lines of JSON, and what the manifest will say of them.
/// One thread at a time owns it; it is handed from the reading to the compressing thread.
package final class Member: @unchecked Sendable {
    /// The partition that it belongs to.
    package let tenant: String
    package let day: Day
    @exclusivity(unchecked) private var json: JSONWriter
    /// Of the rows as far as they are counted and, after `finish`, hashed.
    @exclusivity(unchecked) package private(set) var facts = RowFacts()
    private let hasher = RowSetHasher()

    init(tenant: String, day: Day) {
        self.tenant = tenant
        self.day = day
        json = JSONWriter(capacity: 64 << 10)
    }

    package var byteCount: Int { json.count }
    package var isFull: Bool { json.count >= ArchiveLimits.memberBytes }

    package func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result { try json.withBytes(body) }

    /// After the last row.
    func finish() { facts.setHash.add(hasher.take()) }

    /// Adds a row as its line.
    func append(_ row: EventRow) {
        let start = json.count
        RowJSON.write(row, to: &json)
        json.withBytes { bytes in
            let line = UnsafeRawBufferPointer(rebasing: bytes[start..<bytes.count - 1])
            hasher.add(line, ref: LineOfRow.refRange(line, row))
        }
        note(row.playerID)
        facts.add(seq: row.seq, position: row.position, createdAt: row.createdAt, nulls: Self.nulls(row))
    }

    /// Adds a line that was read from another part, as it is or without its ref.
    func append(_ line: RowLineParser, withoutRef: Bool) {
        let ref = line.refRange
        var nulls = line.nulls
        if withoutRef, let ref {
            let bytes = line.line
            json.fragment(UnsafeRawBufferPointer(rebasing: bytes[..<ref.lowerBound]))
            json.fragment(UnsafeRawBufferPointer(start: ("null" as StaticString).utf8Start, count: 4))
            json.fragment(UnsafeRawBufferPointer(rebasing: bytes[ref.upperBound...]))
            nulls |= 1 << UInt32(RowColumn.ref.rawValue)
        } else {
            json.fragment(line.line)
        }
        json.newline()
        note(line.player)
        hasher.add(line.line, ref: ref)
        facts.add(seq: line.seq, position: line.position, createdAt: line.createdAt, nulls: nulls)
    }

    private func note(_ player: UnsafeRawBufferPointer) {
        if facts.rows == 0 { facts.firstPlayer = Array(player) }
        let isSame = facts.lastPlayer.withUnsafeBytes { comparePlayers($0, player) == 0 }
        if !isSame || facts.rows == 0 { facts.lastPlayer = Array(player) }
    }

    private static func nulls(_ row: EventRow) -> UInt32 {
        var nulls: UInt32 = 0
        func note(_ isNull: Bool, _ column: RowColumn) { if isNull { nulls |= 1 << UInt32(column.rawValue) } }
        note(row.asset == nil, .asset)
        note(row.amount == nil, .amount)
        note(row.balanceDelta == nil, .balanceDelta)
        note(row.heldDelta == nil, .heldDelta)
        note(row.balanceAfter == nil, .balanceAfter)
        note(row.heldAfter == nil, .heldAfter)
        note(row.requestID == nil, .requestID)
        note(row.target == nil, .target)
        note(row.kind == nil, .kind)
        note(row.ref == nil, .ref)
        note(row.error == nil, .error)
        return nulls
    }
}
