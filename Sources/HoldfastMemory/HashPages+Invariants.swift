extension HashPages {
    /// The first invariant that doesn't hold, in words; nil if all is well. It visits everything: for tests.
    package func brokenInvariant() -> String? {
        var counted = 0
        for number in 1...pagesUsed {
            if let broken = brokenInvariant(of: number) { return "page \(number): " + broken }
            page(number).forEach { _, _ in counted += 1 }
        }
        if counted != entries { return "the pages hold \(counted) entries, the count says \(entries)" }
        return brokenDirectory()
    }

    /// Each page must fill one aligned run of the directory, as long as its depth says, and be found nowhere else.
    private func brokenDirectory() -> String? {
        var index = 0
        var runs = 0
        while index < directoryCount {
            let number = Int(directory.base.load(fromByteOffset: index * 4, as: UInt32.self))
            guard number >= 1, number <= pagesUsed else { return "directory entry \(index) names page \(number)" }
            let depth = page(number).depth
            guard depth <= 64 - directoryShift else { return "page \(number) is deeper than the directory" }
            let run = 1 << Int(64 - directoryShift - depth)
            guard index % run == 0 else { return "the run of page \(number) is not aligned" }
            for other in index..<(index + run)
            where directory.base.load(fromByteOffset: other * 4, as: UInt32.self) != UInt32(number) {
                return "directory entry \(other) is not of page \(number)"
            }
            index += run
            runs += 1
        }
        return runs == pagesUsed ? nil : "\(runs) pages in the directory, \(pagesUsed) in use"
    }

    /// The entries must belong to the page, lie where a search finds them, and be counted in each line that they passed.
    private func brokenInvariant(of number: Int) -> String? {
        let page = page(number)
        var passed = [Int](repeating: 0, count: HashLayout.linesPerPage)
        var displaced = 0
        for index in 0..<HashLayout.linesPerPage {
            for slot in 0..<HashLayout.slotsPerLine where page.line(index).occupied >> UInt8(slot) & 1 == 1 {
                let word = page.line(index).word(slot)
                let half = page.line(index).half(slot)
                let hash = HashLayout.partialHash(prefix: page.prefix, word: word, half: half)
                if pageNumber(of: hash) != number { return "an entry of page \(pageNumber(of: hash))" }
                var passing = HashLayout.line(hash)
                if passing != index { displaced += 1 }
                while passing != index {
                    passed[passing] += 1
                    passing = (passing + 1) % HashLayout.linesPerPage
                }
            }
        }
        if displaced < Int(page.displaced) { return "\(page.displaced) displaced entries, found \(displaced)" }
        for index in 0..<HashLayout.linesPerPage {
            let noted = Int(page.line(index).passed)
            if noted != 255, noted != passed[index] { return "line \(index) says \(noted), passed \(passed[index])" }
        }
        return nil
    }
}
