import HoldfastTestSupport
import Testing

@testable import HoldfastMemory

@Suite struct HashPagesTests {
    static func key(_ number: Int) -> UInt64 { HashPagesModelTests.key(number) }

    @Test("an entry gives back the top 41 bits of its hash, its value and its status", arguments: 1...3)
    func layout(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        for _ in 0..<10_000 {
            let hash = random.next()
            let value = random.next() & HashLayout.valueMask
            let status = UInt8(random.below(8))
            let word = HashLayout.word(hash, value: value)
            let half = HashLayout.half(hash, status: status)
            let partial = HashLayout.partialHash(prefix: UInt8(hash >> 60), word: word, half: half)
            #expect(partial == hash & HashLayout.partialHashMask)
            #expect(HashLayout.value(word: word) == value)
            #expect(HashLayout.status(half: half) == status)
            #expect(HashLayout.line(word: word) == HashLayout.line(partial))
        }
    }

    @Test("a line finds exactly the slots whose tag agrees", arguments: 1...3)
    func candidates(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        let region = MappedRegion(size: 64)
        let line = HashLine(region.base)
        for _ in 0..<10_000 {
            var expected: UInt8 = 0
            let tag = UInt16(random.below(1 << 13))
            line.occupied = UInt8(random.below(64))
            for slot in 0..<6 {
                // Near misses: tags that differ in one bit, or not at all.
                let other = random.below(3) == 0 ? tag : tag ^ 1 << UInt16(random.below(13))
                line.set(slot, word: random.next(), half: other << 3 | UInt16(random.below(8)))
                if other == tag, line.occupied >> UInt8(slot) & 1 == 1 { expected |= 1 << UInt8(slot) }
            }
            line.passed = UInt8(truncatingIfNeeded: random.next())
            #expect(line.candidates(tagHigh: tag) == expected)
        }
        _ = consume region
    }

    @Test("an empty table costs less than 100 KiB")
    func empty() {
        let table = HashPages(capacity: 500_000_000)
        let facts = (table.residentBytes < 100 << 10, table.count, table.pageCount)
        #expect(facts == (true, 0, 16))
        let nothing = table.firstMatch(Self.key(1)) == nil
        #expect(nothing)
    }

    @Test("copies of one hash fill one page and are then refused, without harm to the others")
    func oneHash() {
        var table = HashPages(capacity: 100_000)
        var accepted = 0
        for value in 0..<1000 where table.insert(Self.key(7), value: UInt64(value), status: 1) { accepted += 1 }
        #expect(accepted == 384)
        for number in 100..<2000 {
            let inserted = table.insert(Self.key(number), value: 5, status: 0)
            let elsewhere = Self.key(number) >> 60 != Self.key(7) >> 60
            if elsewhere { #expect(inserted) }
        }
        let facts = (table.pageCount < 64, table.brokenInvariant())
        #expect(facts == (true, nil))
    }

    @Test("hashes that all want the same line are kept, found and removed, in any order", arguments: 1...3)
    func oneLine(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        var table = HashPages(capacity: 100_000)
        var hashes: [UInt64] = []
        for value in 0..<3000 {
            let hash = random.next() & ~(63 << 23) | 62 << 23
            hashes.append(hash)
            let inserted = table.insert(hash, value: UInt64(value), status: 1)
            #expect(inserted)
        }
        let broken = table.brokenInvariant()
        #expect(broken == nil)
        var lost = 0
        for index in hashes.indices.shuffled(using: &random) {
            guard let match = table.firstMatch(hashes[index]), match.value == UInt64(index) else {
                lost += 1
                continue
            }
            table.remove(match)
        }
        let facts = (lost, table.count, table.brokenInvariant())
        #expect(facts == (0, 0, nil))
    }

    @Test("a table at its capacity refuses, and keeps what it has")
    func exhaustion() {
        var table = HashPages(capacity: 1000)
        var accepted: [Int] = []
        var refusals = 0
        for number in 0..<100_000 {
            if table.insert(Self.key(number), value: UInt64(number), status: 2) {
                accepted.append(number)
            } else {
                refusals += 1
            }
        }
        #expect(refusals > 0)
        #expect(accepted.count > 1500)
        let lost = accepted.filter { table.firstMatch(Self.key($0))?.value != UInt64($0) }
        #expect(lost == [])
        let facts = (table.count, table.brokenInvariant())
        #expect(facts == (accepted.count, nil))
    }

    @Test("images taken between inserts have each entry that was there throughout, once")
    func images() {
        var table = HashPages(capacity: 200_000)
        for number in 0..<20_000 { _ = table.insert(Self.key(number), value: UInt64(number), status: 0) }
        let pagesBefore = table.pageCount
        var copy = HashPages(capacity: 200_000)
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: HashPages.imageBytesMax, alignment: 8)
        defer { room.deallocate() }
        var next = 20_000
        var start: UInt64? = 0
        while let hash = start {
            let image = table.writeImage(ofPageAt: hash, to: room.baseAddress!)
            let bytes = UnsafeRawBufferPointer(rebasing: room[..<image.bytes])
            let outcome = copy.takeImage(ofPageAt: hash, from: bytes, statusMax: 0)
            #expect(outcome == .taken(bytes: image.bytes, next: image.next))
            start = image.next
            for _ in 0..<100 where next < 60_000 {
                _ = table.insert(Self.key(next), value: UInt64(next), status: 0)
                next += 1
            }
        }
        #expect(table.pageCount > pagesBefore + 10, "pages were split meanwhile")
        let wrong = (0..<20_000).filter { number in
            var count = 0
            var match = copy.firstMatch(Self.key(number))
            while let found = match {
                if found.value == UInt64(number) { count += 1 }
                match = copy.nextMatch(after: found)
            }
            return count != 1
        }
        #expect(wrong == [])
        #expect(copy.brokenInvariant() == nil)
    }

    @Test("bytes that can't be the image of a page are refused, and those of one with a bit turned too, or do no harm")
    func imagesOfNothing() {
        var table = HashPages(capacity: 200_000)
        for number in 0..<6_000 { _ = table.insert(Self.key(number), value: UInt64(number), status: 1) }
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: HashPages.imageBytesMax, alignment: 8)
        defer { room.deallocate() }
        let image = table.writeImage(ofPageAt: 0, to: room.baseAddress!)
        func outcome(_ count: Int, at hash: UInt64 = 0, statusMax: UInt8 = 1) -> HashPages.ImageOutcome {
            var copy = HashPages(capacity: 200_000)
            return copy.takeImage(
                ofPageAt: hash, from: UnsafeRawBufferPointer(rebasing: room[..<count]), statusMax: statusMax)
        }
        #expect(outcome(image.bytes) == .taken(bytes: image.bytes, next: image.next))
        #expect(outcome(image.bytes, at: 1 << 60) == .malformed)
        #expect(outcome(image.bytes, statusMax: 0) == .malformed)
        // More entries outside their lines than there are: the next one would not be countable.
        let crowding = 8 + 64 + 62
        let said = (room[crowding], room[crowding + 1])
        (room[crowding], room[crowding + 1]) = (0xFF, 0xFF)
        #expect(outcome(image.bytes) == .malformed)
        (room[crowding], room[crowding + 1]) = said
        for count in stride(from: 0, to: image.bytes, by: 61) { #expect(outcome(count) == .malformed) }
        var refused = 0
        for bit in stride(from: 0, to: image.bytes * 8, by: 17) {
            room[bit / 8] ^= 1 << UInt8(bit % 8)
            if outcome(image.bytes) == .malformed { refused += 1 }
            room[bit / 8] ^= 1 << UInt8(bit % 8)
        }
        // An entry's value and the rest of its hash may be anything, and so may what stands in slots without one.
        #expect(refused > 100)
    }

    #if DEBUG
        static let growthEnd = 4_000_000
    #else
        static let growthEnd = 20_000_000
    #endif

    @Test("an entry costs at most 24 bytes at every moment of growth from a million on")
    func bytesPerEntry() {
        var table = HashPages(capacity: Self.growthEnd)
        var worst = (bytes: 0.0, count: 0)
        for number in 0..<Self.growthEnd {
            _ = table.insert(Self.key(number), value: UInt64(number), status: 0)
            guard number >= 1_000_000, number % 1000 == 0 else { continue }
            let bytes = Double(table.residentBytes) / Double(table.count)
            if bytes > worst.bytes { worst = (bytes, table.count) }
        }
        let count = table.count
        #expect(count == Self.growthEnd)
        #expect(worst.bytes <= 24)
        print("worst: \(worst.bytes) bytes an entry, at \(worst.count) entries")
    }
}
