internal import CHoldfast
package import HoldfastLog

/// How the payloads of a wallet's events are made small in sealed segments: what follows from the event's other
/// fields or from the player's event before it is left out, the rest becomes short numbers.
///
/// Columns, in this order; numbers are varints, ± are signed ones:
///
///      0 shapes     a byte a row: which of the shapes of column 1 it has; 254 for a payload that is none of a
///                   wallet's and stands in column 10; 255 for a shape of its own, which follows in column 1
///      1 shapes     a byte with their number, then each: the payload's first eight bytes, a byte with the size of
///                   the last text, the asset
///      2 amounts    ±
///      3 balances   ± balance after less what the player's event before it in the asset and block led to, then
///                   held after likewise
///      4 abouts     a byte: k × 4 + t. k: the record is k rows before this one; 0 for one that follows as a
///                   distance in units of eight bytes. t: the target is a text of its own (0), the request_id (1) or
///                   the target (2) of that row; 3 with k = 0: eight bytes follow as they are
///      5 moments    ± expires_at less the event's time; of others the moment less the amount
///      6 exchanges  five ±
///      7 text codes a byte for each text, request_id, target, ref, other: see `TextPacking`
///      8 texts
///      9 fingerprints that are not what follows from the event: rows passed over, 1 for the other way to read the
///                   command or 2 for eight bytes that follow
///     10 payloads that are none of a wallet's: their size, and the bytes
package struct EventPacking: PayloadPacking {
    package init() {}
    package var id: UInt32 { 1 }
    package var columnCount: Int { 11 }

    enum Column {
        static let shapeOfRow = 0
        static let shapes = 1
        static let amounts = 2
        static let balances = 3
        static let abouts = 4
        static let moments = 5
        static let exchanges = 6
        static let textCodes = 7
        static let texts = 8
        static let fingerprints = 9
        static let foreign = 10
    }

    static let foreignShape: UInt8 = 254
    static let unlistedShape: UInt8 = 255
    /// So many rows back a record may be to be named by a byte.
    static let rowsBackMax = 63

    package func pack(_ rows: UnsafeBufferPointer<SealedRow>, into columns: UnsafeMutablePointer<ByteColumn>) {
        withUnsafeTemporaryAllocation(of: PackedEvent.self, capacity: rows.count) { events in
            withUnsafeTemporaryAllocation(of: PayloadShape.self, capacity: Int(Self.foreignShape)) { shapes in
                var packer = EventPacker(rows: rows, events: events, shapes: shapes, columns: columns)
                packer.run()
            }
        }
    }

    package func unpack(
        _ rows: UnsafeMutableBufferPointer<SealedRow>, from columns: UnsafeMutablePointer<ByteCursor>,
        into arena: inout PayloadArena
    ) -> Bool {
        withUnsafeTemporaryAllocation(of: PackedEvent.self, capacity: rows.count) { events in
            withUnsafeTemporaryAllocation(of: PayloadShape.self, capacity: 256) { shapes in
                var unpacker = EventUnpacker(rows: rows, events: events, shapes: shapes, columns: columns)
                return unpacker.run(&arena)
            }
        }
    }

    /// The request_id of a command's event, and the target of one that changes it: what a later command's target or a
    /// retry is looked for under. Hashed as commands are.
    package func addNames(of rows: UnsafeBufferPointer<SealedRow>, seed: UInt64, to names: inout ByteColumn) {
        var keyHash: UInt64 = 0
        for row in rows {
            if row.beginsCluster { keyHash = hf_hash64(row.key, row.keyCount, seed) }
            guard let kind = EventKind(rawValue: row.type),
                let shape = PayloadShape(row.payload, row.payloadCount)
            else { continue }
            let request = row.payload + shape.requestOffset
            if kind.isCommand {
                names.fixed(hf_hash64(request, shape.requestCount, keyHash), width: 8)
            }
            if kind.changesTarget {
                names.fixed(hf_hash64(request + shape.requestCount, shape.targetCount, keyHash), width: 8)
            }
        }
    }
}

/// The sizes of a payload's parts: its first eight bytes, its asset, and how long its last text is.
struct PayloadShape: BitwiseCopyable {
    let head: UInt64
    let otherCount: UInt8
    let asset: UnsafeRawPointer
    /// What balances are remembered by. Known once `hashed`, which a shape in the list is.
    private(set) var assetHash: UInt64 = 0

    static let headBytes = 8

    init(head: UInt64, otherCount: UInt8, asset: UnsafeRawPointer) {
        self.head = head
        self.otherCount = otherCount
        self.asset = asset
    }

    var hashed: PayloadShape {
        var shape = self
        shape.assetHash = hf_hash64(asset, assetCount, 0)
        return shape
    }

    /// Nil for a payload that has not the form of a wallet's. Its asset is not hashed.
    @inline(__always)
    init?(_ payload: UnsafeRawPointer, _ count: Int) {
        guard count >= Self.headBytes else { return nil }
        let head = payload.loadUnaligned(as: UInt64.self)
        guard UInt8(truncatingIfNeeded: head >> 8) & ~WalletEvent.Part.all == 0 else { return nil }
        let fixed = Self.fixedBytes(UInt8(truncatingIfNeeded: head >> 8))
        let texts =
            Int(head >> 32 & 0xFF) &+ Int(head >> 40 & 0xFF) &+ Int(head >> 48 & 0xFF) &+ Int(head >> 56 & 0xFF)
        let other = count &- Self.headBytes &- fixed &- texts
        guard other >= 0, other <= 255 else { return nil }
        self.init(
            head: head, otherCount: UInt8(truncatingIfNeeded: other), asset: payload + (Self.headBytes &+ fixed))
    }

    @inline(__always)
    private static func fixedBytes(_ parts: UInt8) -> Int {
        let single =
            parts
            & (WalletEvent.Part.fingerprint | WalletEvent.Part.amount | WalletEvent.Part.about
                | WalletEvent.Part.moment)
        return single.nonzeroBitCount &* 8 &+ (parts & WalletEvent.Part.balances != 0 ? 16 : 0)
            &+ (parts & WalletEvent.Part.exchange != 0 ? 40 : 0)
    }

    @inline(__always) private func byte(_ index: UInt64) -> Int { Int(truncatingIfNeeded: head >> (8 &* index) & 0xFF) }
    @inline(__always) var operation: UInt8 { UInt8(truncatingIfNeeded: head) }
    @inline(__always) var parts: UInt8 { UInt8(truncatingIfNeeded: head >> 8) }
    @inline(__always) var reason: UInt8 { UInt8(truncatingIfNeeded: head >> 16) }
    @inline(__always) var movement: UInt8 { UInt8(truncatingIfNeeded: head >> 24) }
    @inline(__always) var assetCount: Int { byte(4) }
    @inline(__always) var requestCount: Int { byte(5) }
    @inline(__always) var targetCount: Int { byte(6) }
    @inline(__always) var refCount: Int { byte(7) }
    @inline(__always) var fixedBytes: Int { Self.fixedBytes(parts) }
    @inline(__always) var requestOffset: Int { Self.headBytes &+ fixedBytes &+ assetCount }
    @inline(__always)
    var payloadCount: Int { requestOffset &+ requestCount &+ targetCount &+ refCount &+ Int(otherCount) }
    @inline(__always) func has(_ part: UInt8) -> Bool { parts & part != 0 }

    @inline(__always)
    func isSame(as other: PayloadShape) -> Bool {
        head == other.head && otherCount == other.otherCount
            && sameBytes(asset, other.asset, count: assetCount)
    }
}

/// What later rows of a block refer to in an earlier one.
struct PackedEvent: BitwiseCopyable {
    /// request_id, and behind it the target; nil for a payload that is none of a wallet's.
    var request: UnsafeRawPointer?
    var requestCount: UInt8 = 0
    var targetCount: UInt8 = 0
    /// The row at which its cluster begins.
    var clusterStart: Int32 = 0
    var amount: Int64 = 0
    var moment: Int64 = 0
}
