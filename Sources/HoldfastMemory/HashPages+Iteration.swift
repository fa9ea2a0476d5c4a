extension HashPages {
    /// The live entries of one page of 0..<pageCount.
    ///
    /// `partialHash` is the hash as far as the table knows it: `insert` puts it into an equivalent place of another
    /// table. With inserts between two pages an entry may be seen twice, and is never missed: splits only move entries
    /// to later pages.
    @inlinable package func forEachEntry(
        inPage index: Int, _ body: (_ partialHash: UInt64, _ value: UInt64, _ status: UInt8) throws -> Void
    ) rethrows {
        precondition(index >= 0 && index < pagesUsed)
        let page = page(index + 1)
        let prefix = page.prefix
        try page.forEach { word, half in
            let value = HashLayout.value(word: word)
            guard window.contains(value) else { return }
            let hash = HashLayout.partialHash(prefix: prefix, word: word, half: half)
            try body(hash, value, HashLayout.status(half: half))
        }
    }
}
