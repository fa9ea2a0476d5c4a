/// A cache line of a page of ``HashPages``: six slots and what is needed to search them.
///
///     byte  0…47   six words      tagLow and value
///          48…59   six halves     tagHigh and status
///          60      occupied       one bit a slot
///          61      passed         how many entries that hash to this line or before lie beyond it
///          62…63   page header    line 0: depth, start prefix; line 1: displaced (UInt16)
///
/// `passed` tells a search whether to go on to the next line. Removing an entry takes it back, so there are no
/// tombstones. It sticks at 255, where only a rebuild of the page can lower it.
@frozen @usableFromInline struct HashLine {
    @usableFromInline let base: UnsafeMutableRawPointer

    /// The line must lie in a page of a region that outlives this value.
    @inlinable init(_ base: UnsafeMutableRawPointer) { self.base = base }

    @inlinable @inline(__always) var occupied: UInt8 {
        get { base.load(fromByteOffset: 60, as: UInt8.self) }
        nonmutating set { base.storeBytes(of: newValue, toByteOffset: 60, as: UInt8.self) }
    }

    @inlinable @inline(__always) var passed: UInt8 {
        get { base.load(fromByteOffset: 61, as: UInt8.self) }
        nonmutating set { base.storeBytes(of: newValue, toByteOffset: 61, as: UInt8.self) }
    }

    /// The slots without an entry, one bit each.
    @inlinable @inline(__always) var free: UInt8 { ~occupied & 0x3F }

    @inlinable @inline(__always)
    func word(_ slot: Int) -> UInt64 { base.load(fromByteOffset: slot &* 8, as: UInt64.self) }
    @inlinable @inline(__always)
    func half(_ slot: Int) -> UInt16 { base.load(fromByteOffset: 48 &+ slot &* 2, as: UInt16.self) }

    /// Writes an entry. The slot is 0...5 by construction, so its offset can't overflow or leave the line.
    @inlinable @inline(__always) func set(_ slot: Int, word: UInt64, half: UInt16) {
        base.storeBytes(of: word, toByteOffset: slot &* 8, as: UInt64.self)
        base.storeBytes(of: half, toByteOffset: 48 &+ slot &* 2, as: UInt16.self)
    }

    @inlinable @inline(__always) func occupy(_ slot: Int) { occupied |= 1 << UInt8(truncatingIfNeeded: slot) }
    @inlinable @inline(__always) func vacate(_ slot: Int) { occupied &= ~(1 << UInt8(truncatingIfNeeded: slot)) }

    @inlinable @inline(__always) func notePassing() { passed = passed == 255 ? 255 : passed + 1 }
    @inlinable @inline(__always) func forgetPassing() {
        let count = passed
        assert(count > 0, "an entry lies beyond this line, so it was counted")
        if count != 255 { passed = count - 1 }
    }

    /// The occupied slots whose half has this tag, one bit each; their words are still to be compared.
    ///
    /// Four halves at a time in a register: a lane is zero exactly where the tags agree, and adding 0x7FFF to its
    /// low 15 bits then leaves its top bit clear. The multiplication gathers the four top bits; its partial products
    /// never meet in one bit, so nothing carries, and what it pushes out at the top is not wanted.
    @inlinable @inline(__always) func candidates(tagHigh: UInt16) -> UInt8 {
        let pattern = UInt64(tagHigh) &* 0x0008_0008_0008_0008
        let first = Self.zeroLanes(base.load(fromByteOffset: 48, as: UInt64.self) ^ pattern)
        let second = Self.zeroLanes(base.load(fromByteOffset: 56, as: UInt64.self) ^ pattern)
        return UInt8(truncatingIfNeeded: first | (second & 3) << 4) & occupied
    }

    @inlinable @inline(__always) static func zeroLanes(_ lanes: UInt64) -> UInt64 {
        let tags = lanes & 0xFFF8_FFF8_FFF8_FFF8
        let nonzero = ((tags & 0x7FFF_7FFF_7FFF_7FFF) &+ 0x7FFF_7FFF_7FFF_7FFF) | tags
        let zero = ~nonzero >> 15 & 0x0001_0001_0001_0001
        return (zero &* 0x0001_0002_0004_0008) >> 48
    }
}
