/// What counts as text: valid UTF-8, and the control characters that identifiers may not hold.
@usableFromInline
package enum UTF8Rules {
    /// Whether the bytes are UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF.
    ///
    ///     UTF8Rules.isValid(player) || refuse(.invalidRequest("player"))
    @inlinable
    package static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
        firstInvalid(in: bytes) == nil
    }

    /// Offset of the first byte that does not begin a valid sequence.
    @inlinable
    package static func firstInvalid(in bytes: UnsafeRawBufferPointer) -> Int? {
        guard let base = bytes.baseAddress else { return nil }
        let count = bytes.count
        var index = 0
        while index < count {
            if index &+ ByteWord.width <= count {
                let mask = ByteWord.nonASCII(ByteWord.load(base, at: index))
                if mask == 0 {
                    index &+= ByteWord.width
                    continue
                }
                index &+= ByteWord.firstMarked(mask)
            }
            let length = sequenceLength(base, at: index, count: count)
            if length == 0 { return index }
            index &+= length
        }
        return nil
    }

    /// Offset of the first control character (U+0000 to U+001F, U+007F).
    ///
    /// In valid UTF-8 these are single bytes and no other sequence contains them, so this looks at bytes alone.
    @inlinable
    package static func firstControl(in bytes: UnsafeRawBufferPointer) -> Int? {
        guard let base = bytes.baseAddress else { return nil }
        let count = bytes.count
        var index = 0
        while index &+ ByteWord.width <= count {
            let mask = ByteWord.controls(ByteWord.load(base, at: index))
            if mask != 0 { return index &+ ByteWord.firstMarked(mask) }
            index &+= ByteWord.width
        }
        while index < count {
            let byte = base.load(fromByteOffset: index, as: UInt8.self)
            if byte < 0x20 || byte == 0x7F { return index }
            index &+= 1
        }
        return nil
    }

    @inlinable
    package static func hasControl(_ bytes: UnsafeRawBufferPointer) -> Bool {
        firstControl(in: bytes) != nil
    }

    /// Length of the valid sequence at `index`, or 0 where there is none.
    ///
    /// The second byte carries the exceptions (table 3-7 of the Unicode standard): E0 and F0 would be overlong below
    /// A0 and 90, ED would be a surrogate above 9F, F4 would pass U+10FFFF above 8F.
    @usableFromInline
    static func sequenceLength(_ base: UnsafeRawPointer, at index: Int, count: Int) -> Int {
        let lead = base.load(fromByteOffset: index, as: UInt8.self)
        if lead < 0x80 { return 1 }
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch lead {
        case 0xC2...0xDF: length = 2
        case 0xE0:
            length = 3
            second = 0xA0...0xBF
        case 0xED:
            length = 3
            second = 0x80...0x9F
        case 0xE1...0xEF: length = 3
        case 0xF0:
            length = 4
            second = 0x90...0xBF
        case 0xF1...0xF3: length = 4
        case 0xF4:
            length = 4
            second = 0x80...0x8F
        default: return 0
        }
        guard length <= count &- index else { return 0 }
        guard second.contains(base.load(fromByteOffset: index &+ 1, as: UInt8.self)) else { return 0 }
        for offset in 2..<max(2, length) {
            guard base.load(fromByteOffset: index &+ offset, as: UInt8.self) & 0xC0 == 0x80 else { return 0 }
        }
        return length
    }
}
