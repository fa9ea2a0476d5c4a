public import Glibc

/// Strings are copied eight bytes at a time; only quotes, backslashes and controls stop the copy.
///
/// Everything else, DEL and all of UTF-8 included, passes as it is: RFC 8259 asks for no more, and an identifier
/// comes out as the bytes that came in. Whether the bytes are valid UTF-8 is settled where they enter.
extension JSONWriter {
    /// Strings are escaped in pieces of this size, so that room for the worst case (six bytes for one) stays small.
    @usableFromInline static var piece: Int { 4096 }

    @inlinable
    package mutating func string(_ bytes: UnsafeRawBufferPointer) {
        reserve(2)
        separate()
        put(UInt8(ascii: "\""))
        if let base = bytes.baseAddress {
            var offset = 0
            while offset < bytes.count {
                let size = min(Self.piece, bytes.count &- offset)
                escape(base + offset, count: size)
                offset &+= size
            }
        }
        reserve(1)
        put(UInt8(ascii: "\""))
    }

    @inlinable
    package mutating func string(_ bytes: Span<UInt8>) {
        bytes.withUnsafeBytes { string($0) }
    }

    // A literal means the static form below; without this the compiler would prefer String for it.
    @_disfavoredOverload @inlinable
    package mutating func string(_ text: String) {
        var text = text
        text.withUTF8 { string(UnsafeRawBufferPointer($0)) }
    }

    /// A word known at compile time, such as an event's name: copied as it stands, like a static key.
    @inlinable @inline(__always)
    package mutating func string(_ text: StaticString) {
        let size = text.utf8CodeUnitCount
        assert(Self.isPlain(text), "a static string holds no quote, backslash or control character")
        reserve(size &+ 3)
        separate()
        put(UInt8(ascii: "\""))
        memcpy(storage + length, text.utf8Start, size)
        length &+= size
        put(UInt8(ascii: "\""))
    }

    /// A whole word is stored before we know how much of it is clean: what follows overwrites the rest. The room
    /// reserved covers that, since six bytes are kept for each one left and a word at the end besides.
    @inlinable
    mutating func escape(_ source: UnsafeRawPointer, count: Int) {
        reserve(count &* 6 &+ ByteWord.width)
        var index = 0
        while index &+ ByteWord.width <= count {
            let word = ByteWord.load(source, at: index)
            UnsafeMutableRawPointer(storage + length).storeBytes(of: word.littleEndian, as: UInt64.self)
            let mask = ByteWord.needsEscape(word)
            if mask == 0 {
                index &+= ByteWord.width
                length &+= ByteWord.width
                continue
            }
            let clean = ByteWord.firstMarked(mask)
            length &+= clean
            index &+= clean
            putEscape(source.load(fromByteOffset: index, as: UInt8.self))
            index &+= 1
        }
        while index < count {
            let byte = source.load(fromByteOffset: index, as: UInt8.self)
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                putEscape(byte)
            } else {
                put(byte)
            }
            index &+= 1
        }
    }

    @usableFromInline @inline(never)
    mutating func putEscape(_ byte: UInt8) {
        put(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): put(byte)
        case 0x08: put(UInt8(ascii: "b"))
        case 0x09: put(UInt8(ascii: "t"))
        case 0x0A: put(UInt8(ascii: "n"))
        case 0x0C: put(UInt8(ascii: "f"))
        case 0x0D: put(UInt8(ascii: "r"))
        default:
            put(UInt8(ascii: "u"))
            put(UInt8(ascii: "0"))
            put(UInt8(ascii: "0"))
            put(Self.hexDigit(byte >> 4))
            put(Self.hexDigit(byte & 0x0F))
        }
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
