/// What names, notes and tenants may be made of.
enum TextRules {
    static let bytesMax = 64
    static let tenantBytesMax = 32

    /// At most 64 bytes of UTF-8 without control characters.
    @inline(__always)
    static func isText(_ bytes: UnsafeRawBufferPointer, atLeast: Int) -> Bool {
        guard bytes.count >= atLeast, bytes.count <= bytesMax else { return false }
        return bytes.count == 0 || isClean(bytes)
    }

    /// Eight bytes at a time while they are plain ASCII.
    private static func isClean(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let base = bytes.baseAddress!
        var offset = 0
        while offset &+ 8 <= bytes.count {
            let word = base.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            if word & 0x8080_8080_8080_8080 != 0 { return isCleanUTF8(bytes) }
            // A byte below 0x20 borrows into its top bit; 0x7F plus one carries into it.
            let low = (word &- 0x2020_2020_2020_2020) & 0x8080_8080_8080_8080
            let delete = (word &+ 0x0101_0101_0101_0101) & 0x8080_8080_8080_8080
            if low | delete != 0 { return false }
            offset &+= 8
        }
        while offset < bytes.count {
            let byte = base.load(fromByteOffset: offset, as: UInt8.self)
            if byte >= 0x80 { return isCleanUTF8(bytes) }
            if byte < 0x20 || byte == 0x7F { return false }
            offset &+= 1
        }
        return true
    }

    private static func isCleanUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        while true {
            switch decoder.decode(&iterator) {
            case .scalarValue(let scalar): if scalar.value < 0x20 || scalar.value == 0x7F { return false }
            case .emptyInput: return true
            case .error: return false
            }
        }
    }

    /// `^[a-z0-9][a-z0-9_-]{0,31}$`
    static func isTenant(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count >= 1, bytes.count <= tenantBytesMax, isWord(bytes[0]) else { return false }
        for byte in bytes where !isWord(byte) && byte != UInt8(ascii: "_") && byte != UInt8(ascii: "-") {
            return false
        }
        return true
    }

    @inline(__always)
    private static func isWord(_ byte: UInt8) -> Bool {
        byte &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "0") < 10
    }
}
