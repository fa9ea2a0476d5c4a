/// Where a sealed segment's blocks are, and with which event each begins, in the order of keys and then of the log:
/// the way to a stream's events.
///
/// For each block 56 bytes: u64 offset in the file, u32 bytes there, u32 bytes unpacked (the same where the block is not
/// compressed), u32 rows, u32 bytes of their payloads, u32 CRC32C of the bytes in the file, u32 offset of the first
/// row's key in the keys, u64 its address, u64 its revision, u32 bytes of its key, u32 zero. Behind these all the keys.
struct SealedIndex: Sendable {
    static let entryBytes = 56

    struct Entry: Sendable, Equatable {
        var offset: UInt64
        var bytes: Int
        var unpackedBytes: Int
        var rows: Int
        var payloadBytes: Int
        var checksum: UInt32
        var firstAddress: UInt64
        var firstRevision: UInt64
        var keyOffset: Int
        var keyCount: Int
    }

    private let stored: [UInt8]
    let count: Int
    /// In all blocks.
    private(set) var rows: UInt64 = 0

    subscript(block: Int) -> Entry {
        stored.withUnsafeBytes { raw in
            let base = raw.baseAddress! + block * Self.entryBytes
            func small(_ at: Int) -> Int { Int(base.loadUnaligned(fromByteOffset: at, as: UInt32.self)) }
            return Entry(
                offset: base.loadUnaligned(as: UInt64.self), bytes: small(8), unpackedBytes: small(12),
                rows: small(16), payloadBytes: small(20),
                checksum: base.loadUnaligned(fromByteOffset: 24, as: UInt32.self),
                firstAddress: base.loadUnaligned(fromByteOffset: 32, as: UInt64.self),
                firstRevision: base.loadUnaligned(fromByteOffset: 40, as: UInt64.self), keyOffset: small(28),
                keyCount: small(48))
        }
    }

    func withFirstKey<Result>(_ block: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        let entry = self[block]
        return stored.withUnsafeBytes { raw in
            let start = count * Self.entryBytes + entry.keyOffset
            return body(UnsafeRawBufferPointer(rebasing: raw[start..<start + entry.keyCount]))
        }
    }

    /// The blocks that may hold events of a stream: the last one that begins before it, and all that begin with it.
    func blocks(for key: UnsafeRawBufferPointer) -> Range<Int> {
        let first = firstBlock { block in withFirstKey(block) { compareBytes($0, key) >= 0 } }
        let end = firstBlock { block in withFirstKey(block) { compareBytes($0, key) > 0 } }
        return max(0, first - 1)..<end
    }

    /// Of those the one that holds the stream's event at `address`, if any does.
    func block(for key: UnsafeRawBufferPointer, address: UInt64) -> Int? {
        let blocks = blocks(for: key)
        guard !blocks.isEmpty else { return nil }
        let next = firstBlock { block in
            withFirstKey(block) {
                let order = compareBytes($0, key)
                return order > 0 || (order == 0 && self[block].firstAddress > address)
            }
        }
        return next > blocks.lowerBound ? next - 1 : nil
    }

    private func firstBlock(where isBehind: (Int) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if isBehind(middle) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// Nil where the bytes are no index of so many blocks that fill `range` of the file.
    init?(_ stored: [UInt8], count: Int, filling range: Range<UInt64>) {
        guard stored.count >= count * Self.entryBytes else { return nil }
        self.stored = stored
        self.count = count
        var end = range.lowerBound
        var keyEnd = 0
        for block in 0..<count {
            let entry = self[block]
            guard entry.offset == end, entry.bytes > 0, entry.unpackedBytes >= entry.bytes, entry.rows > 0,
                entry.rows <= SealedBlock.rowsMax, entry.keyOffset == keyEnd,
                (1...Limits.keyBytesMax).contains(entry.keyCount),
                entry.unpackedBytes <= SealedIndex.unpackedBytesMax, entry.payloadBytes <= SealedIndex.unpackedBytesMax
            else { return nil }
            end += UInt64(entry.bytes)
            keyEnd += entry.keyCount
            rows += UInt64(entry.rows)
        }
        guard end == range.upperBound, stored.count == count * Self.entryBytes + keyEnd else { return nil }
    }

    /// No more than a block of the largest events can be, so that damage can't ask for all the memory there is.
    static let unpackedBytesMax =
        2 * SealedBlock.payloadBytesAim + 4 * (Limits.payloadBytesMax + Limits.metadataBytesMax)

    static func stored(_ entries: [Entry], keys: [UInt8]) -> [UInt8] {
        var fields = FieldWriter()
        for entry in entries {
            fields.integer(entry.offset)
            fields.integer(UInt32(entry.bytes))
            fields.integer(UInt32(entry.unpackedBytes))
            fields.integer(UInt32(entry.rows))
            fields.integer(UInt32(entry.payloadBytes))
            fields.integer(entry.checksum)
            fields.integer(UInt32(entry.keyOffset))
            fields.integer(entry.firstAddress)
            fields.integer(entry.firstRevision)
            fields.integer(UInt32(entry.keyCount))
            fields.integer(UInt32(0))
        }
        return fields.bytes + keys
    }
}
