internal import CHoldfast

/// The container of every small file of a log (manifest, clean-close mark, checkpoints, segment index …), written whole
/// by one function: a temporary file, sync, rename, sync of the directory.
///
///      0  u64  magic "HFsmall1"
///      8  u32  kind     12  u32  format version of that kind
///     16  u32  payload bytes   20  u32  CRC32C of the payload
///     24  u32  zero            28  u32  CRC32C of bytes 0 ..< 28
///     32  payload
package enum SmallFile {
    package enum Kind: UInt32, Sendable {
        case manifest = 1
        case cleanClose = 2
        case checkpoint = 3
        case trimmed = 4
    }

    static let magic: UInt64 = 0x316C_6C61_6D73_4648  // "HFsmall1"
    static let headerBytes = 32
    package static let version: UInt32 = 1

    package static func write(
        _ payload: [UInt8], kind: Kind, to path: String, in directory: String, on disk: any Disk
    ) throws(DiskFailure) {
        var bytes = [UInt8](repeating: 0, count: headerBytes)
        let payloadSum = payload.withUnsafeBytes { hf_crc32c(0, $0.baseAddress, $0.count) }
        bytes.withUnsafeMutableBytes { raw in
            let base = raw.baseAddress!
            base.storeBytes(of: magic, toByteOffset: 0, as: UInt64.self)
            base.storeBytes(of: kind.rawValue, toByteOffset: 8, as: UInt32.self)
            base.storeBytes(of: version, toByteOffset: 12, as: UInt32.self)
            base.storeBytes(of: UInt32(payload.count), toByteOffset: 16, as: UInt32.self)
            base.storeBytes(of: payloadSum, toByteOffset: 20, as: UInt32.self)
            base.storeBytes(of: hf_crc32c(0, base, 28), toByteOffset: 28, as: UInt32.self)
        }
        bytes += payload
        try disk.writeWhole(bytes, to: path, in: directory)
    }

    /// The payload; nil where there is no such file. Damage is thrown, never read around.
    package static func read(_ path: String, kind: Kind, on disk: any Disk) throws(LogError) -> [UInt8]? {
        let content: [UInt8]?
        do throws(DiskFailure) { content = try disk.readWhole(path) } catch { throw .io(error) }
        guard let bytes = content else { return nil }
        func damaged(_ offset: Int, _ found: String) -> LogError {
            .damaged(Damage(file: path, offset: UInt64(offset), found: found))
        }
        guard bytes.count >= headerBytes else { throw damaged(bytes.count, "the file is too short") }
        let (fileMagic, sum, fileKind, fileVersion, count, payloadSum, computed) = bytes.withUnsafeBytes { raw in
            (
                raw.load(fromByteOffset: 0, as: UInt64.self), raw.load(fromByteOffset: 28, as: UInt32.self),
                raw.load(fromByteOffset: 8, as: UInt32.self), raw.load(fromByteOffset: 12, as: UInt32.self),
                Int(raw.load(fromByteOffset: 16, as: UInt32.self)), raw.load(fromByteOffset: 20, as: UInt32.self),
                hf_crc32c(0, raw.baseAddress, 28)
            )
        }
        guard fileMagic == magic, sum == computed else { throw damaged(0, "its header does not match its checksum") }
        guard fileVersion <= version else {
            throw .newerFormat(file: path, found: fileVersion, supported: version)
        }
        guard fileKind == kind.rawValue else { throw damaged(8, "it is a file of another kind (\(fileKind))") }
        guard bytes.count == headerBytes + count else {
            throw damaged(16, "\(count) bytes of content were expected, \(bytes.count - headerBytes) are there")
        }
        let payload = Array(bytes[headerBytes...])
        guard payload.withUnsafeBytes({ hf_crc32c(0, $0.baseAddress, $0.count) }) == payloadSum else {
            throw damaged(headerBytes, "its content does not match its checksum")
        }
        return payload
    }
}

extension DiskFile {
    package func writeAll(_ bytes: [UInt8], at offset: UInt64) throws(DiskFailure) {
        try bytes.span.withUnsafeBytes { (raw) throws(DiskFailure) in try write(raw, at: offset) }
    }
}

/// Little-endian fields, one after the other, for the payloads of small files and snapshots.
package struct FieldWriter {
    package private(set) var bytes: [UInt8] = []
    package init() {}

    package mutating func integer<T: FixedWidthInteger>(_ value: T) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    package mutating func digest(_ digest: Digest) {
        withUnsafeBytes(of: digest.words) { bytes.append(contentsOf: $0) }
    }

    /// A length of 4 bytes, then the bytes.
    package mutating func counted(_ content: some Collection<UInt8>) {
        integer(UInt32(content.count))
        bytes.append(contentsOf: content)
    }
}

/// Reads what `FieldWriter` wrote; nil past the end, so that a short payload can't be misread.
package struct FieldReader {
    private let bytes: [UInt8]
    private var at = 0
    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    package var isAtEnd: Bool { at == bytes.count }

    package mutating func integer<T: FixedWidthInteger>(_: T.Type = T.self) -> T? {
        let size = MemoryLayout<T>.size
        guard bytes.count - at >= size else { return nil }
        defer { at += size }
        return bytes.withUnsafeBytes { T(littleEndian: $0.loadUnaligned(fromByteOffset: at, as: T.self)) }
    }

    package mutating func digest() -> Digest? {
        guard bytes.count - at >= 32 else { return nil }
        defer { at += 32 }
        return bytes.withUnsafeBytes { Digest(loadingFrom: $0.baseAddress! + at) }
    }

    package mutating func counted() -> [UInt8]? {
        guard let count: UInt32 = integer(), bytes.count - at >= Int(count) else { return nil }
        defer { at += Int(count) }
        return Array(bytes[at..<at + Int(count)])
    }
}
