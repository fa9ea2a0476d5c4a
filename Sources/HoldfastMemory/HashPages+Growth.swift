extension HashLayout {
    /// A page with this many entries outside their home lines is crowded. It is what lookups suffer from, and counting
    /// it touches the header only when an entry is displaced.
    ///
    /// On average 86 % of the slots are taken then. Measured with 10 million entries, when pages are at their fullest,
    /// in groups of 16: 64 costs 69 ns a miss and at most 20.4 bytes an entry, 48 63 ns and 21.6, 36 51 ns and 22.7.
    /// A hit costs 34 to 39 ns with any of them.
    @inlinable @inline(__always) static var displacedMax: UInt16 { 48 }
    /// How many more displaced entries a page takes after a rebuild that didn't help, before the next attempt: at 1 µs
    /// for a rebuild, the price of not splitting a page that only looks crowded.
    @inlinable static var displacedPause: UInt16 { 16 }
    /// A crowded page with more live entries than this, 80 % of its slots, splits. One with fewer is rebuilt.
    @inlinable static var splitAbove: Int { 307 }
}

extension HashPages {
    /// Makes room in the page that a hash belongs to: drops the dead and, if the living still crowd it, splits it.
    /// False if the page is as full as before.
    mutating func relieve(_ hash: UInt64) -> Bool {
        let number = pageNumber(of: hash)
        let page = page(number)
        var living = 0
        var differing: UInt64 = 0
        page.forEach { word, half in
            guard window.contains(HashLayout.value(word: word)) else { return }
            living += 1
            differing |= hash ^ HashLayout.partialHash(prefix: page.prefix, word: word, half: half)
        }
        // A split must be able to tell its entries apart, or copies of one hash would double the directory to its end.
        // The bits above the page's depth agree by definition; 28 is where the directory's bits end.
        let separable = differing >> (64 - directoryDepthMax) != 0
        if living > HashLayout.splitAbove, separable, pagesUsed < pagesMax, deepenDirectory(for: page.depth) {
            split(number, hash: hash)
            return true
        }
        rebuild(number, into: nil)
        page.displaced = min(page.displaced, HashLayout.displacedMax - HashLayout.displacedPause)
        return living < HashLayout.slotsPerPage
    }

    /// Makes sure that the directory tells more bits apart than a page does, by doubling it if need be.
    ///
    /// Every entry becomes two, side by side, from the end so that none is overwritten before it is read. It is the one
    /// pause that grows with the table: 2 to 4 ms at 2^22 entries, for a table of some 400 million.
    mutating func deepenDirectory(for pageDepth: UInt64) -> Bool {
        guard pageDepth == 64 - directoryShift else { return true }
        guard pageDepth < directoryDepthMax else { return false }
        var index = directoryCount - 1
        while index >= 0 {
            let number = UInt64(directory.base.load(fromByteOffset: index * 4, as: UInt32.self))
            directory.base.storeBytes(of: number << 32 | number, toByteOffset: index * 8, as: UInt64.self)
            index -= 1
        }
        directoryShift -= 1
        return true
    }

    /// Gives the entries whose next bit is 1 to a new page.
    private mutating func split(_ number: Int, hash: UInt64) {
        let old = page(number)
        let depth = old.depth + 1
        pagesUsed += 1
        let new = page(pagesUsed)
        new.reset(depth: depth, prefix: old.prefix)
        rebuild(number, into: new)

        // The directory's entries for the old page lie side by side; the second half of them goes to the new one.
        let half = 1 << Int(64 - directoryShift - depth)
        let first = Int(truncatingIfNeeded: hash >> directoryShift) & ~(2 * half - 1)
        for index in (first + half)..<(first + 2 * half) {
            assert(directory.base.load(fromByteOffset: index * 4, as: UInt32.self) == UInt32(number))
            directory.base.storeBytes(of: UInt32(pagesUsed), toByteOffset: index * 4, as: UInt32.self)
        }
    }

    /// Places a page's live entries anew, through a copy in the scratch page; with a new page, by their next bit.
    private mutating func rebuild(_ number: Int, into new: HashPage?) {
        let page = page(number)
        let scratch = self.page(0)
        let depth = page.depth
        let prefix = page.prefix
        scratch.base.copyMemory(from: page.base, byteCount: HashLayout.pageBytes)
        page.reset(depth: new == nil ? depth : depth + 1, prefix: prefix)
        var dropped = 0
        scratch.forEach { word, half in
            guard window.contains(HashLayout.value(word: word)) else {
                dropped += 1
                return
            }
            var target = page
            if let new {
                let bit = HashLayout.partialHash(prefix: prefix, word: word, half: half) >> (63 - depth) & 1
                if bit == 1 { target = new }
            }
            let placed = target.place(word: word, half: half)
            assert(placed, "what came out of a page fits into it")
        }
        entries -= dropped
    }
}
