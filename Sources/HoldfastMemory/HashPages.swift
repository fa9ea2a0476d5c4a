/// A hash table for hundreds of millions of entries of ten bytes, which grows without a pause.
///
/// It is extendible hashing: a directory, indexed by the top bits of the hash, names pages of 4 KiB, and a page that
/// gets crowded splits into two. So growing costs a page's work (about 2 µs) at a time rather than a copy of the
/// table, and memory follows the number of entries: 13 to 22 bytes each in a growing table, 18 on average.
///
/// An entry is a value of 40 bits, a status of 3, and a fingerprint of the hash. Several entries may match one hash,
/// and a foreign one may, so a lookup walks candidates and the caller verifies each:
///
///     var match = requests.firstMatch(hash)
///     while let candidate = match, !isRequest(at: candidate.value) {
///         match = requests.nextMatch(after: candidate)
///     }
///
/// Nearly every operation touches one cache line and one directory entry. Callers with a group of hashes hide both
/// misses: `prefetchDirectory` for all, then `prefetchPage` for all, then the operations.
///
/// With a ``LiveWindow`` the table forgets by itself. Entries outside it never match, and give way to new ones when
/// their line is full, so that a window of steady size lives in memory of steady size.
///
/// The parts: ``HashLayout`` (bits), `HashLine` and `HashPage` (search and place), extensions for lookup, insertion,
/// growth, iteration and invariants.
@frozen @usableFromInline package struct HashPages: ~Copyable, Sendable {
    /// Page 0 is scratch space for splits; tables use 1...pageCount.
    @usableFromInline let pages: MappedRegion
    @usableFromInline let directory: MappedRegion
    @usableFromInline let pagesMax: Int
    @usableFromInline let directoryDepthMax: UInt64

    /// 64 minus the directory's depth: what is left of a hash after this shift is its place there.
    @usableFromInline var directoryShift: UInt64
    @usableFromInline var pagesUsed: Int
    @usableFromInline var entries: Int

    /// Which entries are alive. Moving it costs nothing.
    @usableFromInline package var window: LiveWindow

    /// Reserves addresses for twice the pages that `capacity` entries need at worst, so that chance never fills a page
    /// that may not split. Memory comes with use, from 68 KiB on.
    package init(capacity: Int, window: LiveWindow = .everything) {
        precondition(capacity > 0 && capacity <= 1 << 36, "a hash table holds 1 to 2^36 entries")
        // Right after a wave of splits a page holds 190 entries on average, in a steady window 140 live ones.
        pagesMax = max(64, capacity / 80)
        // A page's share of the hashes varies, so the deepest is at most two doublings beyond the average one.
        let depth = UInt64(Int.bitWidth - (pagesMax * 4).leadingZeroBitCount)
        directoryDepthMax = min(depth, HashLayout.depthMax)
        pages = MappedRegion(size: (pagesMax + 1) * HashLayout.pageBytes)
        directory = MappedRegion(size: 4 << Int(directoryDepthMax))
        directoryShift = 64 - HashLayout.depthMin
        pagesUsed = 0
        entries = 0
        self.window = window
        for prefix in 0..<(1 << Int(HashLayout.depthMin)) {
            pagesUsed += 1
            page(pagesUsed).reset(depth: HashLayout.depthMin, prefix: UInt8(prefix))
            directory.base.storeBytes(of: UInt32(pagesUsed), toByteOffset: prefix * 4, as: UInt32.self)
        }
    }

    /// The entries held: exact, but those that left the window count until they are evicted.
    @inlinable package var count: Int { entries }
    /// The pages in use, for iteration: 0..<pageCount. It never falls.
    @inlinable package var pageCount: Int { pagesUsed }
    /// Whether a crowded page may still split.
    package var hasRoomForPages: Bool { pagesUsed < pagesMax }
    /// The bytes in use: pages, the scratch page and the directory.
    @inlinable package var residentBytes: Int { (pagesUsed + 1) * HashLayout.pageBytes + directoryCount * 4 }

    /// Pass 1 of a group: brings the directory entry closer.
    @inlinable @inline(__always) package func prefetchDirectory(_ hash: UInt64) {
        prefetchForReading(directory.base + Int(truncatingIfNeeded: hash >> directoryShift) &* 4)
    }

    /// Pass 2 of a group: reads the directory and brings the home line closer, and the one behind it, where a search
    /// goes on once a page fills up: a third of all lookups did, and waiting for that line was most of their time.
    @inlinable @inline(__always) package func prefetchPage(_ hash: UInt64) {
        let page = page(of: hash)
        let home = HashLayout.line(hash)
        prefetchForWriting(page.line(home).base)
        prefetchForReading(page.line((home &+ 1) & 63).base)
    }

    @inlinable var directoryCount: Int { 1 << Int(64 - directoryShift) }

    /// Index arithmetic can't overflow here: a directory index has at most 28 bits, a page number at most 32.
    @inlinable @inline(__always) func pageNumber(of hash: UInt64) -> Int {
        let index = Int(truncatingIfNeeded: hash >> directoryShift)
        return Int(directory.base.load(fromByteOffset: index &* 4, as: UInt32.self))
    }

    @inlinable @inline(__always) func page(_ number: Int) -> HashPage {
        HashPage(pages.base + number &<< Int(HashLayout.pageShift))
    }

    @inlinable @inline(__always) func page(of hash: UInt64) -> HashPage { page(pageNumber(of: hash)) }
}
