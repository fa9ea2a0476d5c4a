import HoldfastTestSupport
import Testing

@testable import HoldfastMemory

/// The plain truth about a ``HashPages``: every entry in a dictionary, the window applied when looking.
private struct HashModel {
    struct Entry: Hashable {
        var value: UInt64
        var status: UInt8
    }

    var entries: [UInt64: [Entry]] = [:]
    var window = LiveWindow.everything

    func live(_ hash: UInt64) -> Set<Entry> {
        Set((entries[hash] ?? []).filter { window.contains($0.value) })
    }

    /// Compares what one lookup finds. Hashes in these tests differ in the bits that are kept, so no foreign matches.
    func check(_ table: borrowing HashPages, _ hash: UInt64) -> Bool {
        var found: Set<Entry> = []
        var match = table.firstMatch(hash)
        while let current = match {
            guard found.insert(Entry(value: current.value, status: current.status)).inserted else { return false }
            match = table.nextMatch(after: current)
        }
        return found == live(hash)
    }
}

@Suite struct HashPagesModelTests {
    static func key(_ number: Int) -> UInt64 {
        SplitMix64.mix(UInt64(bitPattern: Int64(number)) &* 0x9E37_79B9_7F4A_7C15 &+ 1)
    }

    static func match(_ table: borrowing HashPages, _ hash: UInt64, value: UInt64) -> HashMatch? {
        var match = table.firstMatch(hash)
        while let current = match, current.value != value { match = table.nextMatch(after: current) }
        return match
    }

    /// Copies a table by what iteration shows of it.
    static func restored(_ table: borrowing HashPages) -> HashPages {
        var copy = HashPages(capacity: 200_000, window: table.window)
        var refused = 0
        for page in 0..<table.pageCount {
            table.forEachEntry(inPage: page) { hash, value, status in
                if !copy.insert(hash, value: value, status: status) { refused += 1 }
            }
        }
        #expect(refused == 0)
        return copy
    }

    @Test(
        "inserts, updates, removals and splits agree with a dictionary, and so does a table restored from it",
        arguments: 1...4)
    func everythingLives(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        var table = HashPages(capacity: 200_000)
        var model = HashModel()
        let keys = seed % 2 == 0 ? 4_000 : 60_000
        for step in 0..<60_000 {
            let hash = Self.key(random.below(keys))
            let action = random.below(100)
            if action < 70 {
                let status = UInt8(random.below(8))
                // A small key may have more copies than its page has room for; the model holds back before that.
                guard (model.entries[hash]?.count ?? 0) < 100 else { continue }
                let inserted = table.insert(hash, value: UInt64(step), status: status)
                #expect(inserted)
                model.entries[hash, default: []].append(.init(value: UInt64(step), status: status))
            } else if action < 85, let index = model.entries[hash]?.indices.randomElement(using: &random) {
                let old = model.entries[hash]![index]
                guard let match = Self.match(table, hash, value: old.value) else {
                    Issue.record("seed \(seed), step \(step): lost")
                    return
                }
                // Values stay distinct: updated ones have a bit that inserted ones don't.
                let new = HashModel.Entry(value: old.value ^ 1 << 39, status: UInt8(random.below(8)))
                table.update(match, value: new.value, status: new.status)
                model.entries[hash]![index] = new
            } else if let index = model.entries[hash]?.indices.randomElement(using: &random) {
                let old = model.entries[hash]!.remove(at: index)
                guard let match = Self.match(table, hash, value: old.value) else {
                    Issue.record("seed \(seed), step \(step): lost")
                    return
                }
                #expect(match.status == old.status)
                table.remove(match)
            }
            let agrees = model.check(table, hash)
            #expect(agrees)
            if step % 10_000 == 0 {
                let broken = table.brokenInvariant()
                #expect(broken == nil)
            }
        }
        let copy = Self.restored(table)
        var wrong = 0
        for number in 0..<keys where !model.check(table, Self.key(number)) || !model.check(copy, Self.key(number)) {
            wrong += 1
        }
        #expect(wrong == 0)
        let total = model.entries.values.reduce(0) { $0 + $1.count }
        let facts = (table.count, copy.count, table.brokenInvariant() ?? copy.brokenInvariant())
        #expect(facts == (total, total, nil))
        #expect(table.pageCount > 100, "the table has split")
    }

    @Test("entries outside the window never match, and give way without the table growing", arguments: 1...4)
    func window(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        let span: UInt64 = 20_000
        // The log's addresses wrap around in the middle of the test.
        var newest: UInt64 = HashLayout.valueMask - 60_000
        var table = HashPages(capacity: 100_000, window: LiveWindow(newest: newest, span: span))
        var model = HashModel()
        var pages = 0
        for step in 0..<120_000 {
            newest = (newest + 1) & HashLayout.valueMask
            table.window.newest = newest
            model.window = table.window
            let hash = Self.key(step - random.below(4) * random.below(8_000))
            let status = UInt8(random.below(8))
            let inserted = table.insert(hash, value: newest, status: status)
            #expect(inserted)
            model.entries[hash, default: []].append(.init(value: newest, status: status))

            let other = Self.key(step - random.below(40_000))
            if random.below(10) == 0, let live = model.live(other).randomElement(using: &random) {
                guard let match = Self.match(table, other, value: live.value) else {
                    Issue.record("seed \(seed), step \(step): lost")
                    return
                }
                table.remove(match)
                model.entries[other]!.removeAll { $0 == live }
            }
            let agrees = model.check(table, hash) && model.check(table, other)
            #expect(agrees)
            if step % 20_000 == 19_999 {
                let broken = table.brokenInvariant()
                #expect(broken == nil)
            }
            if step == 60_000 { pages = table.pageCount }
        }
        let grown = table.pageCount - pages
        #expect(grown <= pages / 10, "a steady window lives in steady memory")
        let copy = Self.restored(table)
        var wrong = 0
        for number in -8_000..<120_000 where !model.check(copy, Self.key(number)) { wrong += 1 }
        #expect(wrong == 0)
    }
}
