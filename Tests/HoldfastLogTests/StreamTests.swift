import SimulatedDisk
import Testing

@testable import HoldfastLog

/// Streams as a program sees them: appending with expectations, reading in both directions, and the limits.
@Suite struct StreamTests {
    // MARK: Expected revisions

    struct Expectation: Sendable, CustomTestStringConvertible {
        let existing: Int
        let expected: ExpectedRevision
        let isMet: Bool
        var testDescription: String { "\(existing) events, expecting \(expected)" }
    }

    @Test(
        "an append goes through where its expectation is met, and is told the actual revision where it is not",
        arguments: [
            Expectation(existing: 0, expected: .any, isMet: true),
            Expectation(existing: 0, expected: .none, isMet: true),
            Expectation(existing: 0, expected: .exact(0), isMet: true),
            Expectation(existing: 0, expected: .exact(1), isMet: false),
            Expectation(existing: 3, expected: .any, isMet: true),
            Expectation(existing: 3, expected: .none, isMet: false),
            Expectation(existing: 3, expected: .exact(0), isMet: false),
            Expectation(existing: 3, expected: .exact(2), isMet: false),
            Expectation(existing: 3, expected: .exact(3), isMet: true),
            Expectation(existing: 3, expected: .exact(4), isMet: false),
            Expectation(existing: 3, expected: .exact(.max), isMet: false),
        ])
    func expectations(_ given: Expectation) async throws {
        try await withStore { store async throws in
            for number in 0..<given.existing { try await store.append(Event("\(number)"), to: "s") }
            let before = UInt64(given.existing)
            if given.isMet {
                let result = try await store.append(Event("new"), to: "s", expecting: given.expected)
                #expect(result == AppendResult(revision: before + 1, position: before + 1))
            } else {
                let error = await failure { try await store.append(Event("new"), to: "s", expecting: given.expected) }
                #expect(error == .conflict(stream: "s", expected: given.expected, actual: before))
                #expect(try await store.revision(of: "s") == before)
                #expect(store.lastPosition == before)
            }
        }
    }

    @Test("of two writers who expect the same revision one goes through")
    func race() async throws {
        try await withStore { store async throws in
            let outcomes = await withTaskGroup(of: Bool.self) { group in
                for number in 0..<16 {
                    group.addTask {
                        await failure { try await store.append(Event("\(number)"), to: "s", expecting: .none) } == nil
                    }
                }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(outcomes == 1)
            #expect(try await store.revision(of: "s") == 1)
        }
    }

    // MARK: Several at once

    @Test("several events to one stream are all there, in order, with one result for the last")
    func many() async throws {
        try await withStore { store async throws in
            try await store.append(Event("first"), to: "s")
            let result = try await store.append((0..<100).map { Event("\($0)") }, to: "s", expecting: .exact(1))
            #expect(result == AppendResult(revision: 101, position: 101))
            #expect(try await store.read("s").collect().map(\.text) == ["first"] + (0..<100).map(String.init))
        }
    }

    @Test("several events with an expectation that is not met leave nothing")
    func manyRefused() async throws {
        try await withStore { store async throws in
            let error = await failure {
                try await store.append([Event("a"), Event("b")], to: "s", expecting: .exact(5))
            }
            #expect(error == .conflict(stream: "s", expected: .exact(5), actual: 0))
            #expect(try await store.readAll().collect().isEmpty)
        }
    }

    @Test("an atomic append to several streams is in all of them")
    func atomically() async throws {
        try await withStore { store async throws in
            let result = try await store.appendAtomically([
                StreamAppend([Event("out")], to: "from", expecting: .none),
                StreamAppend([Event("in"), Event("noted")], to: "to", expecting: .none),
            ])
            #expect(result == AppendResult(revision: 2, position: 3))
            #expect(try await store.read("from").collect().map(\.text) == ["out"])
            #expect(try await store.read("to").collect().map(\.text) == ["in", "noted"])
        }
    }

    @Test("a conflict in one stream of an atomic append refuses all of them", arguments: [0, 1, 2])
    func atomicConflict(conflicting: Int) async throws {
        try await withStore { store async throws in
            let streams: [StreamKey] = ["a", "b", "c"]
            let appends = streams.enumerated().map { index, stream in
                StreamAppend([Event("x")], to: stream, expecting: index == conflicting ? .exact(9) : .any)
            }
            let error = await failure { try await store.appendAtomically(appends) }
            #expect(error == .conflict(stream: streams[conflicting].description, expected: .exact(9), actual: 0))
            for stream in streams { #expect(try await store.revision(of: stream) == 0) }
            #expect(store.lastPosition == 0)
        }
    }

    @Test("streams of one atomic append must share a lane, and a refusal names both")
    func differentLanes() async throws {
        try await withStore(lanes: 3) { store async throws in
            let keys = (0..<64).map { StreamKey("stream-\($0)") }
            let lanes = keys.map { key in key.bytes.withUnsafeBytes { store.lane(of: $0) } }
            let other = try #require(lanes.firstIndex { $0 != lanes[0] })
            let error = await failure {
                try await store.appendAtomically([
                    StreamAppend([Event("x")], to: keys[0]), StreamAppend([Event("y")], to: keys[other]),
                ])
            }
            #expect(error == .differentLanes(first: keys[0].description, second: keys[other].description))
            var batch = AppendBatch()
            try batch.append(Event("fine"), to: keys[0])
            try batch.atomically([
                StreamAppend([Event("x")], to: keys[0]), StreamAppend([Event("y")], to: keys[other]),
            ])
            let full = batch
            guard case .differentLanes = await failure({ _ = try await store.append(full) }) else {
                Issue.record("a batch with such an append is refused as a whole")
                return
            }
            #expect(store.lastPosition == 0)
            let same = try #require(lanes.indices.first { $0 > 0 && lanes[$0] == lanes[0] })
            try await store.appendAtomically([
                StreamAppend([Event("x")], to: keys[0]), StreamAppend([Event("y")], to: keys[same]),
            ])
            #expect(store.lastPosition == 2)
        }
    }

    @Test("a batch of appends gives each its own result, in order", arguments: [1, 3])
    func batch(lanes: Int) async throws {
        try await withStore(lanes: lanes) { store async throws in
            var batch = AppendBatch()
            for number in 0..<300 {
                let isRefused = number % 10 == 9
                try batch.append(Event("\(number)"), to: "s\(number % 7)", expecting: isRefused ? .exact(1_000) : .any)
            }
            let results = try await store.append(batch)
            #expect(results.count == 300)
            var positions: Set<UInt64> = []
            for (number, result) in results.enumerated() {
                switch result {
                case .success(let result):
                    #expect(number % 10 != 9)
                    positions.insert(result.position)
                case .failure(let error):
                    guard case .conflict("s\(number % 7)", .exact(1_000), _) = error else {
                        Issue.record("append \(number): \(error)")
                        return
                    }
                    #expect(number % 10 == 9)
                }
            }
            #expect(positions == Set(1...270))
            for event in try await store.readAll().collect() {
                #expect(event.stream == "s\(Int(event.text)! % 7)")
            }
        }
    }

    @Test("one batch may be appended to several stores at once, and again")
    func sharedBatch() async throws {
        var batch = AppendBatch()
        for number in 0..<200 { try batch.append(Event("\(number)"), to: "s\(number)", expecting: .any) }
        // More streams in one append than the lane looks up at a time.
        try batch.atomically((0..<60).map { StreamAppend([Event("atomic")], to: "s\($0)") })
        let shared = batch
        let stores = try (0..<4).map { number in
            try EventStore.open(
                at: "/log", options: .init(segmentBytes: 256 << 10), on: SimulatedDisk(), clock: GivenClock(1),
                drive: .threads, identity: .init(log: LogID(high: 1, low: 2), seed: UInt64(number) * 7_919))
        }
        for _ in 0..<5 {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for store in stores {
                    group.addTask { for _ in 0..<4 { _ = try await store.append(shared) } }
                }
                try await group.waitForAll()
            }
        }
        for store in stores {
            for number in [0, 1, 59, 60, 199] {
                #expect(try await store.revision(of: "s\(number)") == (number < 60 ? 40 : 20))
            }
            #expect(store.lastPosition == 20 * 260)
            await store.close()
        }
    }

    @Test("an append without events, or with a stream twice, is refused before anything is done")
    func malformedAppends() {
        var batch = AppendBatch()
        for appends in [
            [], [StreamAppend([], to: "s")], [StreamAppend([Event("x")], to: "s"), StreamAppend([], to: "t")],
            [StreamAppend([Event("x")], to: "s"), StreamAppend([Event("y")], to: "s")],
        ] {
            guard case .invalid? = failure({ () throws(LogError) in try batch.atomically(appends) }) else {
                Issue.record("\(appends) was taken")
                return
            }
        }
        #expect(batch.count == 0)
    }

    // MARK: Reading

    @Test("a stream is read forwards and backwards, from either end or from a revision")
    func reading() async throws {
        try await withStore { store async throws in
            for number in 1...60 {
                try await store.append(Event("\(number)"), to: "s")
                try await store.append(Event("other"), to: "t")
            }
            let all = Array(1...60).map(UInt64.init)
            func revisions(from: UInt64?, _ direction: ReadDirection) async throws -> [UInt64] {
                let events = try await store.read("s", from: from, direction: direction).collect()
                #expect(events.allSatisfy { $0.stream == "s" && $0.text == "\($0.revision)" })
                return events.map(\.revision)
            }
            #expect(try await revisions(from: nil, .forwards) == all)
            #expect(try await revisions(from: nil, .backwards) == all.reversed())
            for from: UInt64 in [0, 1, 2, 30, 59, 60, 61, .max] {
                #expect(try await revisions(from: from, .forwards) == all.filter { $0 >= from })
                #expect(try await revisions(from: from, .backwards) == all.reversed().filter { $0 <= from })
            }
            #expect(try await store.read("nobody").collect().isEmpty)
            #expect(try await store.read("nobody", direction: .backwards).collect().isEmpty)
            #expect(try await store.revision(of: "nobody") == 0)
        }
    }

    @Test("reading everything gives the positions 1, 2, 3 … over all segments and lanes", arguments: [1, 3])
    func readAll(lanes: Int) async throws {
        let disk = SimulatedDisk()
        let filler = String(repeating: "x", count: 900)
        try await withStore(on: disk, lanes: lanes) { store async throws in
            await withTaskGroup(of: Void.self) { group in
                for task in 0..<8 {
                    group.addTask {
                        for number in 0..<60 {
                            _ = try? await store.append(Event("\(number) " + filler), to: "stream-\(task)")
                        }
                    }
                }
            }
            #expect(store.logs.map(\.segmentCount).reduce(0, +) >= 6, "the log is long enough to rotate")
        }
        try await withStore(on: disk, lanes: lanes) { store async throws in
            let all = try await store.readAll().collect()
            #expect(all.map(\.position) == Array(1...480))
            for task in 0..<8 {
                #expect(all.filter { $0.stream == "stream-\(task)" }.map(\.revision) == Array(1...60))
            }
            for from: UInt64 in [0, 1, 2, 239, 480, 481, 10_000] {
                #expect(try await store.readAll(from: from).collect() == all.filter { $0.position >= from })
            }
        }
    }

    @Test("two readers of one sequence each see all of it")
    func readTwice() async throws {
        try await withStore { store async throws in
            try await store.append([Event("a"), Event("b")], to: "s")
            let events = store.readAll()
            #expect(try await events.collect().count == 2)
            #expect(try await events.collect().count == 2)
        }
    }

    @Test("time, type, schema version and metadata come back as they went in")
    func fields() async throws {
        try await withStore { store async throws in
            let event = Event(type: 65_535, schemaVersion: 65_535, payload: [0, 255], metadata: [1, 2, 3])
            try await store.append(event, to: "s")
            try await store.append(Event(type: 0, schemaVersion: 0, payload: []), to: "s")
            #expect(
                try await store.readAll().collect() == [
                    RecordedEvent(
                        stream: "s", revision: 1, position: 1, time: 1_000, type: 65_535, schemaVersion: 65_535,
                        payload: [0, 255], metadata: [1, 2, 3]),
                    RecordedEvent(
                        stream: "s", revision: 2, position: 2, time: 1_000, type: 0, schemaVersion: 0, payload: [],
                        metadata: []),
                ])
        }
    }

    // MARK: Upcasting

    @Test("old schema versions are read as the newest, step by step, and the log keeps what was written")
    func upcasting() async throws {
        let disk = SimulatedDisk()
        try await withStore(on: disk) { store async throws in
            for version: UInt16 in 1...4 {
                try await store.append(Event(type: 7, schemaVersion: version, payload: [UInt8(version)]), to: "s")
            }
            try await store.append(Event(type: 8, schemaVersion: 1, payload: [1]), to: "s")
        }
        var upcasters = Upcasters()
        upcasters.register(7, from: 1, to: 2) { $0 + [12] }
        upcasters.register(7, from: 2, to: 4) { $0 + [24] }
        for _ in 0..<2 {
            try await withStore(on: disk, upcasters: upcasters) { store async throws in
                let events = try await store.readAll().collect()
                #expect(events.map(\.payload) == [[1, 12, 24], [2, 24], [3], [4], [1]])
                #expect(events.map(\.schemaVersion) == [4, 4, 3, 4, 1])
                #expect(try await store.read("s").collect() == events)
                #expect(try await store.subscribe().collect(5) == events)
            }
        }
        try await withStore(on: disk) { store async throws in
            #expect(try await store.readAll().collect().map(\.payload) == [[1], [2], [3], [4], [1]])
        }
    }

    @Test("an upcaster that fails is named in the error")
    func failingUpcaster() async throws {
        struct Unreadable: Error {}
        var upcasters = Upcasters()
        upcasters.register(7, from: 1, to: 2) { _ in throw Unreadable() }
        try await withStore(upcasters: upcasters) { store async throws in
            try await store.append(Event(type: 7, payload: []), to: "s")
            let error = await failure { _ = try await store.readAll().collect() }
            #expect(error?.description.contains("event type 7 from schema version 1") == true)
        }
    }

    // MARK: Limits

    @Test("a key has 1 to 128 bytes", arguments: [0, 1, 127, 128, 129, 255, 256, 1_000])
    func keyLength(count: Int) async throws {
        try await withStore { store async throws in
            let key = StreamKey(bytes: [UInt8](repeating: 7, count: count))
            let isFine = (1...128).contains(count)
            func isRefused(_ error: LogError?) -> Bool {
                if case .invalid("stream key", _) = error { return true }
                return false
            }
            let appended = await failure { try await store.append(Event("x"), to: key) }
            let read = await failure { _ = try await store.read(key).collect() }
            let asked = await failure { _ = try await store.revision(of: key) }
            for error in [appended, read, asked] { #expect(isFine ? error == nil : isRefused(error)) }
            #expect(store.lastPosition == (isFine ? 1 : 0))
            #expect(try await store.readAll().collect().map(\.stream) == (isFine ? [key] : []))
        }
    }

    @Test("keys are bytes: any of them, and no two that differ are one stream")
    func binaryKeys() async throws {
        try await withStore(lanes: 2) { store async throws in
            var keys = (0...255).map { StreamKey(bytes: [UInt8($0)]) }
            keys += [[0, 0], [0, 0, 0], [255, 0], [0, 255], Array(0...127), Array(128...255)].map {
                StreamKey(bytes: $0)
            }
            // Not UTF-8, and equal once made into text: they must stay apart.
            keys += [[0xC3], [0xC3, 0x28], [0xE2, 0x82]].map { StreamKey(bytes: $0) }
            let unique = Array(Set(keys))
            for key in unique { try await store.append(Event(type: 1, payload: key.bytes), to: key, expecting: .none) }
            for key in unique {
                #expect(try await store.read(key).collect().map(\.payload) == [key.bytes])
            }
        }
    }

    @Test("a payload has up to 1 MiB, metadata up to 32 KiB, and one byte more is refused")
    func payloadSize() async throws {
        let disk = SimulatedDisk()
        let largest = Event(
            type: 1, payload: (0..<Limits.payloadBytesMax).map { UInt8(truncatingIfNeeded: $0 &* 31) },
            metadata: [UInt8](repeating: 9, count: Limits.metadataBytesMax))
        try await withStore(on: disk, segmentBytes: 8 << 20) { store async throws in
            var event = largest
            try await store.append(event, to: "s")
            event.payload.append(0)
            guard case .invalid("payload", _) = await failure({ try await store.append(event, to: "s") }) else {
                Issue.record("a payload of 1 MiB and a byte was taken")
                return
            }
            event = largest
            event.metadata.append(0)
            guard case .invalid("metadata", _) = await failure({ try await store.append(event, to: "s") }) else {
                Issue.record("metadata of 32 KiB and a byte was taken")
                return
            }
            try await store.append(Event(type: 1, payload: []), to: "s")
        }
        try await withStore(on: disk) { store async throws in
            let events = try await store.read("s").collect()
            #expect(events.map(\.revision) == [1, 2])
            #expect(events[0].payload == largest.payload)
            #expect(events[0].metadata == largest.metadata)
            #expect(events[1].payload.isEmpty)
        }
    }

    @Test("an event that no segment of the store could hold is refused, and the store goes on")
    func largerThanSegment() async throws {
        try await withStore(segmentBytes: 64 << 10) { store async throws in
            let large = Event(type: 1, payload: [UInt8](repeating: 1, count: 60_000))
            guard case .invalid = await failure({ try await store.append(large, to: "s") }) else {
                Issue.record("it was taken")
                return
            }
            try await store.append(Event("small"), to: "s")
            #expect(store.lastPosition == 1)
        }
    }

    @Test(
        "an append of the largest size goes through wherever in a page its batch begins",
        arguments: [512, 2_048, 3_840, 3_968])
    func largestAppend(offset: Int) async throws {
        try await withStore(segmentBytes: 16 << 20) { store async throws in
            // The fence takes 256 bytes of the page, this event's batch the rest up to `offset`.
            let overhead =
                BatchHeader.bytes + BatchHeader.trailerBytes + RecordLayout.size(key: 1, payload: 0, metadata: 0)
            try await store.append(
                Event(type: 1, payload: Array(repeating: 1, count: offset - 256 - overhead)), to: "s")
            #expect(Int(store.logs[0].tail.address) % Limits.pageBytes == offset)
            let mebibyte = Event(type: 1, payload: Array(repeating: 3, count: Limits.payloadBytesMax))
            func events(_ last: Int) -> [Event] {
                [mebibyte, mebibyte, mebibyte, Event(type: 1, payload: Array(repeating: 3, count: last))]
            }
            var batch = AppendBatch()
            var most = Limits.payloadBytesMax
            while failure({ () throws(LogError) in try batch.append(events(most), to: "s") }) != nil { most -= 8 }
            #expect(most > Limits.payloadBytesMax - 16_384, "the limit is near that of a batch")
            let result = try await store.append(events(most), to: "s")
            #expect(result.revision == 5)
        }
    }
}
