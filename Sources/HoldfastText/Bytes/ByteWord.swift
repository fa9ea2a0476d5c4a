/// Eight bytes looked at in one step.
///
/// Most text here is short and ASCII. A 64-bit word answers "is there anything special among these eight?" in a few
/// instructions, on every machine, without shuffles or alignment rules. A result of zero means no; otherwise the
/// lowest marked byte is exact. Bytes above it may be marked wrongly (a borrow runs upwards), so only the lowest counts.
@usableFromInline
enum ByteWord {
    @usableFromInline static let width = 8

    @inlinable @inline(__always)
    static func repeating(_ byte: UInt8) -> UInt64 {
        UInt64(byte) &* 0x0101_0101_0101_0101
    }

    /// The eight bytes at `offset`, the first one lowest, so that a mask counts positions from the front.
    @inlinable @inline(__always)
    static func load(_ base: UnsafeRawPointer, at offset: Int) -> UInt64 {
        UInt64(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// Position (0 to 7) of the lowest marked byte of a mask that isn't zero.
    @inlinable @inline(__always)
    static func firstMarked(_ mask: UInt64) -> Int {
        mask.trailingZeroBitCount &>> 3
    }

    /// Bytes that need care inside a JSON string when it is written: controls, the quote, the backslash.
    @inlinable @inline(__always)
    static func needsEscape(_ word: UInt64) -> UInt64 {
        specialInString(word) & repeating(0x80)
    }

    /// The same when it is read: also every byte from 0x80 up, whose sequence has yet to be proved valid.
    @inlinable @inline(__always)
    static func endsPlainRun(_ word: UInt64) -> UInt64 {
        (specialInString(word) | word) & repeating(0x80)
    }

    @inlinable @inline(__always)
    static func nonASCII(_ word: UInt64) -> UInt64 {
        word & repeating(0x80)
    }

    /// U+0000 to U+001F and U+007F.
    @inlinable @inline(__always)
    static func controls(_ word: UInt64) -> UInt64 {
        let delete = word ^ repeating(0x7F)
        return ((word &- repeating(0x20)) & ~word | (delete &- repeating(0x01)) & ~delete) & repeating(0x80)
    }

    @inlinable @inline(__always)
    static func specialInString(_ word: UInt64) -> UInt64 {
        let quote = word ^ repeating(UInt8(ascii: "\""))
        let backslash = word ^ repeating(UInt8(ascii: "\\"))
        let below = (word &- repeating(0x20)) & ~word
        return below | (quote &- repeating(0x01)) & ~quote | (backslash &- repeating(0x01)) & ~backslash
    }
}
