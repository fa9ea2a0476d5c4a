internal import CHoldfast
internal import CZlib

/// What packs rows: all of these write the same format, and any of them reads what another wrote.
package enum GzipEngine: String, CaseIterable, Sendable {
    /// Intel's isa-l at its level 1.
    case isal = "isa-l"
    case libdeflate1 = "libdeflate-1"
    case libdeflate6 = "libdeflate-6"
    case zlib1 = "zlib-1"
    case zlib6 = "zlib-6"

    package var isThere: Bool {
        switch self {
        case .isal: hf_isal_is_there() == 1
        case .libdeflate1, .libdeflate6: hf_libdeflate_is_there() == 1
        case .zlib1, .zlib6: true
        }
    }

    /// The fastest that this machine has.
    package static var best: GzipEngine { [.isal, .libdeflate1].first(where: \.isThere) ?? .zlib1 }

    var level: Int32 {
        switch self {
        case .isal, .libdeflate1, .zlib1: 1
        case .libdeflate6, .zlib6: 6
        }
    }
}

/// Packs and unpacks gzip members, each whole in memory. Belongs to one thread at a time.
package final class GzipCodec {
    private let engine: GzipEngine
    private let scratch: UnsafeMutableRawPointer?
    private let compressor: UnsafeMutableRawPointer?
    private let decompressor: UnsafeMutableRawPointer?
    private var output: UnsafeMutableRawBufferPointer

    package init(_ engine: GzipEngine = .best) {
        precondition(engine.isThere, "\(engine.rawValue) is not there; ask before")
        self.engine = engine
        scratch = engine == .isal ? .allocate(byteCount: hf_isal_scratch_bytes(), alignment: 64) : nil
        let usesLibdeflate = engine == .libdeflate1 || engine == .libdeflate6
        compressor = usesLibdeflate ? hf_libdeflate_compressor(engine.level) : nil
        decompressor = usesLibdeflate ? hf_libdeflate_decompressor() : nil
        precondition(!usesLibdeflate || compressor != nil && decompressor != nil, "no memory for a compressor")
        output = .allocate(byteCount: 64 << 10, alignment: 64)
    }

    deinit {
        scratch?.deallocate()
        if compressor != nil || decompressor != nil { hf_libdeflate_free(compressor, decompressor) }
        output.deallocate()
    }

    /// The bytes as one gzip member, good until the next call.
    package func pack(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        precondition(!bytes.isEmpty, "an empty member says nothing")
        // What can't be compressed is stored: 5 bytes for each 65 535, and the frame of 18.
        reserve(bytes.count + bytes.count / 8 + 1024)
        let size =
            switch engine {
            case .isal: hf_isal_gzip(bytes.baseAddress, bytes.count, output.baseAddress, output.count, scratch)
            case .libdeflate1, .libdeflate6:
                hf_libdeflate_gzip(compressor, bytes.baseAddress, bytes.count, output.baseAddress, output.count)
            case .zlib1, .zlib6: packWithZlib(bytes)
            }
        precondition(size > 0, "\(engine.rawValue) could not pack \(bytes.count) bytes")
        return UnsafeRawBufferPointer(rebasing: output[..<size])
    }

    /// A whole member unpacked, good until the next call; nil where it is damaged or says more than a member may hold.
    package func unpack(_ member: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        guard member.count >= 18 else { return nil }
        // The last four bytes say how long the input was.
        let size = Int(UInt32(littleEndian: member.loadUnaligned(fromByteOffset: member.count - 4, as: UInt32.self)))
        guard size > 0, size <= ArchiveLimits.memberBytesMax else { return nil }
        reserve(size)
        let isGood =
            switch engine {
            case .isal: hf_isal_gunzip(member.baseAddress, member.count, output.baseAddress, size) == 1
            case .libdeflate1, .libdeflate6:
                hf_libdeflate_gunzip(decompressor, member.baseAddress, member.count, output.baseAddress, size) == 1
            case .zlib1, .zlib6: unpackWithZlib(member, size)
            }
        return isGood ? UnsafeRawBufferPointer(rebasing: output[..<size]) : nil
    }

    private func reserve(_ size: Int) {
        if output.count >= size { return }
        output.deallocate()
        output = .allocate(byteCount: size, alignment: 64)
    }

    // MARK: zlib

    /// 15 bits of window, and 16 for gzip's frame.
    private static let windowBits: Int32 = 15 + 16

    private func packWithZlib(_ bytes: UnsafeRawBufferPointer) -> Int {
        var stream = z_stream()
        let version = ZLIB_VERSION
        let code = deflateInit2_(
            &stream, engine.level, Z_DEFLATED, Self.windowBits, 8, Z_DEFAULT_STRATEGY, version,
            Int32(MemoryLayout<z_stream>.size))
        guard code == Z_OK else { return 0 }
        defer { deflateEnd(&stream) }
        Self.connect(&stream, bytes, output)
        return deflate(&stream, Z_FINISH) == Z_STREAM_END ? Int(stream.total_out) : 0
    }

    private func unpackWithZlib(_ member: UnsafeRawBufferPointer, _ size: Int) -> Bool {
        var stream = z_stream()
        let code = inflateInit2_(&stream, Self.windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard code == Z_OK else { return false }
        defer { inflateEnd(&stream) }
        Self.connect(&stream, member, UnsafeMutableRawBufferPointer(rebasing: output[..<size]))
        return inflate(&stream, Z_FINISH) == Z_STREAM_END && stream.avail_in == 0 && Int(stream.total_out) == size
    }

    private static func connect(
        _ stream: inout z_stream, _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer
    ) {
        stream.next_in = UnsafeMutablePointer(mutating: input.bindMemory(to: UInt8.self).baseAddress)
        stream.avail_in = UInt32(input.count)
        stream.next_out = output.bindMemory(to: UInt8.self).baseAddress
        stream.avail_out = UInt32(output.count)
    }
}
