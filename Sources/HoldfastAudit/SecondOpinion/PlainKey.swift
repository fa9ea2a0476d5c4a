/// The first 32 bytes of a key, and zeros where it has fewer; of a longer one 24, and a hash of the rest.
struct PlainKey: BitwiseCopyable {
    var a: UInt64 = 0
    var b: UInt64 = 0
    var c: UInt64 = 0
    var d: UInt64 = 0

    static let bytes = 32

    @inline(__always)
    init(_ text: UnsafeRawBufferPointer) {
        let kept = text.count > Self.bytes ? 24 : text.count
        withUnsafeMutableBytes(of: &self) { words in
            words.copyMemory(from: UnsafeRawBufferPointer(start: text.baseAddress, count: kept))
        }
        if text.count > Self.bytes { d = Self.rest(of: text) }
    }

    /// The same of a text with so many readable bytes behind it, whatever these are: without a copy.
    @inline(__always)
    init(beforeSlack text: UnsafeRawBufferPointer) {
        let kept = text.count > Self.bytes ? 24 : text.count
        a = Self.word(text, 0, kept)
        b = Self.word(text, 8, kept)
        c = Self.word(text, 16, kept)
        d = text.count > Self.bytes ? Self.rest(of: text) : Self.word(text, 24, kept)
    }

    /// Eight bytes of a text from `start` on, and zeros from `end` on.
    @inline(__always)
    private static func word(_ text: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> UInt64 {
        guard start < end else { return 0 }
        let word = UInt64(littleEndian: text.baseAddress!.loadUnaligned(fromByteOffset: start, as: UInt64.self))
        let surplus = UInt64(max(0, start &+ 8 &- end)) &* 8
        return word & (.max &>> surplus)
    }

    @inline(never)
    private static func rest(of text: UnsafeRawBufferPointer) -> UInt64 {
        text[24...].reduce(UInt64(text.count)) { mix($0 ^ UInt64($1)) }
    }

    @inline(__always)
    func isSame(as other: PlainKey, in count: Int) -> Bool {
        let first = (a ^ other.a) | (b ^ other.b) | (c ^ other.c)
        return count > Self.bytes ? first == 0 : first | (d ^ other.d) == 0
    }

    /// Any good mixing will do; it never leaves this process.
    @inline(__always)
    var hash: UInt64 { Self.mix(Self.mix(a ^ 0x9E37_79B9_7F4A_7C15) ^ b &+ Self.mix(c ^ 0x2545_F491_4F6C_DD1D) ^ d) }

    @inline(__always)
    private static func mix(_ word: UInt64) -> UInt64 {
        let product = word.multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
        return product.high ^ product.low
    }
}
