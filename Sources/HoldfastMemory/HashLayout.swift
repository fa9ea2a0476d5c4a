/// How a 64-bit hash and a value become the ten bytes of an entry of ``HashPages``.
///
///     hash   63…60     59…42         41…29            28…23   22…0
///            16 start  later splits  later splits (6)  line    not kept
///            pages     (18)          and rest (7)
///            prefix    tagLow        tagHigh (13)     tagLow
///                      bits 23…6                      bits 5…0
///
///     word   63…40 tagLow    39…0 value        (8 bytes)
///     half   15…3  tagHigh    2…0 status       (2 bytes)
///
/// - The directory is indexed by the top bits, 4 at first and up to 28, so a page can be split 24 times over using
///   only what its entries keep. The page itself keeps the 4 bits that all of its entries share from the start.
/// - A lookup compares six halves at once and only then a word. The half therefore holds the bits that differ most
///   within a line: the 7 of `rest` and the 6 directory bits that are consumed last.
/// - An entry restores the top 41 bits of its hash. Among n entries a lookup meets a foreign one with probability
///   n / 2^41: with 100 million, once in 22 000 lookups. So callers verify a match against what the value names.
/// - Top bits rather than low ones, because a lane's number is usually the same hash modulo the lane count.
@frozen @usableFromInline package enum HashLayout {
    /// Bytes in a page, and the power of two that they are.
    @inlinable static var pageBytes: Int { 4096 }
    @inlinable static var pageShift: UInt64 { 12 }
    @inlinable static var linesPerPage: Int { 64 }
    @inlinable static var lineBytes: Int { 64 }
    @inlinable static var slotsPerLine: Int { 6 }
    @inlinable static var slotsPerPage: Int { 384 }

    /// The directory's depth in an empty table, and when the tag's bits are used up.
    @inlinable @inline(__always) static var depthMin: UInt64 { 4 }
    @inlinable @inline(__always) static var depthMax: UInt64 { 28 }

    @inlinable static var valueBits: UInt64 { 40 }
    @inlinable package static var valueMask: UInt64 { (1 << 40) - 1 }
    @inlinable package static var statusMask: UInt8 { 7 }
    /// The bits of a hash that an entry and its page restore.
    @inlinable package static var partialHashMask: UInt64 { ~((1 << 23) - 1) }

    @inlinable @inline(__always) static func line(_ hash: UInt64) -> Int { Int((hash >> 23) & 63) }
    @inlinable @inline(__always)
    static func tagLow(_ hash: UInt64) -> UInt64 { (hash >> 42) << 6 & 0xFF_FFC0 | (hash >> 23) & 63 }
    @inlinable @inline(__always)
    static func tagHigh(_ hash: UInt64) -> UInt16 { UInt16(truncatingIfNeeded: hash >> 29) & 0x1FFF }

    @inlinable @inline(__always)
    static func word(_ hash: UInt64, value: UInt64) -> UInt64 { tagLow(hash) << valueBits | value }
    @inlinable @inline(__always)
    static func half(_ hash: UInt64, status: UInt8) -> UInt16 { tagHigh(hash) << 3 | UInt16(status) }

    @inlinable @inline(__always) static func value(word: UInt64) -> UInt64 { word & valueMask }
    @inlinable @inline(__always)
    static func status(half: UInt16) -> UInt8 { UInt8(truncatingIfNeeded: half) & statusMask }
    /// The line that an entry hashes to, whichever line it lies in.
    @inlinable @inline(__always) static func line(word: UInt64) -> Int { Int((word >> valueBits) & 63) }

    /// The hash as far as it is known: the inverse of `word` and `half`, with the page's first four bits.
    @inlinable @inline(__always) static func partialHash(prefix: UInt8, word: UInt64, half: UInt16) -> UInt64 {
        let low = word >> valueBits
        return UInt64(prefix) << 60 | (low >> 6) << 42 | UInt64(half >> 3) << 29 | (low & 63) << 23
    }
}

/// Which values count as live: those at most `span` behind the newest, on a circle of 2^40.
///
/// Request memory stores log addresses, which wrap; what has fallen out of the window is as good as removed, without
/// anyone having to visit it. An address would count as live again after a whole turn of the circle, 8 TiB of log in
/// units of 8 bytes. By then inserts have filled its line several times over, and each time evicted the dead.
@frozen @usableFromInline package struct LiveWindow: Sendable, Equatable {
    @usableFromInline package var newest: UInt64
    @usableFromInline package var span: UInt64

    @inlinable package init(newest: UInt64, span: UInt64) {
        self.newest = newest
        self.span = span
    }

    /// Everything lives: for an index that forgets nothing by itself.
    @inlinable package static var everything: LiveWindow { LiveWindow(newest: 0, span: HashLayout.valueMask) }

    @inlinable @inline(__always)
    package func contains(_ value: UInt64) -> Bool { (newest &- value) & HashLayout.valueMask <= span }
    /// Whether anything can be outside at all.
    @inlinable var excludesSome: Bool { span < HashLayout.valueMask }
}
