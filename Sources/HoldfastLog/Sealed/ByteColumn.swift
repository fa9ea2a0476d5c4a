/// A growing stretch of bytes: a column of a sealed block while it is being filled. Memory of its own, freed by the
/// `ColumnSet` that it is part of.
@frozen @usableFromInline
package struct ByteColumn {
    @usableFromInline var base: UnsafeMutableRawPointer
    @usableFromInline package var count = 0
    @usableFromInline var capacity: Int

    package init(capacity: Int) {
        base = .allocate(byteCount: capacity, alignment: 16)
        self.capacity = capacity
    }

    package func free() { base.deallocate() }

    package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    /// Room for `more` bytes, which the caller fills.
    @inlinable
    package mutating func room(_ more: Int) -> UnsafeMutableRawPointer {
        if capacity &- count < more { enlarge(more) }
        let place = base + count
        count &+= more
        return place
    }

    @usableFromInline @inline(never)
    mutating func enlarge(_ more: Int) {
        let larger = max(capacity * 2, count + more)
        let memory = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
        memory.copyMemory(from: base, byteCount: count)
        base.deallocate()
        base = memory
        capacity = larger
    }

    @inlinable
    package mutating func byte(_ value: UInt8) { room(1).storeBytes(of: value, as: UInt8.self) }

    /// The low `width` bytes of a number.
    @inlinable
    package mutating func fixed(_ value: UInt64, width: Int) {
        // Eight bytes are stored and `width` of them kept, so there must be room for all eight.
        if capacity &- count < 8 { enlarge(8) }
        base.storeBytes(of: value.littleEndian, toByteOffset: count, as: UInt64.self)
        count &+= width
    }

    /// Seven bits a byte, the lowest first; the top bit says that more follow. Most numbers are short.
    @inlinable @inline(__always)
    package mutating func varint(_ value: UInt64) {
        if value < 0x80, count < capacity {
            base.storeBytes(of: UInt8(truncatingIfNeeded: value), toByteOffset: count, as: UInt8.self)
            count &+= 1
        } else {
            longVarint(value)
        }
    }

    @usableFromInline @inline(never)
    mutating func longVarint(_ value: UInt64) {
        if capacity &- count < 10 { enlarge(10) }
        var rest = value
        var at = base + count
        while rest >= 0x80 {
            at.storeBytes(of: UInt8(truncatingIfNeeded: rest) | 0x80, as: UInt8.self)
            at += 1
            rest >>= 7
        }
        at.storeBytes(of: UInt8(truncatingIfNeeded: rest), as: UInt8.self)
        count = at + 1 - base
    }

    /// A signed number as a varint: 0, −1, 1, −2, 2 … become 0, 1, 2, 3, 4 …
    @inlinable @inline(__always)
    package mutating func signed(_ value: Int64) { varint(UInt64(bitPattern: (value << 1) ^ (value >> 63))) }

    @inlinable
    package mutating func bytes(_ source: UnsafeRawPointer?, _ size: Int) {
        guard size > 0, let source else { return }
        room(size).copyMemory(from: source, byteCount: size)
    }
}

/// The columns of one block, reused for the next.
final class ColumnSet {
    let columns: UnsafeMutablePointer<ByteColumn>
    let count: Int

    init(count: Int) {
        self.count = count
        columns = .allocate(capacity: count)
        for index in 0..<count { (columns + index).initialize(to: ByteColumn(capacity: 16 << 10)) }
    }

    deinit {
        for index in 0..<count { columns[index].free() }
        columns.deallocate()
    }

    func removeAll() {
        for index in 0..<count { columns[index].count = 0 }
    }

    /// How many bytes the columns and their sizes take.
    var packedBytes: Int { (0..<count).reduce(4 * count) { $0 + columns[$1].count } }

    /// The sizes of all columns, then the columns.
    func store(at base: UnsafeMutableRawPointer) {
        var at = 4 * count
        for index in 0..<count {
            base.storeBytes(of: UInt32(columns[index].count), toByteOffset: 4 * index, as: UInt32.self)
            (base + at).copyMemory(from: columns[index].base, byteCount: columns[index].count)
            at += columns[index].count
        }
    }
}

/// Reads a column from its beginning. Past its end everything reads as zero, and `failed` says that it came to that:
/// looked at once a block instead of at every number.
@frozen @usableFromInline
package struct ByteCursor {
    @usableFromInline var at: UnsafeRawPointer
    @usableFromInline let end: UnsafeRawPointer
    @usableFromInline package var failed = false

    @inlinable
    package init(_ bytes: UnsafeRawBufferPointer) {
        // An empty stretch may have no address; any will do, as nothing is read from it.
        at = bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 16)!
        end = at + bytes.count
    }

    @inlinable package var left: Int { end - at }
    @inlinable package var isAtEnd: Bool { at == end && !failed }

    @inlinable
    package mutating func byte() -> UInt8 {
        guard at < end else {
            failed = true
            return 0
        }
        defer { at += 1 }
        return at.load(as: UInt8.self)
    }

    @inlinable @inline(__always)
    package mutating func fixed(width: Int) -> UInt64 {
        let left = left
        guard left >= width, width <= 8 else {
            failed = true
            return 0
        }
        var value: UInt64 = 0
        if left >= 8 {
            value = UInt64(littleEndian: at.loadUnaligned(as: UInt64.self))
            if width < 8 { value &= 1 << UInt64(8 &* width) &- 1 }
        } else {
            for index in 0..<width {
                value |= UInt64(at.load(fromByteOffset: index, as: UInt8.self)) << UInt64(8 &* index)
            }
        }
        at += width
        return value
    }

    @inlinable @inline(__always)
    package mutating func varint() -> UInt64 {
        if at < end {
            let byte = at.load(as: UInt8.self)
            if byte < 0x80 {
                at += 1
                return UInt64(byte)
            }
        }
        return longVarint()
    }

    @usableFromInline @inline(never)
    mutating func longVarint() -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while at < end, shift < 70 {
            let byte = at.load(as: UInt8.self)
            at += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift &+= 7
        }
        failed = true
        return 0
    }

    @inlinable @inline(__always)
    package mutating func signed() -> Int64 {
        let value = varint()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    /// A varint that must fit into what is left or may be allocated; `limit` bounds what damage can ask for.
    @inlinable
    package mutating func size(upTo limit: Int) -> Int {
        let value = varint()
        guard value <= UInt64(limit) else {
            failed = true
            return 0
        }
        return Int(value)
    }

    /// The next `count` bytes; nil past the end.
    @inlinable
    package mutating func bytes(_ count: Int) -> UnsafeRawPointer? {
        guard count >= 0, left >= count else {
            failed = true
            return nil
        }
        defer { at += count }
        return at
    }
}
