import HoldfastLog

/// Writes a piece of a snapshot: little-endian, nothing aligned.
struct ChunkWriter: ~Copyable {
    private(set) var bytes: [UInt8]

    init(_ bytes: consuming [UInt8]) { self.bytes = bytes }

    mutating func put<Number: FixedWidthInteger & BitwiseCopyable>(_ number: Number) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// A count in one byte, then the bytes.
    mutating func put(_ text: UnsafeRawBufferPointer) {
        put(UInt8(text.count))
        bytes.append(contentsOf: text)
    }

    consuming func take() -> [UInt8] { bytes }
}

/// Reads one, and believes nothing: every count is checked against what is left.
struct ChunkReader {
    private let bytes: UnsafeRawBufferPointer
    private var at = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isAtEnd: Bool { at == bytes.count }

    mutating func get<Number: FixedWidthInteger & BitwiseCopyable>(_: Number.Type) throws(LogError) -> Number {
        let size = MemoryLayout<Number>.size
        guard bytes.count - at >= size else { throw Self.malformed("it ends early") }
        defer { at += size }
        return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: Number.self))
    }

    mutating func getText(_ range: ClosedRange<Int>) throws(LogError) -> UnsafeRawBufferPointer {
        let count = Int(try get(UInt8.self))
        guard range.contains(count) else { throw Self.malformed("a text is too long or too short") }
        guard bytes.count - at >= count else { throw Self.malformed("it ends early") }
        defer { at += count }
        return UnsafeRawBufferPointer(rebasing: bytes[at..<(at + count)])
    }

    static func malformed(_ reason: String) -> LogError {
        .invalid(argument: "a piece of the snapshot", reason: reason)
    }
}
