/// The name of an asset, `^[A-Z0-9]{2,8}(\.[a-z]{1,8})?$`: `BRL`, `BTC`, `BRL.bonus`.
///
/// At most 17 bytes, so it is kept in place: three words of text, padded with zeros, and the count in the last byte.
public struct AssetName: Hashable, Sendable, BitwiseCopyable {
    package let low: UInt64
    package let middle: UInt64
    package let high: UInt64

    package static let bytesMax = 17

    /// The text as it is; whether it has the form of a name is for `hasForm` to say. Nil when it is too long.
    package init?(unchecked text: UnsafeRawBufferPointer) {
        guard text.count <= Self.bytesMax else { return nil }
        var words: (UInt64, UInt64, UInt64) = (0, 0, 0)
        withUnsafeMutableBytes(of: &words) { room in
            copyBytes(from: text, to: room.baseAddress!)
            room[23] = UInt8(truncatingIfNeeded: text.count)
        }
        (low, middle, high) = words
    }

    /// The same of a text with eight readable bytes before it, as in a record: two or three loads.
    @inline(__always)
    init?(inRecord text: UnsafeRawBufferPointer) {
        let count = text.count
        guard count > 0, count <= Self.bytesMax, let base = text.baseAddress else { return nil }
        /// The last of the eight bytes up to `end`, from `start` on.
        func word(_ start: Int, _ end: Int) -> UInt64 {
            let word = UInt64(littleEndian: (base + end - 8).loadUnaligned(as: UInt64.self))
            return word &>> UInt64(truncatingIfNeeded: (8 &- (end &- start)) &* 8)
        }
        low = word(0, min(count, 8))
        middle = count > 8 ? word(8, min(count, 16)) : 0
        high = UInt64(truncatingIfNeeded: count) &<< 56 | (count > 16 ? word(16, count) : 0)
    }

    /// A name of good form, or nil.
    package init?(_ text: UnsafeRawBufferPointer) {
        self.init(unchecked: text)
        guard hasForm else { return nil }
    }

    /// A name of good form, or nil.
    public init?(_ text: String) {
        var text = text
        let name = text.withUTF8 { AssetName(UnsafeRawBufferPointer($0)) }
        guard let name else { return nil }
        self = name
    }

    package var count: Int { Int(high >> 56) }

    /// The bytes of the name, in place.
    package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        withUnsafeBytes(of: self) { body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }

    var hasForm: Bool {
        withBytes { bytes in
            var base = 0
            while base < bytes.count, Self.isBaseByte(bytes[base]) { base += 1 }
            guard (2...8).contains(base) else { return false }
            if base == bytes.count { return true }
            guard bytes[base] == UInt8(ascii: "."), (1...8).contains(bytes.count - base - 1) else { return false }
            return bytes[(base + 1)...].allSatisfy { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
        }
    }

    private static func isBaseByte(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    /// The asset whose purse this is: `BRL` of `BRL.bonus`.
    public var base: AssetName {
        withBytes { bytes in
            let end = bytes.firstIndex(of: UInt8(ascii: ".")) ?? bytes.count
            return AssetName(unchecked: UnsafeRawBufferPointer(rebasing: bytes[..<end]))!
        }
    }
}

extension AssetName: Comparable, CustomStringConvertible {
    /// In the order of the bytes.
    public static func < (left: AssetName, right: AssetName) -> Bool {
        (left.low.byteSwapped, left.middle.byteSwapped, left.high.byteSwapped)
            < (right.low.byteSwapped, right.middle.byteSwapped, right.high.byteSwapped)
    }

    public var description: String { withBytes { String(decoding: $0, as: UTF8.self) } }
}

/// What a name is called within this process: small enough for every purse and hold. It is never written anywhere.
package typealias AssetID = UInt16
