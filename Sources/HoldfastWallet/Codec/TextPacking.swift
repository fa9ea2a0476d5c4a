internal import HoldfastLog

/// Ids in a row of ids: what one shares with the one before it is left out, hexadecimal digits take half a byte.
///
/// The code of a text, one byte: 0…64 so many bytes shared, the rest as it is; 128…192 the same, and the rest are
/// lower-case hexadecimal digits, two a byte, the first in the upper half, an odd last one with 0; 255 a UUID of 36
/// characters with its 32 digits in 16 bytes.
struct TextPacking {
    static let uuid: UInt8 = 255
    private static let packed: UInt8 = 128
    private static let sharedMax = 64
    private static let uuidCount = 36

    /// The text before this one, of the same field.
    private var before: UnsafeRawPointer?
    private var beforeCount = 0

    @inline(__always)
    mutating func pack(_ text: UnsafeRawPointer, _ count: Int, codes: inout ByteColumn, texts: inout ByteColumn) {
        if count == 0 { return }
        defer { (before, beforeCount) = (text, count) }
        if count == Self.uuidCount, Self.packUUID(text, &texts) {
            codes.byte(Self.uuid)
            return
        }
        let shared = sharedCount(text, count)
        let rest = count &- shared
        let source = text + shared
        if rest > 1, Self.packDigits(source, rest, into: &texts) {
            codes.byte(Self.packed | UInt8(truncatingIfNeeded: shared))
        } else {
            codes.byte(UInt8(truncatingIfNeeded: shared))
            texts.bytes(source, rest)
        }
    }

    @inline(__always)
    private func sharedCount(_ text: UnsafeRawPointer, _ count: Int) -> Int {
        guard let before else { return 0 }
        let most = min(count, beforeCount, Self.sharedMax)
        var shared = 0
        while shared &+ 8 <= most {
            let difference =
                text.loadUnaligned(fromByteOffset: shared, as: UInt64.self)
                ^ before.loadUnaligned(fromByteOffset: shared, as: UInt64.self)
            if difference != 0 { return shared &+ difference.trailingZeroBitCount >> 3 }
            shared &+= 8
        }
        while shared < most,
            text.load(fromByteOffset: shared, as: UInt8.self) == before.load(fromByteOffset: shared, as: UInt8.self)
        { shared &+= 1 }
        return shared
    }

    /// 0…15, or more for what is no digit.
    @inline(__always)
    private static func digit(_ character: UInt8) -> UInt8 {
        let number = character &- UInt8(ascii: "0")
        if number < 10 { return number }
        let letter = character &- UInt8(ascii: "a")
        return letter < 6 ? letter &+ 10 : 255
    }

    @inline(__always)
    private static func packDigits(_ text: UnsafeRawPointer, _ count: Int, into texts: inout ByteColumn) -> Bool {
        let start = texts.count
        let target = texts.room((count &+ 1) >> 1)
        var bad: UInt8 = 0
        var index = 0
        while index &+ 1 < count {
            let high = digit(text.load(fromByteOffset: index, as: UInt8.self))
            let low = digit(text.load(fromByteOffset: index &+ 1, as: UInt8.self))
            bad |= high | low
            target.storeBytes(of: high << 4 | low & 15, toByteOffset: index >> 1, as: UInt8.self)
            index &+= 2
        }
        if index < count {
            let high = digit(text.load(fromByteOffset: index, as: UInt8.self))
            bad |= high
            target.storeBytes(of: high << 4, toByteOffset: index >> 1, as: UInt8.self)
        }
        if bad < 16 { return true }
        texts.count = start
        return false
    }

    /// Where the dashes of a UUID stand, and its digits in between.
    private static let uuidParts: [(start: Int, count: Int)] = [(0, 8), (9, 4), (14, 4), (19, 4), (24, 12)]

    @inline(never)
    private static func packUUID(_ text: UnsafeRawPointer, _ texts: inout ByteColumn) -> Bool {
        for dash in [8, 13, 18, 23]
        where text.load(fromByteOffset: dash, as: UInt8.self) != UInt8(ascii: "-") { return false }
        let start = texts.count
        for part in uuidParts where !packDigits(text + part.start, part.count, into: &texts) {
            texts.count = start
            return false
        }
        return true
    }

    // MARK: And back

    /// Puts a text of `count` bytes down at `target`. False where the columns make no sense.
    @inline(__always)
    mutating func unpack(
        to target: UnsafeMutableRawPointer, _ count: Int, codes: inout ByteCursor, texts: inout ByteCursor
    ) -> Bool {
        if count == 0 { return true }
        let code = codes.byte()
        if code == Self.uuid {
            guard count == Self.uuidCount else { return false }
            for part in Self.uuidParts {
                guard let source = texts.bytes(part.count / 2) else { return false }
                Self.unpackDigits(source, part.count, to: target + part.start)
            }
            for dash in [8, 13, 18, 23] {
                target.storeBytes(of: UInt8(ascii: "-"), toByteOffset: dash, as: UInt8.self)
            }
        } else {
            let shared = Int(code & 127)
            let rest = count &- shared
            guard rest >= 0, shared <= beforeCount else { return false }
            if shared > 0, let before {
                copyBytes(from: UnsafeRawBufferPointer(start: before, count: shared), to: target)
            }
            if code & Self.packed != 0 {
                guard let source = texts.bytes((rest &+ 1) >> 1) else { return false }
                Self.unpackDigits(source, rest, to: target + shared)
            } else {
                guard let source = texts.bytes(rest) else { return false }
                copyBytes(from: UnsafeRawBufferPointer(start: source, count: rest), to: target + shared)
            }
        }
        (before, beforeCount) = (UnsafeRawPointer(target), count)
        return true
    }

    @inline(__always)
    private static func unpackDigits(_ source: UnsafeRawPointer, _ count: Int, to target: UnsafeMutableRawPointer) {
        var index = 0
        while index < count {
            let byte = source.load(fromByteOffset: index >> 1, as: UInt8.self)
            let digit = index & 1 == 0 ? byte >> 4 : byte & 15
            target.storeBytes(
                of: digit &+ (digit < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") &- 10), toByteOffset: index,
                as: UInt8.self)
            index &+= 1
        }
    }
}
