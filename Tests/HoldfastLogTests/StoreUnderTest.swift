import SimulatedDisk

@testable import HoldfastLog

/// An event store on a simulated disk, driven by hand: nothing happens except what a test calls, in its order.
final class StoreUnderTest {
    static let path = "/log"
    static let identity = LogDirectory.Identity(log: LogID(high: 0x486F_6C64, low: 0x6661_7374), seed: 7)

    let disk: SimulatedDisk
    let clock: GivenClock
    let store: EventStore

    init(
        on disk: SimulatedDisk, lanes: Int = 1, segmentBytes: UInt64 = 64 << 10, time: Int64 = 1_000
    ) throws(LogError) {
        self.disk = disk
        clock = GivenClock(time)
        store = try EventStore.open(
            at: Self.path, options: .init(lanes: lanes, segmentBytes: segmentBytes), on: disk, clock: clock,
            drive: .byHand, identity: Self.identity)
    }

    /// What one append was answered, once it was.
    final class Answer: @unchecked Sendable {
        var outcomes: [StreamWork.Outcome]?
        var failure: LogError?
        var isAcknowledged: Bool { outcomes != nil && failure == nil }
    }

    /// Hands a batch to its lane; it is decided and committed when the test runs the engine.
    func offer(_ batch: AppendBatch, lane: Int = 0) -> Answer {
        let answer = Answer()
        let work = StreamWork(batch) { work, failure in
            answer.failure = failure
            answer.outcomes = Array(work.outcomes)
        }
        if let refused = store.engine.offer(work, to: lane) { answer.failure = refused }
        return answer
    }

    func offer(_ text: String, to stream: StreamKey) -> Answer {
        var batch = AppendBatch()
        try! batch.append(Event(type: 1, payload: Array(text.utf8)), to: stream)
        return offer(batch, lane: stream.lane(in: self))
    }

    /// Decides and commits until nothing is left to do.
    func run() {
        for lane in 0..<store.engine.laneCount { store.engine.runLane(lane) }
        while store.engine.commit() {}
    }

    @discardableResult
    func append(_ text: String, to stream: StreamKey) -> Answer {
        let answer = offer(text, to: stream)
        run()
        return answer
    }

    /// All events, as "stream/revision:payload" in log order.
    func contents() throws(LogError) -> [String] {
        var reader = EventPage(store: store, from: 1)
        var all: [String] = []
        while let event = try reader.next() {
            all.append("\(event.stream)/\(event.revision):\(String(decoding: event.payload, as: UTF8.self))")
        }
        return all
    }

    func close() { store.closeAndWait() }
}

extension StreamKey {
    func lane(in test: StoreUnderTest) -> Int { bytes.withUnsafeBytes { test.store.lane(of: $0) } }
}

extension SimulatedDisk {
    /// Creates an empty event store with segments of any size, also smaller than a program may ask for.
    func createLog(segmentBytes: UInt64, lanes: Int = 1) throws(LogError) {
        let real = LogDirectory.Plan(lanes: lanes, segmentBytes: 64 << 10, kind: EventStore.kind)
        _ = try LogDirectory.create(StoreUnderTest.path, real, on: self, at: 1_000, identity: StoreUnderTest.identity)
        let path = StoreUnderTest.path + "/manifest"
        var fields = FieldReader(try SmallFile.read(path, kind: .manifest, on: self)!)
        var changed = FieldWriter()
        for _ in 0..<2 { changed.integer(fields.integer(UInt64.self)!) }
        changed.integer(fields.integer(UInt32.self)!)
        _ = fields.integer(UInt64.self)
        changed.integer(segmentBytes)
        while let byte: UInt8 = fields.integer() { changed.integer(byte) }
        do throws(DiskFailure) {
            try SmallFile.write(changed.bytes, kind: .manifest, to: path, in: StoreUnderTest.path, on: self)
        } catch {
            throw .io(error)
        }
    }

    /// Makes a segment ready for use, as the background thread does.
    func prepareSegment(_ number: UInt64, bytes: UInt64) throws(LogError) {
        try SegmentPreparer(directory: StoreUnderTest.path + "/lane-00", segmentBytes: bytes, disk: self).prepare(
            number)
    }

    /// Opens the log again as a new process would.
    func reopen(lanes: Int = 1, time: Int64 = 2_000) throws(LogError) -> StoreUnderTest {
        try StoreUnderTest(on: self, lanes: lanes, time: time)
    }
}

/// Calls `body` and returns the error that it throws, or nil.
func failure(_ body: () throws(LogError) -> Void) -> LogError? {
    do throws(LogError) {
        try body()
        return nil
    } catch {
        return error
    }
}
