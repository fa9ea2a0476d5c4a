private import Glibc
internal import HoldfastArchive

/// Writes a gzipped tar whose bytes depend on nothing but what is in it: no owner, no clock, one compressor.
struct TarArchive: ~Copyable {
    typealias Sink = (UnsafeRawBufferPointer) throws -> Void

    private let sink: Sink
    /// zlib is everywhere and packs the same everywhere; faster ones pack differently.
    private let codec = GzipCodec(.zlib1)
    private var piece: UnsafeMutableRawBufferPointer
    private var filled = 0
    private let time: Int64
    private static let pieceBytes = 1 << 20
    private static let block = 512

    /// `time` is what every file in it bears, in seconds since 1970.
    init(time: Int64, to sink: @escaping Sink) {
        self.time = time
        self.sink = sink
        piece = .allocate(byteCount: Self.pieceBytes, alignment: 16)
    }

    deinit { piece.deallocate() }

    /// A file of a size that is known; `body` must put exactly as many bytes.
    mutating func file(_ name: String, size: Int, _ body: (inout TarArchive) throws -> Void) throws {
        try put(header(name, size))
        let before = written
        try body(&self)
        precondition(written - before == size, "a file has as many bytes as its header says")
        let rest = (Self.block - size % Self.block) % Self.block
        if rest > 0 { try put([UInt8](repeating: 0, count: rest)) }
    }

    private(set) var written = 0

    mutating func put(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try put($0) } }

    mutating func put(_ bytes: UnsafeRawBufferPointer) throws {
        written += bytes.count
        var rest = bytes
        while !rest.isEmpty {
            let count = min(rest.count, piece.count - filled)
            memcpy(piece.baseAddress! + filled, rest.baseAddress!, count)
            filled += count
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            if filled == piece.count { try flush() }
        }
    }

    mutating func finish() throws {
        try put([UInt8](repeating: 0, count: 2 * Self.block))
        try flush()
    }

    /// Every piece is a gzip member of its own; one after the other they are one gzip file.
    private mutating func flush() throws {
        guard filled > 0 else { return }
        try sink(codec.pack(UnsafeRawBufferPointer(rebasing: piece[..<filled])))
        filled = 0
    }

    /// The header of POSIX (ustar).
    private func header(_ name: String, _ size: Int) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: Self.block)
        func place(_ text: String, at offset: Int) {
            header.replaceSubrange(offset..<(offset + text.utf8.count), with: text.utf8)
        }
        func octal(_ value: Int64, digits: Int) -> String {
            let text = String(value, radix: 8)
            return String(repeating: "0", count: max(0, digits - text.count)) + text
        }
        precondition(name.utf8.count <= 100, "names in the archive are short")
        place(name, at: 0)
        place("0000644", at: 100)
        place("0000000", at: 108)
        place("0000000", at: 116)
        place(octal(Int64(size), digits: 11), at: 124)
        place(octal(time, digits: 11), at: 136)
        place("        ", at: 148)
        place("0", at: 156)
        place("ustar", at: 257)
        place("00", at: 263)
        let sum = header.reduce(0) { $0 + Int64($1) }
        place(octal(sum, digits: 6) + "\0 ", at: 148)
        return header
    }
}
