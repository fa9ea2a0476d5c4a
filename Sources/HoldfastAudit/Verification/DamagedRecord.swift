private import Glibc
internal import HoldfastText

/// Names the player of an event whose bytes are damaged, as far as they can still be read: an auditor wants to know
/// whose event it was, and the checksum only says that some byte of it changed.
enum DamagedRecord {
    static func name(_ finding: inout Finding) {
        guard let file = finding.file, let offset = finding.offset, let bytes = read(file, offset) else { return }
        bytes.withUnsafeBytes { bytes in
            let base = bytes.baseAddress!
            let keyBytes = Int(base.load(fromByteOffset: 7, as: UInt8.self))
            let version = base.loadUnaligned(fromByteOffset: 12, as: UInt16.self)
            let revision = base.loadUnaligned(fromByteOffset: 16, as: UInt64.self)
            guard version == 1, keyBytes >= 3, 48 + keyBytes <= bytes.count, revision >= 1, revision < 1 << 48 else {
                return
            }
            let key = UnsafeRawBufferPointer(rebasing: bytes[48..<48 + keyBytes])
            guard let slash = key.firstIndex(of: UInt8(ascii: "/")), slash >= 1, slash + 1 < key.count,
                key[..<slash].allSatisfy(isOfTenant), UTF8Rules.isValid(key), !UTF8Rules.hasControl(key)
            else { return }
            finding.tenant = String(decoding: key[..<slash], as: UTF8.self)
            finding.player = String(decoding: key[(slash + 1)...], as: UTF8.self)
            finding.seq = revision
        }
    }

    private static func isOfTenant(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"),
            UInt8(ascii: "-"):
            true
        default: false
        }
    }

    /// A record's header and key.
    private static func read(_ file: String, _ offset: UInt64) -> [UInt8]? {
        let descriptor = open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 48 + 128)
        let count = pread(descriptor, &bytes, bytes.count, off_t(offset))
        return count >= 52 ? Array(bytes.prefix(count)) : nil
    }
}
