public import Glibc

/// A string as it stands between its quotes. It points into the scanned line and lives as long as that does.
///
/// The scanner has proved it: valid UTF-8, no raw controls, every escape well formed, no lone surrogate. So what
/// follows here can't fail.
@usableFromInline
package struct JSONString {
    @usableFromInline let base: UnsafeRawPointer
    @usableFromInline let size: UInt32
    /// Whether the raw bytes differ from the text: where this is false, `raw` is the text.
    @usableFromInline
    package let hasEscapes: Bool

    @inlinable @inline(__always)
    init(base: UnsafeRawPointer, count: Int, hasEscapes: Bool) {
        self.base = base
        self.size = UInt32(truncatingIfNeeded: count)
        self.hasEscapes = hasEscapes
    }

    /// The bytes between the quotes, escapes and all.
    @inlinable @inline(__always)
    package var raw: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: base, count: Int(size))
    }

    /// The text's bytes: `raw` itself, or the unescaped form in `scratch`, which must hold `raw.count` bytes.
    ///
    ///     let player = value.utf8(scratch: scratch)
    @inlinable
    package func utf8(scratch: UnsafeMutableRawBufferPointer) -> UnsafeRawBufferPointer {
        guard hasEscapes else { return raw }
        let count = unescape(into: scratch)
        return UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(scratch)[..<count])
    }

    /// Whether the text is this word, however it is escaped: `"\u006fp"` is `op`.
    @inlinable @inline(__always)
    package func equals(_ word: StaticString) -> Bool {
        if hasEscapes { return equalsEscaped(word) }
        return Int(size) == word.utf8CodeUnitCount && memcmp(base, word.utf8Start, word.utf8CodeUnitCount) == 0
    }

    /// The text as a String; for messages and settings, not for the hot path.
    package var text: String {
        withUnsafeTemporaryAllocation(byteCount: max(1, Int(size)), alignment: 1) { scratch in
            String(decoding: utf8(scratch: scratch), as: UTF8.self)
        }
    }

    @usableFromInline
    func equalsEscaped(_ word: StaticString) -> Bool {
        withUnsafeTemporaryAllocation(byteCount: Int(size), alignment: 1) { scratch in
            let count = unescape(into: scratch)
            return count == word.utf8CodeUnitCount && memcmp(scratch.baseAddress!, word.utf8Start, count) == 0
        }
    }

    /// Writes the text and returns its length, which never exceeds `raw.count`: each escape is longer than what it says.
    @usableFromInline
    package func unescape(into target: UnsafeMutableRawBufferPointer) -> Int {
        precondition(target.count >= Int(size), "the unescaped text may need \(size) bytes")
        let source = raw
        var read = 0
        var written = 0
        while read < source.count {
            let byte = source[read]
            guard byte == UInt8(ascii: "\\") else {
                target[written] = byte
                read += 1
                written += 1
                continue
            }
            let letter = source[read + 1]
            guard letter == UInt8(ascii: "u") else {
                target[written] = Self.meaning(letter)
                read += 2
                written += 1
                continue
            }
            var scalar = Self.hexValue(source, at: read + 2)
            read += 6
            if 0xD800...0xDBFF ~= scalar {
                let low = Self.hexValue(source, at: read + 2)
                read += 6
                scalar = 0x10000 + (scalar - 0xD800) << 10 + (low - 0xDC00)
            }
            written += Self.encode(scalar, into: target, at: written)
        }
        return written
    }

    private static func meaning(_ letter: UInt8) -> UInt8 {
        switch letter {
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: letter
        }
    }

    private static func hexValue(_ source: UnsafeRawBufferPointer, at index: Int) -> UInt32 {
        var value: UInt32 = 0
        for offset in 0..<4 {
            value = value << 4 | UInt32(JSONScanner.hexDigit(source[index + offset]) ?? 0)
        }
        return value
    }

    private static func encode(_ scalar: UInt32, into target: UnsafeMutableRawBufferPointer, at index: Int) -> Int {
        func tail(_ shift: UInt32) -> UInt8 { 0x80 | UInt8(scalar >> shift & 0x3F) }
        switch scalar {
        case 0..<0x80:
            target[index] = UInt8(scalar)
            return 1
        case 0x80..<0x800:
            target[index] = 0xC0 | UInt8(scalar >> 6)
            target[index + 1] = tail(0)
            return 2
        case 0x800..<0x10000:
            target[index] = 0xE0 | UInt8(scalar >> 12)
            target[index + 1] = tail(6)
            target[index + 2] = tail(0)
            return 3
        default:
            target[index] = 0xF0 | UInt8(scalar >> 18)
            target[index + 1] = tail(12)
            target[index + 2] = tail(6)
            target[index + 3] = tail(0)
            return 4
        }
    }
}
