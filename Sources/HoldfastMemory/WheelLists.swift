/// The lists of a ``TimingWheel``: first and last item of each, and which of them are not empty.
///
/// List n of level l is number l * 4096 + n. Levels 0 and 1 use 1024 of their lists, level 2 all, and level 3 one for
/// the overflow. Two layers of bits, 64 words and a summary of them for each level, find the next list in use in two
/// steps, however far it is.
@frozen @usableFromInline struct WheelLists: ~Copyable, Sendable {
    /// The ends of each list (two UInt32), a bit for each list, a summary for each level (a bit for each word of bits).
    @usableFromInline let region: MappedRegion

    @inlinable static var overflow: Int { 3 &* 4096 }
    @inlinable static var bitsOffset: Int { 4 &* 4096 &* 8 }
    @inlinable static var summaryOffset: Int { bitsOffset &+ 4 &* 64 &* 8 }

    init() { region = MappedRegion(size: Self.summaryOffset + 4 * 8) }

    // A list is 0...12288 by construction, so offsets can't overflow or leave the region.
    @inlinable @inline(__always) func first(_ list: Int) -> UInt32 {
        region.base.load(fromByteOffset: list &* 8, as: UInt32.self)
    }
    @inlinable @inline(__always) func last(_ list: Int) -> UInt32 {
        region.base.load(fromByteOffset: list &* 8 &+ 4, as: UInt32.self)
    }
    @inlinable @inline(__always) func bits(_ word: Int) -> UInt64 {
        region.base.load(fromByteOffset: Self.bitsOffset &+ word &* 8, as: UInt64.self)
    }
    @inlinable @inline(__always) func summary(_ level: Int) -> UInt64 {
        region.base.load(fromByteOffset: Self.summaryOffset &+ level &* 8, as: UInt64.self)
    }

    /// Sets both ends of a list, and with them whether it is in use.
    @inlinable func set(_ list: Int, first: UInt32, last: UInt32) {
        assert((first == 0) == (last == 0), "a list has two ends or none")
        region.base.storeBytes(of: first, toByteOffset: list &* 8, as: UInt32.self)
        region.base.storeBytes(of: last, toByteOffset: list &* 8 &+ 4, as: UInt32.self)
        let index = list &>> 6
        let bit: UInt64 = 1 &<< UInt64(list & 63)
        let old = bits(index)
        let new = first == 0 ? old & ~bit : old | bit
        guard new != old else { return }
        region.base.storeBytes(of: new, toByteOffset: Self.bitsOffset &+ index &* 8, as: UInt64.self)
        let level = list &>> 12
        let summaryBit: UInt64 = 1 &<< UInt64(index & 63)
        let summary = new == 0 ? summary(level) & ~summaryBit : summary(level) | summaryBit
        region.base.storeBytes(of: summary, toByteOffset: Self.summaryOffset &+ level &* 8, as: UInt64.self)
    }

    /// The first list in use of a level, counted within it, at or after one of 0...4095.
    @inlinable func next(level: Int, from start: Int) -> Int? {
        let summary = summary(level)
        guard summary != 0 else { return nil }
        let index = start &>> 6
        let here = bits(level &<< 6 | index) & (~0 &<< UInt64(start & 63))
        if here != 0 { return index &<< 6 | here.trailingZeroBitCount }
        // Twice, because a shift by 64 can't be said in one.
        let later = summary & ((~0 &<< UInt64(index)) &<< 1)
        guard later != 0 else { return nil }
        let found = later.trailingZeroBitCount
        return found &<< 6 | bits(level &<< 6 | found).trailingZeroBitCount
    }
}
