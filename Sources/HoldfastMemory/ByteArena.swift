/// Bytes that are only ever added: ids too long for their owner's record.
///
///     var ids = ByteArena(capacity: 8 << 30)
///     let offset = ids.append(bytes)       // 0 when the arena is full
///
/// An offset stays good for as long as the arena; offset 0 means none. The arena knows neither where an entry ends
/// nor who uses it: the owner keeps the length, and what is no longer used stays.
@frozen @usableFromInline package struct ByteArena: ~Copyable, Sendable {
    @usableFromInline let region: MappedRegion
    @usableFromInline var end: UInt64 = Self.start

    /// Reserves addresses, not memory.
    package init(capacity: Int) {
        precondition(capacity > 0, "a byte arena needs room for a byte")
        region = MappedRegion(size: capacity + Int(Self.start))
    }

    /// Offset 0 is taken so that it can mean none; eight bytes keep the first entry aligned.
    @inlinable static var start: UInt64 { 8 }

    /// The bytes touched so far.
    @inlinable package var residentBytes: Int { Int(end) }

    /// Copies the bytes to the end and says where they begin, or 0 when they don't fit: the caller refuses its command.
    @inlinable package mutating func append(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        guard bytes.count <= region.size - Int(end) else { return 0 }
        let offset = end
        if let source = bytes.baseAddress {
            (region.base + Int(offset)).copyMemory(from: source, byteCount: bytes.count)
        }
        end += UInt64(bytes.count)
        return offset
    }

    /// The first byte of an entry.
    @inlinable package func pointer(at offset: UInt64) -> UnsafeRawPointer {
        precondition(offset >= Self.start && offset <= end)
        return UnsafeRawPointer(region.base + Int(offset))
    }
}
