/// A page of ``HashPages``: 64 lines, probed one after the other from the line that an entry hashes to.
///
/// An entry lies in its home line or, when that was full, in the next that wasn't, around the end of the page.
/// Line 0 and line 1 carry the page's header in bytes that the other lines leave unused.
@frozen @usableFromInline struct HashPage {
    @usableFromInline let base: UnsafeMutableRawPointer

    /// The page must lie in a region that outlives this value.
    @inlinable init(_ base: UnsafeMutableRawPointer) { self.base = base }

    @inlinable @inline(__always) func line(_ index: Int) -> HashLine { HashLine(base + index &* 64) }

    /// How many top bits of the hash all of the page's entries share.
    @inlinable @inline(__always) var depth: UInt64 { UInt64(base.load(fromByteOffset: 62, as: UInt8.self)) }
    /// The first four of these bits, which the entries don't keep.
    @inlinable @inline(__always) var prefix: UInt8 { base.load(fromByteOffset: 63, as: UInt8.self) }

    /// How many entries lie outside their home line: the measure of crowding. It falls with removals, and a rebuild
    /// may set it lower than it is, so as not to be asked again at once.
    @inlinable @inline(__always) var displaced: UInt16 {
        get { base.load(fromByteOffset: 126, as: UInt16.self) }
        nonmutating set { base.storeBytes(of: newValue, toByteOffset: 126, as: UInt16.self) }
    }

    /// Makes an empty page of whatever was there.
    func reset(depth: UInt64, prefix: UInt8) {
        base.initializeMemory(as: UInt8.self, repeating: 0, count: HashLayout.pageBytes)
        base.storeBytes(of: UInt8(depth), toByteOffset: 62, as: UInt8.self)
        base.storeBytes(of: prefix, toByteOffset: 63, as: UInt8.self)
    }

    /// Puts an entry into the first line with room, or says no because the page is full.
    @inlinable func place(word: UInt64, half: UInt16) -> Bool {
        let home = HashLayout.line(word: word)
        var index = home
        while line(index).free == 0 {
            index = (index + 1) & 63
            if index == home { return false }
        }
        put(word: word, half: half, home: home, index: index)
        return true
    }

    /// Writes an entry into a line that has room, and counts it in the lines that it passed on the way there.
    @inlinable func put(word: UInt64, half: UInt16, home: Int, index: Int) {
        let target = line(index)
        let slot = target.free.trailingZeroBitCount
        assert(slot < HashLayout.slotsPerLine, "the line has room")
        target.set(slot, word: word, half: half)
        target.occupy(slot)
        guard index != home else { return }
        displaced += 1
        var passing = home
        while passing != index {
            line(passing).notePassing()
            passing = (passing + 1) & 63
        }
    }

    /// Takes an entry out, so that searches which only went on because of it don't any more.
    @inlinable func remove(line index: Int, slot: Int) {
        let place = line(index)
        assert(place.occupied >> UInt8(truncatingIfNeeded: slot) & 1 == 1, "a match is valid until the next insert")
        let home = HashLayout.line(word: place.word(slot))
        place.vacate(slot)
        guard index != home else { return }
        if displaced > 0 { displaced -= 1 }
        var passing = home
        while passing != index {
            line(passing).forgetPassing()
            passing = (passing + 1) & 63
        }
    }

    /// Removes what has left the window from one line, and says how many that were.
    func evictDead(line index: Int, window: LiveWindow) -> Int {
        var evicted = 0
        for slot in 0..<HashLayout.slotsPerLine
        where line(index).occupied >> UInt8(slot) & 1 == 1
            && !window.contains(HashLayout.value(word: line(index).word(slot)))
        {
            remove(line: index, slot: slot)
            evicted += 1
        }
        return evicted
    }

    /// Every entry, dead ones too, line by line. The body must not change the page.
    @inlinable func forEach(_ body: (_ word: UInt64, _ half: UInt16) throws -> Void) rethrows {
        for index in 0..<HashLayout.linesPerPage {
            let current = line(index)
            var left = current.occupied
            while left != 0 {
                let slot = left.trailingZeroBitCount
                left &= left &- 1
                try body(current.word(slot), current.half(slot))
            }
        }
    }
}
