internal import CHoldfast

/// One event on disk, 8-byte aligned, little-endian (docs/FORMAT.md draws it):
///
///      0  u32  CRC32C of bytes 4 ..< size
///      4  u24  payload bytes        7  u8  key bytes
///      8  u16  metadata bytes      10  u16 type   12  u16 schema version   14  u16 zero
///     16  u64  revision in its stream, from 1
///     24  u64  address of the stream's previous event in this lane, 0 for the first
///     32  i64  time, milliseconds since 1970
///     40  u64  position in the whole log, from 1
///     48  key, payload, metadata, zeros up to a multiple of 8
///
/// The key stands in every record so that a segment can be read on its own, by a program that knows this page only.
@frozen @usableFromInline
package enum RecordLayout {
    @inlinable package static var headerBytes: Int { 48 }

    @inlinable
    package static func size(key: Int, payload: Int, metadata: Int) -> Int {
        (headerBytes + key + payload + metadata + 7) & ~7
    }
}

/// A view of one record in memory that outlives the view. Only a validated record gets one: its sizes lie within
/// the buffer that it was found in.
@frozen @usableFromInline
package struct RecordView {
    @usableFromInline package let base: UnsafeRawPointer

    @inlinable
    package init(_ base: UnsafeRawPointer) { self.base = base }

    @inlinable package var checksum: UInt32 { base.load(fromByteOffset: 0, as: UInt32.self) }
    @inlinable package var payloadCount: Int { Int(base.load(fromByteOffset: 4, as: UInt32.self) & 0xFF_FFFF) }
    @inlinable package var keyCount: Int { Int(base.load(fromByteOffset: 7, as: UInt8.self)) }
    @inlinable package var metadataCount: Int { Int(base.load(fromByteOffset: 8, as: UInt16.self)) }
    @inlinable package var type: UInt16 { base.load(fromByteOffset: 10, as: UInt16.self) }
    @inlinable package var schemaVersion: UInt16 { base.load(fromByteOffset: 12, as: UInt16.self) }
    @inlinable package var revision: UInt64 { base.load(fromByteOffset: 16, as: UInt64.self) }
    @inlinable package var previous: UInt64 { base.load(fromByteOffset: 24, as: UInt64.self) }
    @inlinable package var time: Int64 { base.load(fromByteOffset: 32, as: Int64.self) }
    /// Known once the record's batch was committed; zero in a batch that is still open.
    @inlinable package var position: UInt64 { base.load(fromByteOffset: 40, as: UInt64.self) }

    @inlinable
    package var size: Int { RecordLayout.size(key: keyCount, payload: payloadCount, metadata: metadataCount) }

    @inlinable
    package var key: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: base + RecordLayout.headerBytes, count: keyCount)
    }

    @inlinable
    package var payload: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: base + RecordLayout.headerBytes + keyCount, count: payloadCount)
    }

    @inlinable
    package var metadata: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            start: base + RecordLayout.headerBytes + keyCount + payloadCount, count: metadataCount)
    }

    /// The view of a record that starts at `base` and fits in `available` bytes with a right checksum, or nil.
    package static func validated(_ base: UnsafeRawPointer, available: Int) -> RecordView? {
        guard let view = fitting(base, available: available) else { return nil }
        return hf_crc32c(0, base + 4, view.size - 4) == view.checksum ? view : nil
    }

    /// The same with a checksum that is still to be looked at.
    static func fitting(_ base: UnsafeRawPointer, available: Int) -> RecordView? {
        guard available >= RecordLayout.headerBytes else { return nil }
        let view = RecordView(base)
        return view.size <= available && view.keyCount > 0 ? view : nil
    }
}

/// What a writer knows of a record before its bytes are laid down.
@frozen @usableFromInline
package struct RecordHeader {
    @usableFromInline package var type: UInt16
    @usableFromInline package var schemaVersion: UInt16
    @usableFromInline package var revision: UInt64
    @usableFromInline package var previous: UInt64
    @usableFromInline package var time: Int64

    @inlinable
    package init(type: UInt16, schemaVersion: UInt16, revision: UInt64, previous: UInt64, time: Int64) {
        self.type = type
        self.schemaVersion = schemaVersion
        self.revision = revision
        self.previous = previous
        self.time = time
    }

    /// Lays the header down at `base`. The committing thread fills in checksum and position, off the lane.
    @inlinable
    package func store(at base: UnsafeMutableRawPointer, key: Int, payload: Int, metadata: Int) {
        base.storeBytes(of: 0, toByteOffset: 0, as: UInt32.self)
        base.storeBytes(
            of: UInt32(truncatingIfNeeded: payload) | UInt32(truncatingIfNeeded: key) << 24, toByteOffset: 4,
            as: UInt32.self)
        base.storeBytes(of: UInt16(truncatingIfNeeded: metadata), toByteOffset: 8, as: UInt16.self)
        base.storeBytes(of: type, toByteOffset: 10, as: UInt16.self)
        base.storeBytes(of: UInt32(schemaVersion), toByteOffset: 12, as: UInt32.self)
        base.storeBytes(of: revision, toByteOffset: 16, as: UInt64.self)
        base.storeBytes(of: previous, toByteOffset: 24, as: UInt64.self)
        base.storeBytes(of: time, toByteOffset: 32, as: Int64.self)
        base.storeBytes(of: 0, toByteOffset: 40, as: UInt64.self)
    }
}
