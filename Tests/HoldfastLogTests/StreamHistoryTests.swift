import SimulatedDisk
import Testing

@testable import HoldfastLog

/// A stream's events out of sealed and open segments, whatever of them is kept on the way and whoever stops when.
@Suite struct StreamHistoryTests {
    private typealias Log = SealedStore
    private typealias Place = (address: UInt64, bytes: [UInt8])

    /// Nothing, some segments of some streams, everything.
    @Test("is what the whole log says of the stream", arguments: [0, 3_000, 1 << 20])
    func isWhole(keptBytes: Int) throws {
        let (disk, expected) = try Self.log()
        let log = try Log.directory(disk).openLanes(for: .reading)[0]
        #expect(log.sealedSegments.count > 3 && log.openSegments.count > 1)
        for (key, records) in expected {
            let end = log.tail.address
            #expect(try Self.read(key, in: log, upTo: end, keptBytes).map(\.bytes) == records.map(\.bytes))
            // Open segments are read by whole batches, sealed ones up to any of the stream's events.
            let open = log.openSegments[0] * log.at.segmentBytes
            for (number, record) in records.enumerated() where number % 7 == 0 && record.address < open {
                let found = try Self.read(key, in: log, upTo: record.address, keptBytes)
                #expect(found.map(\.address) == records[..<number].map(\.address))
            }
        }
        #expect(try Self.read(Array("nobody".utf8), in: log, upTo: log.tail.address, keptBytes).isEmpty)
    }

    @Test("ends where its reader has enough", arguments: [0, 3_000, 1 << 20])
    func endsEarly(keptBytes: Int) throws {
        let (disk, expected) = try Self.log()
        let log = try Log.directory(disk).openLanes(for: .reading)[0]
        let (key, records) = try #require(expected.max { $0.value.count < $1.value.count })
        for wanted in 1...records.count {
            let found = try Self.read(key, in: log, upTo: log.tail.address, keptBytes, atMost: wanted)
            #expect(found.map(\.bytes) == records[..<wanted].map(\.bytes))
        }
    }

    @Test("comes once and in order for a reader that learnt of sealed segments in any order")
    func learntInAnyOrder() throws {
        let (disk, expected) = try Self.log()
        let path = SegmentNames.path(5, in: "/log/lane-00")
        let open = try #require(disk.contents(path))
        let owner = try Log.directory(disk).openLanes(for: .writing)[0]
        let sealer = SegmentSealer(owner)
        for _ in 0..<2 { _ = try sealer.seal(try #require(sealer.next())) }
        // Where it had the sixth open already, and only met the seventh sealed.
        try disk.open(path, for: .creating).writeAll(open, at: 0)
        let log = try Log.directory(disk).openLanes(for: .reading)[0]
        log.state.with { _ = $0.sealed.remove(5) }
        #expect(log.sealedSegments == [0, 1, 2, 3, 4, 6])
        for (key, records) in expected {
            let found = try Self.read(key, in: log, upTo: log.tail.address, 0)
            #expect(found.map(\.address) == records.map(\.address))
        }
    }

    /// Some segments are sealed, the rest is open; and what each stream has, from reading the log in its order.
    private static func log() throws -> (SimulatedDisk, [[UInt8]: [Place]]) {
        let disk = try Log.make(events: 1_500, streams: 12, seed: 5)
        let log = try Log.directory(disk).openLanes(for: .writing)[0]
        let sealer = SegmentSealer(log)
        for _ in 0..<5 { _ = try sealer.seal(try #require(sealer.next())) }
        var places: [[UInt8]: [Place]] = [:]
        for record in try Log.records(disk) {
            let key = record.bytes.withUnsafeBytes { Array(RecordView($0.baseAddress!).key) }
            places[key, default: []].append((record.address, record.bytes))
        }
        return (disk, places)
    }

    private static func read(
        _ key: [UInt8], in log: FileBatchLog, upTo end: UInt64, _ keptBytes: Int, atMost wanted: Int = .max
    ) throws -> [Place] {
        var found: [Place] = []
        let history = StreamHistory(key, in: log, upTo: end, keptBytes: keptBytes)
        try history.forEachRecord { (record, address) throws(LogError) in
            found.append((address, Array(record.bytes)))
            return found.count < wanted
        }
        return found
    }
}
