import SimulatedDisk
import Testing

@testable import HoldfastLog

/// A segment that was begun says what came before it. Where its own first batch is torn that is all that it says, and
/// nothing less may be there.
@Suite("A log whose newest segment has a torn first batch") struct LostEndTests {
    private static let filler = String(repeating: "x", count: 12_000)
    private static let first = "/log/lane-00/0000000000.log"
    private static let second = "/log/lane-00/0000000001.log"

    /// What a crash left behind: of the second segment the header and a piece of the first batch.
    private struct Crashed {
        let disk: SimulatedDisk
        /// The batches of the first segment, by where they begin and how they end.
        let batches: [(start: UInt64, end: UInt64)]
        let contents: [String]
    }

    private func crashed() throws -> Crashed {
        let disk = SimulatedDisk()
        let test = try StoreUnderTest(on: disk)
        var batches: [(start: UInt64, end: UInt64)] = []
        var contents: [String] = []
        var number = 0
        while test.store.logs[0].segmentCount < 2 {
            contents = try test.contents()
            test.append("\(number) " + Self.filler, to: "s")
            number += 1
        }
        let log = test.store.logs[0]
        let scanner = try log.scanner(try #require(log.state.with { $0.segments.header(0) }))
        while case .batch(let batch) = try scanner.step() {
            batches.append((batch.header.address, batch.header.address + UInt64(batch.header.size)))
        }
        var bytes = try #require(disk.contents(Self.second))
        for offset in (SegmentHeader.blockBytes + 512)..<bytes.count { bytes[offset] = 0 }
        disk.overwrite(Self.second, with: bytes)
        // As the machine that crashed left it: nobody holds it, and it was not closed.
        return Crashed(disk: disk.copy(), batches: batches, contents: contents)
    }

    private func cut(_ disk: SimulatedDisk, _ path: String = first, from offset: UInt64) throws {
        var bytes = try #require(disk.contents(path))
        for index in Int(offset)..<bytes.count { bytes[index] = 0 }
        disk.overwrite(path, with: bytes)
    }

    private func withoutLock(_ disk: SimulatedDisk) -> [String: [UInt8]?] {
        disk.everything.filter { !$0.key.hasSuffix("/lock") }
    }

    private func damage(_ error: LogError?) -> Damage? {
        if case .damaged(let damage)? = error { damage } else { nil }
    }

    @Test("ends with the segment before it, and goes on from there")
    func whole() throws {
        let crashed = try crashed()
        for mode in [OpenMode.reading, .inspecting] {
            let logs = try SealedStore.directory(crashed.disk).openLanes(for: mode)
            #expect(try LogVerifier.verify(logs).faults.isEmpty)
        }
        let again = try crashed.disk.reopen()
        #expect(try again.contents() == crashed.contents)
        #expect(again.append("goes on", to: "s").isAcknowledged)
        #expect(try again.contents() == crashed.contents + ["s/\(crashed.contents.count + 1):goes on"])
    }

    @Test("is damaged where the segment before it lost its end, by however much")
    func lostEnd() throws {
        let crashed = try crashed()
        for (index, batch) in crashed.batches.enumerated() {
            // Nothing of the batch is left, or a piece that looks torn.
            for left in [0, 128, 700] where batch.start + UInt64(left) < batch.end {
                let disk = crashed.disk.copy()
                try cut(disk, from: batch.start + UInt64(left))
                let before = withoutLock(disk)
                for mode in [OpenMode.writing, .reading] {
                    let found = damage(
                        failure { () throws(LogError) in
                            _ = try SealedStore.directory(disk).openLanes(for: mode)
                        })
                    #expect(found?.file == Self.first && found?.offset == batch.start, "batch \(index), \(left) bytes")
                    #expect(found?.found.contains("segment 1 continues batch \(crashed.batches.count)") == true)
                }
                #expect(damage(failure { () throws(LogError) in _ = try disk.reopen() }) != nil)
                #expect(withoutLock(disk) == before, "nothing was repaired")
                let report = try LogVerifier.verify(SealedStore.directory(disk).openLanes(for: .inspecting))
                #expect(report.faults.contains { damage($0)?.offset == batch.start }, "\(report.faults)")
            }
        }
    }

    @Test("is damaged where the batch before it is another one")
    func anotherBatch() throws {
        let crashed = try crashed()
        let block = try #require(crashed.disk.contents(Self.second)?.prefix(SegmentHeader.blockBytes))
        guard case .header(var header) = Array(block).withUnsafeBytes({ SegmentHeader.read($0) }) else {
            Issue.record("the second segment has no header")
            return
        }
        header.previousHash = Digest()
        try cut(crashed.disk, Self.second, from: 0)
        let blank = try #require(crashed.disk.contents(Self.second))
        crashed.disk.overwrite(Self.second, with: header.block() + blank[SegmentHeader.blockBytes...])
        crashed.disk.delete("/log/lane-00/segments")
        let found = damage(failure { () throws(LogError) in _ = try crashed.disk.reopen() })
        #expect(found?.file == Self.first && found?.offset == crashed.batches.last?.end)
        #expect(found?.found.contains("another hash") == true)
    }

    @Test("is damaged where bytes stand behind the batch before it")
    func strayBytes() throws {
        let crashed = try crashed()
        let end = try #require(crashed.batches.last?.end)
        crashed.disk.flip(3, of: Int(end) + 200, in: Self.first)
        let found = damage(failure { () throws(LogError) in _ = try crashed.disk.reopen() })
        #expect(found?.file == Self.first && found?.offset == end)
    }

    @Test("is damaged where the segment before it is sealed, and another one")
    func sealed() throws {
        let crashed = try crashed()
        let whole = crashed.disk.copy()
        // The same lane with another end, sealed: what an older backup would have.
        try cut(whole, from: try #require(crashed.batches.last).start)
        whole.delete(Self.second)
        whole.delete("/log/lane-00/segments")
        let other = try whole.reopen()
        other.append("another end " + Self.filler, to: "s")
        other.append("and one more " + Self.filler, to: "s")
        other.close()
        _ = try SealedStore.directory(whole).sealAll()
        let path = "/log/lane-00/0000000000.sealed"
        crashed.disk.overwrite(path, with: try #require(whole.contents(path)))
        crashed.disk.delete(Self.first)
        let found = damage(failure { () throws(LogError) in _ = try crashed.disk.reopen() })
        #expect(found?.file == path && found?.isBeforeSealing == true, "\(String(describing: found))")
    }

    @Test("is damaged also where its first batch is whole, of a round that is not, and the end before it is lost")
    func incompleteRound() throws {
        for isCut in [false, true] {
            let disk = SimulatedDisk()
            let test = try StoreUnderTest(on: disk, lanes: 2)
            let keys = (0..<2).map { lane in
                (0...).lazy.map { StreamKey("s\($0)") }.first { $0.lane(in: test) == lane }!
            }
            var before: [String] = []
            var ends: [UInt64] = []
            // Of the last round lane 1 lacks its part; lane 0 began a segment with its own.
            while test.store.logs[0].segmentCount < 2 {
                before = try test.contents()
                ends = test.store.logs.map(\.tail.address)
                for (key, text) in zip(keys, [Self.filler, "little"]) { _ = test.offer(text, to: key) }
                test.run()
            }
            let crashed = disk.copy()
            try cut(crashed, "/log/lane-01/0000000000.log", from: ends[1])
            if !isCut {
                #expect(try crashed.reopen(lanes: 2).contents() == before)
                continue
            }
            let log = test.store.logs[0]
            let scanner = try log.scanner(try #require(log.state.with { $0.segments.header(0) }))
            var start: UInt64 = 0
            while case .batch(let batch) = try scanner.step() { start = batch.header.address }
            #expect(start < ends[0])
            try cut(crashed, from: start)
            for mode in [OpenMode.writing, .reading] {
                let found = damage(
                    failure { () throws(LogError) in
                        _ = try SealedStore.directory(crashed).openLanes(for: mode)
                    })
                #expect(found?.file == Self.first && found?.offset == start, "\(String(describing: found))")
            }
        }
    }

    @Test("is no damage to a reader that looked while an owner took the torn segment away")
    func besideOwner() throws {
        let crashed = try crashed()
        let place = try SealedStore.directory(crashed.disk).place(lane: 0)
        let block = try #require(crashed.disk.contents(Self.second)?.prefix(SegmentHeader.blockBytes))
        guard case .header(let header) = Array(block).withUnsafeBytes({ SegmentHeader.read($0) }) else {
            Issue.record("the second segment has no header")
            return
        }
        let owner = try crashed.disk.reopen()
        owner.append("goes on", to: "s")
        let tail = owner.store.logs[0].tail
        #expect(tail.number >= header.firstBatch)
        #expect(try tail.damage(nil, before: header, in: place, isSealed: false, on: crashed.disk) == nil)
    }
}
