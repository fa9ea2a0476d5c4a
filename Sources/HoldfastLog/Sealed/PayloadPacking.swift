internal import CHoldfast

/// How the payloads of a store's events are made small in sealed segments. The log knows nothing of what they mean,
/// so the store that does hands this in; its `id` stands in every sealed file that it wrote.
///
/// What it does must be reversible to the byte for any payload whatsoever: sealing reads back what it wrote and
/// compares, and a segment that does not come back stays open.
package protocol PayloadPacking: Sendable {
    var id: UInt32 { get }
    /// Columns that it fills in each block.
    var columnCount: Int { get }

    /// Appends what the payloads of a block's rows hold to the columns.
    func pack(_ rows: UnsafeBufferPointer<SealedRow>, into columns: UnsafeMutablePointer<ByteColumn>)

    /// Lays the payloads down in `arena`, in order, and notes in each row where its own is. The rest of the rows is
    /// known. False where the columns make no sense.
    func unpack(
        _ rows: UnsafeMutableBufferPointer<SealedRow>, from columns: UnsafeMutablePointer<ByteCursor>,
        into arena: inout PayloadArena
    ) -> Bool

    /// Hashes of the names under which a row may be looked for later, such as request ids. They go into the
    /// segment's filter.
    func addNames(of rows: UnsafeBufferPointer<SealedRow>, seed: UInt64, to names: inout ByteColumn)
}

/// What a block knows of an event beside its payload.
@frozen @usableFromInline
package struct SealedRow {
    @usableFromInline package var key: UnsafeRawPointer
    @usableFromInline package var payload: UnsafeRawPointer
    @usableFromInline package var metadata: UnsafeRawPointer
    @usableFromInline package var keyCount: Int
    @usableFromInline package var payloadCount: Int
    @usableFromInline package var metadataCount: Int
    @usableFromInline package var address: UInt64
    @usableFromInline package var previous: UInt64
    @usableFromInline package var revision: UInt64
    @usableFromInline package var position: UInt64
    @usableFromInline package var time: Int64
    @usableFromInline package var type: UInt16
    @usableFromInline package var schemaVersion: UInt16
    /// Nothing before it in the block belongs to it: another stream's event stands there, or nothing.
    @usableFromInline package var beginsCluster: Bool

    package init(_ record: RecordView, at address: UInt64) {
        key = record.key.baseAddress!
        keyCount = record.keyCount
        payload = record.payload.baseAddress!
        payloadCount = record.payloadCount
        metadata = record.metadata.baseAddress!
        metadataCount = record.metadataCount
        self.address = address
        previous = record.previous
        revision = record.revision
        position = record.position
        time = record.time
        type = record.type
        schemaVersion = record.schemaVersion
        beginsCluster = true
    }

    /// A row that is about to be read.
    init(nowhere: UnsafeRawPointer) {
        key = nowhere
        payload = nowhere
        metadata = nowhere
        keyCount = 0
        payloadCount = 0
        metadataCount = 0
        address = 0
        previous = 0
        revision = 0
        position = 0
        time = 0
        type = 0
        schemaVersion = 0
        beginsCluster = true
    }

    package var keyBytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: key, count: keyCount) }
    package var payloadBytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: payload, count: payloadCount) }

    package var recordBytes: Int {
        RecordLayout.size(key: keyCount, payload: payloadCount, metadata: metadataCount)
    }

    /// Whether a good record says exactly what this row does, to its last byte but for the checksum, which follows.
    func isSame(as record: RecordView) -> Bool {
        let base = record.base
        guard record.keyCount == keyCount, record.payloadCount == payloadCount,
            record.metadataCount == metadataCount, record.type == type,
            base.load(fromByteOffset: 12, as: UInt32.self) == UInt32(schemaVersion), record.revision == revision,
            record.previous == previous, record.time == time, record.position == position
        else { return false }
        let content = base + RecordLayout.headerBytes
        let end = keyCount + payloadCount + metadataCount
        guard memcmp(content, key, keyCount) == 0, memcmp(content + keyCount, payload, payloadCount) == 0,
            memcmp(content + (keyCount + payloadCount), metadata, metadataCount) == 0
        else { return false }
        for padding in RecordLayout.headerBytes + end..<recordBytes
        where base.load(fromByteOffset: padding, as: UInt8.self) != 0 { return false }
        return true
    }

    /// Lays the record down as it stood in the open segment. The caller has made sure of `recordBytes`.
    package func store(at base: UnsafeMutableRawPointer) {
        let size = recordBytes
        base.storeBytes(of: 0, toByteOffset: size - 8, as: UInt64.self)
        RecordHeader(type: type, schemaVersion: schemaVersion, revision: revision, previous: previous, time: time)
            .store(at: base, key: keyCount, payload: payloadCount, metadata: metadataCount)
        base.storeBytes(of: position, toByteOffset: 40, as: UInt64.self)
        let content = base + RecordLayout.headerBytes
        content.copyMemory(from: key, byteCount: keyCount)
        (content + keyCount).copyMemory(from: payload, byteCount: payloadCount)
        (content + keyCount + payloadCount).copyMemory(from: metadata, byteCount: metadataCount)
        base.storeBytes(of: hf_crc32c(0, base + 4, size - 4), as: UInt32.self)
    }
}

/// Where the payloads of a block are put together again: of a size that the block names, and never beyond it.
@frozen @usableFromInline
package struct PayloadArena {
    @usableFromInline var at: UnsafeMutableRawPointer
    @usableFromInline let end: UnsafeMutableRawPointer

    init(_ memory: UnsafeMutableRawBufferPointer) {
        at = memory.baseAddress!
        end = at + memory.count
    }

    /// Room for a payload; nil where the block said that there would be less.
    @inlinable
    package mutating func room(_ count: Int) -> UnsafeMutableRawPointer? {
        guard count >= 0, end - at >= count else { return nil }
        defer { at += count }
        return at
    }

    var isFull: Bool { at == end }
}

/// Payloads as they are: what a store does that knows nothing better.
package struct PlainPacking: PayloadPacking {
    package init() {}
    package var id: UInt32 { 0 }
    package var columnCount: Int { 2 }

    package func pack(_ rows: UnsafeBufferPointer<SealedRow>, into columns: UnsafeMutablePointer<ByteColumn>) {
        for row in rows {
            columns[0].varint(UInt64(row.payloadCount))
            columns[1].bytes(row.payload, row.payloadCount)
        }
    }

    package func unpack(
        _ rows: UnsafeMutableBufferPointer<SealedRow>, from columns: UnsafeMutablePointer<ByteCursor>,
        into arena: inout PayloadArena
    ) -> Bool {
        for index in rows.indices {
            let count = columns[0].size(upTo: Limits.payloadBytesMax)
            guard let source = columns[1].bytes(count), let target = arena.room(count) else { return false }
            target.copyMemory(from: source, byteCount: count)
            rows[index].payload = UnsafeRawPointer(target)
            rows[index].payloadCount = count
        }
        return true
    }

    package func addNames(of rows: UnsafeBufferPointer<SealedRow>, seed: UInt64, to names: inout ByteColumn) {}
}
