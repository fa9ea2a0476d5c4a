import SimulatedDisk
import Testing

@testable import HoldfastLog

/// Sealed segments hold what the open ones held, to the byte, and the log goes on behind them.
@Suite struct SealedTests {
    private typealias Log = SealedStore

    @Test("a sealed log reads as it did before, from any position", arguments: [1, 2], [1, 2, 3] as [UInt64])
    func readsTheSame(lanes: Int, seed: UInt64) throws {
        let disk = try Log.make(lanes: lanes, seed: seed)
        let before = try Log.records(disk)
        let segments = Log.names(disk, ".log").compactMap { disk.contents($0) }.filter { $0.contains { $0 != 0 } }
        #expect(segments.count > 2)
        let roots = try Log.directory(disk).sealAll()
        #expect(roots.count == segments.count)
        #expect(Log.names(disk, ".sealed").count == segments.count)
        #expect(Log.names(disk, ".log").compactMap { disk.contents($0) }.allSatisfy { $0.allSatisfy { $0 == 0 } })
        #expect(roots.reduce(0) { $0 + $1.eventCount } == UInt64(before.count))
        for position in [1, 2, 17, 300, before.count - 1, before.count, before.count + 1] {
            let after = try Log.records(disk, from: UInt64(position))
            let expected = before.dropFirst(position - 1)
            #expect(after.map(\.bytes) == expected.map(\.bytes) && after.map(\.address) == expected.map(\.address))
        }
        let report = try LogVerifier.verify(Log.directory(disk))
        #expect(report.faults.isEmpty && report.events == UInt64(before.count))
    }

    @Test("the segment that is put together again is the one that was sealed, byte for byte")
    func wholeImage() throws {
        let disk = try Log.make(seed: 7)
        let originals = Log.names(disk, ".log").map { disk.contents($0)! }
        _ = try Log.directory(disk).sealAll()
        let log = try Log.directory(disk).openLanes(for: .reading)[0]
        for number in log.sealedSegments {
            let image = try log.sealed(number).image()
            #expect(Array(image.bytes) == originals[Int(number)])
        }
    }

    @Test("the store goes on behind a sealed end, in a new segment", arguments: [1, 2])
    func goesOn(lanes: Int) throws {
        let disk = try Log.make(lanes: lanes, events: 200)
        let before = try Log.records(disk)
        _ = try Log.directory(disk).sealAll()
        #expect(try Log.directory(disk).sealAll().isEmpty, "there is nothing left to seal")
        let test = try disk.reopen(lanes: lanes, time: 1_800_000_000_000)
        #expect(test.store.opened.closedCleanly)
        #expect(test.store.opened.eventsReplayed == UInt64(before.count))
        for number in 0..<40 { #expect(test.append("after \(number)", to: "tenant-1/stream-1").isAcknowledged) }
        // Old events are found by their addresses, too.
        var stream = try Log.stream("tenant-1/stream-1", in: test)
        #expect(stream.count > 40 && stream.last?.text == "after 39")
        #expect(stream.map(\.revision) == Array(1...UInt64(stream.count)))
        test.close()
        let sealedAgain = try Log.directory(disk).sealAll()
        #expect(sealedAgain.count == lanes)
        #expect(try Log.records(disk).count == before.count + 40)
        let again = try disk.reopen(lanes: lanes, time: 1_900_000_000_000)
        #expect(again.append("and on", to: "tenant-1/stream-1").isAcknowledged)
        stream = try Log.stream("tenant-1/stream-1", in: again)
        #expect(stream.last?.text == "and on")
        again.close()
        #expect(try LogVerifier.verify(Log.directory(disk)).faults.isEmpty)
    }

    @Test("roots are chained, and a root is the Merkle root of the segment's records")
    func roots() throws {
        let disk = try Log.make()
        let before = try Log.records(disk)
        let roots = try Log.directory(disk).sealAll()
        var chained = Digest()
        for root in roots {
            var tree = MerkleTree()
            for record in before where record.address / (64 << 10) == root.number {
                record.bytes.withUnsafeBytes { tree.append($0) }
            }
            #expect(root.root == tree.root && root.eventCount == tree.count)
            #expect(root.previousChained == chained)
            #expect(SegmentRoot(fields: root.fields) == root)
            chained = root.chained
        }
    }

    @Test("sealed segments that are given up leave their roots, and the chain stays closed")
    func givenUp() throws {
        let disk = try Log.make()
        let roots = try Log.directory(disk).sealAll()
        let before = try Log.records(disk)
        #expect(roots.count > 3)
        let log = try Log.directory(disk).openLanes(for: .writing)[0]
        try log.trim(before: 64 << 10)
        try log.trim(before: 2 * (64 << 10))
        #expect(try log.trimmedRecord().roots == Array(roots.prefix(2)))
        #expect(Log.names(disk, ".sealed").count == roots.count - 2)
        #expect(try LogVerifier.verify(Log.directory(disk), deep: true).faults.isEmpty)
        let first = try #require(before.firstIndex { $0.address >= 2 * (64 << 10) })
        #expect(try Log.records(disk, from: UInt64(first + 1)).map(\.bytes) == before[first...].map(\.bytes))
        // One that does not continue what was given up is found.
        let path = StoreUnderTest.path + "/lane-00/trimmed"
        disk.flip(0, of: disk.contents(path)!.count - 1, in: path)
        #expect(throws: (any Error).self) { try Log.directory(disk).openLanes(for: .reading) }
    }

    @Test("a log that gave up its beginning and lost the rest is not taken for one that was never begun")
    func nothingLeft() throws {
        let disk = try Log.make()
        _ = try Log.directory(disk).sealAll()
        try Log.directory(disk).openLanes(for: .writing)[0].trim(before: 2 * (64 << 10))
        for name in disk.fileNames where name.hasSuffix(".sealed") || name.hasSuffix(".log") { try disk.remove(name) }
        let left = disk.fileNames
        for mode in [OpenMode.reading, .writing] {
            let error = try #require(throws: LogError.self) { try Log.directory(disk).openLanes(for: mode) }
            #expect("\(error)".contains("0000000002.log is damaged at byte 0"), "\(error)")
        }
        #expect(disk.fileNames == left)
        #expect(try LogVerifier.verify(Log.directory(disk).openLanes(for: .inspecting)).faultCount == 1)
    }

    @Test("the filter has every name that it was given, and few others")
    func filter() {
        var random = Log.Random(5)
        let names = (0..<5_000).map { _ in random.next(upTo: .max) &* 0x9E37_79B9_7F4A_7C15 }
        let bytes = names.withUnsafeBufferPointer { RequestFilter.build($0) }
        func holds(_ name: UInt64) -> Bool {
            let (page, offset) = RequestFilter.place(name, names: UInt64(names.count))
            return bytes.withUnsafeBytes { raw in
                let page = UnsafeRawBufferPointer(rebasing: raw[page * 4096..<(page + 1) * 4096])
                return RequestFilter.isGood(page: page) && RequestFilter.mayHold(name, page: page, offset: offset)
            }
        }
        #expect(names.allSatisfy(holds))
        let strangers = (0..<20_000).map { _ in random.next(upTo: .max) &* 0xD6E8_FEB8_6659_FD93 }
        #expect(strangers.count(where: holds) < 600)
    }

    @Test("records of any keys come into the order of their keys, and of the log")
    func order() throws {
        let disk = try Log.make(events: 1_500, streams: 700, payloadMax: 4)
        _ = try Log.directory(disk).sealAll()
        let log = try Log.directory(disk).openLanes(for: .reading)[0]
        for number in log.sealedSegments {
            let segment = try log.sealed(number)
            let reader = SealedSegment.BlockReader(segment.packing)
            var last: (key: [UInt8], address: UInt64)?
            for block in 0..<segment.index.count {
                for row in try segment.rows(of: block, with: reader) {
                    let key = Array(row.keyBytes)
                    if let last {
                        #expect(
                            last.key.lexicographicallyPrecedes(key) || (last.key == key && last.address < row.address))
                    }
                    last = (key, row.address)
                }
            }
        }
    }

    @Test("what a crash in the middle of a trim leaves behind is no part of the log, and is not counted")
    func trimLeftovers() throws {
        let disk = try Log.make(events: 2_000)
        _ = try Log.directory(disk).sealAll()
        let whole = disk.copy()
        let log = try Log.directory(disk).openLanes(for: .writing)[0]
        let kept = log.sealedBeginning.count - 2
        #expect(kept > 1)
        try log.giveUp(before: 3)
        let expected = try LogVerifier.verify(Log.directory(disk).openLanes(for: .reading))
        #expect(expected.sealedSegments == kept && expected.segments == kept)
        for name in whole.fileNames where disk.contents(name) == nil {
            disk.overwrite(name, with: try #require(whole.contents(name)))
        }
        for mode in [OpenMode.reading, .inspecting, .writing] {
            let logs = try Log.directory(disk).openLanes(for: mode)
            let report = try LogVerifier.verify(logs)
            #expect(report.sealedSegments == expected.sealedSegments, "\(mode)")
            #expect(report.segments == expected.segments && report.faults.isEmpty, "\(mode)")
            #expect(try logs[0].sealedBytes() == log.sealedBytes(), "\(mode)")
        }
    }
}

extension SealedStore {
    /// A stream's events as the running store reads them.
    static func stream(_ key: StreamKey, in test: StoreUnderTest) throws -> [RecordedEvent] {
        let work = StreamWork(AppendBatch(), heads: [key.bytes]) { _, _ in }
        #expect(test.store.engine.offer(work, to: key.lane(in: test)) == nil)
        test.run()
        var at = work.heads[0].address
        var events: [RecordedEvent] = []
        let scratch = RecordScratch()
        while at != 0 {
            let record = try scratch.load(at, from: test.store.logs[key.lane(in: test)])
            events.append(try RecordedEvent(record, upcasting: Upcasters()))
            at = record.previous
        }
        return events.reversed()
    }
}
