extension HashPages {
    /// Adds an entry, also beside equal ones. False when the table is at its capacity, or when a page is full of
    /// entries that no further bit of their hashes tells apart: the caller refuses its command.
    ///
    /// A partial hash from ``forEachEntry(inPage:_:)`` does as well as the whole.
    @inlinable package mutating func insert(_ hash: UInt64, value: UInt64, status: UInt8) -> Bool {
        precondition(value <= HashLayout.valueMask && status <= HashLayout.statusMask)
        let line = page(of: hash).line(HashLayout.line(hash))
        let word = HashLayout.word(hash, value: value)
        let half = HashLayout.half(hash, status: status)
        let free = line.free
        guard free != 0 else { return insertCrowded(hash, word: word, half: half) }
        let slot = free.trailingZeroBitCount
        line.set(slot, word: word, half: half)
        line.occupy(slot)
        entries += 1
        return true
    }

    /// Overwrites what an entry says, in its place. Other matches stay good.
    @inlinable package func update(_ match: HashMatch, value: UInt64, status: UInt8) {
        precondition(value <= HashLayout.valueMask && status <= HashLayout.statusMask)
        page(match.page).line(match.line).set(
            match.slot,
            word: HashLayout.word(match.hash, value: value),
            half: HashLayout.half(match.hash, status: status))
    }

    /// Takes an entry out. Other matches stay good.
    @inlinable package mutating func remove(_ match: HashMatch) {
        page(match.page).remove(line: match.line, slot: match.slot)
        entries -= 1
    }

    /// The home line is full: evict the dead, go on to the next line, relieve the page if it is crowded.
    ///
    /// Out of line, so that the common insert stays small enough to be inlined.
    @inline(never) @usableFromInline mutating func insertCrowded(_ hash: UInt64, word: UInt64, half: UInt16) -> Bool {
        while true {
            let page = page(of: hash)
            let home = HashLayout.line(hash)
            var index = home
            var probes = 0
            while page.line(index).free == 0, probes < HashLayout.linesPerPage {
                if window.excludesSome {
                    entries -= page.evictDead(line: index, window: window)
                    if page.line(index).free != 0 { break }
                }
                index = (index + 1) & 63
                probes += 1
            }
            if probes < HashLayout.linesPerPage {
                page.put(word: word, half: half, home: home, index: index)
                entries += 1
                // Refused relief isn't a refused insert: the entry is in, and the page may still have room.
                if page.displaced >= HashLayout.displacedMax { _ = relieve(hash) }
                return true
            }
            guard relieve(hash) else { return false }
        }
    }
}
