import SimulatedDisk

@testable import HoldfastLog

/// What the tests of sealed segments share: logs of several small segments, before and after sealing.
enum SealedStore {
    static let lane = StoreUnderTest.path + "/lane-00/"

    /// A closed log whose events fill some segments: many streams, payloads from nothing to a kilobyte, metadata,
    /// types and schema versions.
    static func make(
        lanes: Int = 1, segmentBytes: UInt64 = 64 << 10, events: Int = 900, streams: Int = 60, seed: UInt64 = 1,
        payloadMax: UInt64 = 400
    ) throws -> SimulatedDisk {
        let disk = SimulatedDisk()
        try disk.createLog(segmentBytes: segmentBytes, lanes: lanes)
        let test = try StoreUnderTest(on: disk, lanes: lanes, time: 1_700_000_000_000)
        var random = Random(seed)
        var made = 0
        while made < events {
            for _ in 0..<min(events - made, Int(random.next(upTo: 9)) + 1) {
                let stream = random.next(upTo: UInt64(streams))
                let key = StreamKey("tenant-\(stream % 3)/stream-\(stream)")
                var payload = Array("event \(made) ".utf8)
                for _ in 0..<random.next(upTo: payloadMax) { payload.append(UInt8(random.next(upTo: 12))) }
                let event = Event(
                    type: EventType(rawValue: UInt16(random.next(upTo: 5))),
                    schemaVersion: UInt16(random.next(upTo: 2)),
                    payload: random.next(upTo: 10) == 0 ? [] : payload,
                    metadata: random.next(upTo: 4) == 0 ? Array("trace=\(made)".utf8) : [])
                var batch = AppendBatch()
                try batch.append(event, to: key)
                _ = test.offer(batch, lane: key.lane(in: test))
                made += 1
            }
            test.clock.advance(to: test.clock.now() + Int64(random.next(upTo: 20)))
            test.run()
        }
        test.close()
        return disk
    }

    struct Random {
        private var state: UInt64
        init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }
        /// 0 ..< bound.
        mutating func next(upTo bound: UInt64) -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return bound == 0 ? 0 : (state >> 11) % bound
        }
    }

    static func directory(_ disk: SimulatedDisk) throws(LogError) -> LogDirectory {
        try LogDirectory.open(StoreUnderTest.path, kind: EventStore.kind, on: disk)
    }

    /// Every record of the log in its order, as bytes, with its place.
    static func records(
        _ disk: SimulatedDisk, from position: UInt64 = 1
    ) throws -> [(lane: Int, address: UInt64, bytes: [UInt8])] {
        let logs = try directory(disk).openLanes(for: .reading)
        let reader = try LogReader(logs, from: position, upTo: logs.map(\.tail.address))
        var all: [(lane: Int, address: UInt64, bytes: [UInt8])] = []
        while try reader.readBatch({ (record, _, lane, address) throws(LogError) in
            all.append((lane, address, Array(record.bytes)))
        }) > 0 {}
        return all
    }

    static func names(_ disk: SimulatedDisk, _ suffix: String) -> [String] {
        disk.fileNames.filter { $0.hasSuffix(suffix) }
    }
}
