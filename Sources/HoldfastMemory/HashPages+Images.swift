/// Pages as they are, for snapshots: to copy a page takes a tenth of the time that its entries take one by one, and to
/// put one back needs no splits.
///
/// The pages follow each other in the order of the hashes that belong to them. A split between two copies only puts
/// another boundary between hashes, so that a walk from boundary to boundary meets every entry exactly once.
///
/// An image is a u64 with a bit for each line that has something to say, and these lines.
extension HashPages {
    /// Room that is enough for any page's image.
    package static var imageBytesMax: Int { 8 + HashLayout.pageBytes }

    /// Writes the image of the page whose first hash this is. `next` is the first hash of the page behind it, nil behind
    /// the last.
    package func writeImage(
        ofPageAt start: UInt64, to target: UnsafeMutableRawPointer
    ) -> (bytes: Int, next: UInt64?) {
        let page = page(of: start)
        var filled: UInt64 = 0
        for index in 0..<HashLayout.linesPerPage where page.line(index).saysSomething {
            filled |= 1 << UInt64(index)
        }
        target.storeBytes(of: filled, as: UInt64.self)
        var end = target + 8
        if filled == .max {
            end.copyMemory(from: page.base, byteCount: HashLayout.pageBytes)
            end += HashLayout.pageBytes
        } else {
            for index in 0..<HashLayout.linesPerPage where filled >> UInt64(index) & 1 == 1 {
                end.copyMemory(from: page.line(index).base, byteCount: HashLayout.lineBytes)
                end += HashLayout.lineBytes
            }
        }
        return (end - target, HashLayout.hash(behindPageAt: start, depth: page.depth))
    }

    package enum ImageOutcome: Equatable, Sendable {
        /// So many bytes were an image; behind it belongs that of the page that begins with the hash `next`.
        case taken(bytes: Int, next: UInt64?)
        case malformed
        /// The table has no room for one more page, or none for one so deep.
        case full
    }

    /// Puts a page back, into a table that has no entries of its own: first that of hash 0, then one after the other.
    /// Until the last is in its place the table is good for nothing else.
    package mutating func takeImage(
        ofPageAt start: UInt64, from bytes: UnsafeRawBufferPointer, statusMax: UInt8
    ) -> ImageOutcome {
        if start == 0 { forgetPages() }
        guard bytes.count >= 8 + HashLayout.lineBytes else { return .malformed }
        let filled = bytes.loadUnaligned(as: UInt64.self)
        let size = 8 + filled.nonzeroBitCount * HashLayout.lineBytes
        guard filled & 1 == 1, bytes.count >= size else { return .malformed }
        guard pagesUsed < pagesMax else { return .full }

        let page = page(pagesUsed + 1)
        page.reset(depth: 0, prefix: 0)
        var source = bytes.baseAddress! + 8
        for index in 0..<HashLayout.linesPerPage where filled >> UInt64(index) & 1 == 1 {
            page.line(index).base.copyMemory(from: source, byteCount: HashLayout.lineBytes)
            source += HashLayout.lineBytes
        }
        guard page.isSound(at: start, statusMax: statusMax) else { return .malformed }
        guard page.depth <= directoryDepthMax else { return .full }
        while page.depth > 64 - directoryShift { _ = deepenDirectory(for: 64 - directoryShift) }

        pagesUsed += 1
        entries += page.entryCount
        let first = Int(truncatingIfNeeded: start >> directoryShift)
        for index in first..<(first + 1 << Int(64 - directoryShift - page.depth)) {
            directory.base.storeBytes(of: UInt32(pagesUsed), toByteOffset: index * 4, as: UInt32.self)
        }
        return .taken(bytes: size, next: HashLayout.hash(behindPageAt: start, depth: page.depth))
    }

    private mutating func forgetPages() {
        precondition(entries == 0, "pages are put back into a table without entries")
        pagesUsed = 0
    }
}

extension HashLayout {
    static func hash(behindPageAt start: UInt64, depth: UInt64) -> UInt64? {
        let (next, isBehindLast) = start.addingReportingOverflow(1 << (64 - depth))
        return isBehindLast ? nil : next
    }
}

extension HashLine {
    /// Whether there is an entry, a count or a part of the page's header in it. Of what was vacated remains stay.
    @inline(__always) var saysSomething: Bool { base.load(fromByteOffset: 60, as: UInt32.self) != 0 }
}

extension HashPage {
    var entryCount: Int {
        (0..<HashLayout.linesPerPage).reduce(0) { $0 + line($1).occupied.nonzeroBitCount }
    }

    /// Whether bytes from elsewhere are a page that can begin with this hash: its entries belong to it, lie where a
    /// search finds them, and are counted in each line that they passed.
    func isSound(at start: UInt64, statusMax: UInt8) -> Bool {
        guard HashLayout.depthMin...HashLayout.depthMax ~= depth, UInt64(prefix) == start >> 60,
            start << depth == 0
        else { return false }
        var passed = InlineArray<64, UInt8>(repeating: 0)
        var outside = 0
        for index in 0..<HashLayout.linesPerPage {
            let line = line(index)
            guard line.occupied >> UInt8(HashLayout.slotsPerLine) == 0 else { return false }
            var left = line.occupied
            while left != 0 {
                let (word, half) = (line.word(left.trailingZeroBitCount), line.half(left.trailingZeroBitCount))
                left &= left &- 1
                let hash = HashLayout.partialHash(prefix: prefix, word: word, half: half)
                guard (hash ^ start) >> (64 - depth) == 0, HashLayout.status(half: half) <= statusMax else {
                    return false
                }
                var passing = HashLayout.line(word: word)
                if passing != index { outside += 1 }
                while passing != index {
                    passed[passing] = passed[passing] == 255 ? 255 : passed[passing] + 1
                    passing = (passing + 1) & 63
                }
            }
        }
        // A rebuild may have set it lower than it is.
        guard displaced <= outside else { return false }
        return (0..<HashLayout.linesPerPage).allSatisfy { line($0).passed == 255 || line($0).passed == passed[$0] }
    }
}
