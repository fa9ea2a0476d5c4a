/// An entry whose fingerprint agrees with a hash. Good until the next insert into the table.
@frozen @usableFromInline package struct HashMatch: Sendable {
    @usableFromInline let hash: UInt64
    /// Page number << 12 | line << 6 | slot.
    @usableFromInline let place: UInt64
    @usableFromInline package let value: UInt64
    @usableFromInline package let status: UInt8

    @inlinable init(hash: UInt64, place: UInt64, value: UInt64, status: UInt8) {
        self.hash = hash
        self.place = place
        self.value = value
        self.status = status
    }

    @inlinable var page: Int { Int(truncatingIfNeeded: place >> HashLayout.pageShift) }
    @inlinable var line: Int { Int(truncatingIfNeeded: place >> 6) & 63 }
    @inlinable var slot: Int { Int(truncatingIfNeeded: place) & 63 }
}

extension HashPages {
    /// The first live entry that may be the one looked for. The order of several is not defined.
    @inlinable @inline(__always) package func firstMatch(_ hash: UInt64) -> HashMatch? {
        match(hash, page: pageNumber(of: hash), line: HashLayout.line(hash), slots: 0x3F)
    }

    /// The next one, when the caller found the last to be foreign.
    @inlinable @inline(__always) package func nextMatch(after last: HashMatch) -> HashMatch? {
        match(last.hash, page: last.page, line: last.line, slots: 0x3E << UInt8(truncatingIfNeeded: last.slot))
    }

    /// Searches from the given slots of a line to the first line that no entry passed.
    @inlinable func match(_ hash: UInt64, page number: Int, line start: Int, slots: UInt8) -> HashMatch? {
        let page = page(number)
        let tagLow = HashLayout.tagLow(hash)
        let tagHigh = HashLayout.tagHigh(hash)
        let home = HashLayout.line(hash)
        var index = start
        var candidates = page.line(index).candidates(tagHigh: tagHigh) & slots
        while true {
            let line = page.line(index)
            while candidates != 0 {
                let slot = candidates.trailingZeroBitCount
                let word = line.word(slot)
                let value = HashLayout.value(word: word)
                if word >> HashLayout.valueBits == tagLow, window.contains(value) {
                    // Each part is below the next one's shift.
                    let place = UInt64(number) &<< HashLayout.pageShift | UInt64(index &<< 6 | slot)
                    let status = HashLayout.status(half: line.half(slot))
                    return HashMatch(hash: hash, place: place, value: value, status: status)
                }
                candidates &= candidates &- 1
            }
            if line.passed == 0 { return nil }
            index = (index &+ 1) & 63
            if index == home { return nil }
            candidates = page.line(index).candidates(tagHigh: tagHigh)
        }
    }
}
