import HoldfastLog

/// Writes a piece of a snapshot: little-endian, nothing aligned. It runs on the lane's thread between two batches, for
/// hundreds of millions of entries, so it writes to plain memory: appending each number to an array took three times
/// as long.
struct ChunkWriter: ~Copyable {
    private var memory: UnsafeMutableRawBufferPointer
    private(set) var count = 0

    init(capacity: Int) { memory = .allocate(byteCount: max(64, capacity), alignment: 16) }
    deinit { memory.deallocate() }

    @inline(__always)
    mutating func put<Number: FixedWidthInteger & BitwiseCopyable>(_ number: Number) {
        let size = MemoryLayout<Number>.size
        if memory.count &- count < size { grow(by: size) }
        memory.baseAddress!.storeBytes(of: number.littleEndian, toByteOffset: count, as: Number.self)
        count &+= size
    }

    /// A count in one byte, then the bytes.
    mutating func put(_ text: UnsafeRawBufferPointer) {
        put(UInt8(text.count))
        if memory.count - count < text.count { grow(by: text.count) }
        UnsafeMutableRawBufferPointer(rebasing: memory[count...]).copyMemory(from: text)
        count += text.count
    }

    /// Lets the body write bytes, and say how many they were.
    @inline(__always)
    mutating func put(atMost size: Int, _ body: (UnsafeMutableRawPointer) -> Int) {
        if memory.count - count < size { grow(by: size) }
        count += body(memory.baseAddress! + count)
    }

    /// A player with very many holds has an entry larger than a piece should be.
    @inline(never)
    private mutating func grow(by wanted: Int) {
        let larger = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(memory.count * 2, count + wanted), alignment: 16)
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[..<count]))
        memory.deallocate()
        memory = larger
    }

    func append(to bytes: inout [UInt8]) { bytes.append(contentsOf: memory[..<count]) }
}

/// Reads one, and believes nothing: every count is checked against what is left.
struct ChunkReader {
    private let bytes: UnsafeRawBufferPointer
    private var at = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isAtEnd: Bool { at == bytes.count }

    @inline(__always)
    mutating func get<Number: FixedWidthInteger & BitwiseCopyable>(_: Number.Type) throws(LogError) -> Number {
        let size = MemoryLayout<Number>.size
        guard bytes.count - at >= size else { throw Self.malformed("it ends early") }
        defer { at += size }
        return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: Number.self))
    }

    /// All that is left.
    mutating func getRest() -> UnsafeRawBufferPointer {
        defer { at = bytes.count }
        return UnsafeRawBufferPointer(rebasing: bytes[at...])
    }

    mutating func skip(_ size: Int) throws(LogError) {
        guard bytes.count - at >= size else { throw Self.malformed("it ends early") }
        at += size
    }

    mutating func getText(_ range: ClosedRange<Int>) throws(LogError) -> UnsafeRawBufferPointer {
        let count = Int(try get(UInt8.self))
        guard range.contains(count) else { throw Self.malformed("a text is too long or too short") }
        guard bytes.count - at >= count else { throw Self.malformed("it ends early") }
        defer { at += count }
        return UnsafeRawBufferPointer(rebasing: bytes[at..<(at + count)])
    }

    static func malformed(_ reason: String) -> LogError {
        .malformedPiece(reason)
    }
}
