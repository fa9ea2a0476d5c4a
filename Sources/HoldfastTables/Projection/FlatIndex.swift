/// An open-addressing index from a hash to a slot's number; what is at the slot is the caller's to compare. The table
/// is at most half full.
package struct FlatIndex: ~Copyable {
    /// The upper half of the hash, and the slot's number plus one; 0 where there is none.
    private var entries: UnsafeMutablePointer<UInt64>
    private var mask: Int
    package private(set) var count = 0

    package init(expecting count: Int = 64) {
        var size = 128
        while size < count * 2 { size *= 2 }
        mask = size - 1
        entries = .allocate(capacity: size)
        entries.initialize(repeating: 0, count: size)
    }

    deinit { entries.deallocate() }

    /// The slot under that hash for which `matches` holds, or nil.
    @inline(__always)
    package func find(_ hash: UInt64, _ matches: (Int) -> Bool) -> Int? {
        var at = Int(truncatingIfNeeded: hash) & mask
        let tag = hash & 0xFFFF_FFFF_0000_0000
        while true {
            let entry = entries[at]
            if entry == 0 { return nil }
            if entry & 0xFFFF_FFFF_0000_0000 == tag {
                let slot = Int(entry & 0xFFFF_FFFF) - 1
                if matches(slot) { return slot }
            }
            at = (at + 1) & mask
        }
    }

    /// Adds a slot that is not there. `hashOf` is asked for the others' when the table grows.
    package mutating func add(_ hash: UInt64, slot: Int, _ hashOf: (Int) -> UInt64) {
        if (count + 1) * 2 > mask { grow(hashOf) }
        insert(hash, slot)
        count += 1
    }

    private func insert(_ hash: UInt64, _ slot: Int) {
        var at = Int(truncatingIfNeeded: hash) & mask
        while entries[at] != 0 { at = (at + 1) & mask }
        entries[at] = hash & 0xFFFF_FFFF_0000_0000 | UInt64(slot + 1)
    }

    private mutating func grow(_ hashOf: (Int) -> UInt64) {
        let old = entries
        let oldSize = mask + 1
        mask = oldSize * 2 - 1
        entries = .allocate(capacity: oldSize * 2)
        entries.initialize(repeating: 0, count: oldSize * 2)
        for at in 0..<oldSize where old[at] != 0 {
            let slot = Int(old[at] & 0xFFFF_FFFF) - 1
            insert(hashOf(slot), slot)
        }
        old.deallocate()
    }

    package mutating func removeAll() {
        entries.initialize(repeating: 0, count: mask + 1)
        count = 0
    }
}
