import SimulatedDisk
import Synchronization
import Testing

@testable import HoldfastLog

/// A lane's thread sleeps until something falls due, however that came about.
@Suite struct DueTests {
    @Test(
        "what falls due wakes the lane, also where its command was decided on the caller's thread",
        .timeLimit(.minutes(1)))
    func wakesTheLane() async throws {
        let disk = SimulatedDisk()
        let place = FileBatchLog.Place(
            directory: "/lane", lane: 0, log: LogID(high: 1, low: 2), segmentBytes: Limits.segmentBytesMin)
        disk.makeDirectory(behindTheBack: place.directory)
        try FileBatchLog.create(place, on: disk)
        let machine = AlarmMachine()
        let engine = try LaneEngine(
            lanes: [(try FileBatchLog.open(place, on: disk, for: .writing), machine)], clock: SystemClock(),
            drive: .threads)
        let (rings, ring) = AsyncStream<Void>.makeStream()
        var ringing = rings.makeAsyncIterator()
        for _ in 0..<20 {
            // Nothing is due, so the lane may be asleep for good when this arrives.
            #expect(engine.offer(Alarm { ring.yield() }, to: 0) == nil)
            // Nil when the time limit is over.
            try #require(await ringing.next() != nil)
        }
        engine.close()
    }
}

/// A command to ring two milliseconds later.
private final class Alarm: LaneWork {
    let ring: @Sendable () -> Void
    init(_ ring: @escaping @Sendable () -> Void) { self.ring = ring }

    let inboxBytes = 100
    func committed(batch address: UInt64, firstPosition: UInt64) {}
    func finish(_ failure: LogError?) {}
}

private final class AlarmMachine: LaneMachine {
    private let due = Atomic<Int64>(.max)
    private let pending = Locked<Alarm?>(nil)

    func decide(_ work: Alarm, on turn: inout LaneTurn) -> WorkProgress {
        pending.with { $0 = work }
        due.store(turn.now + 2, ordering: .relaxed)
        return .finished
    }

    func decide(
        _ work: Alarm, on turn: inout LaneTurn, with other: AlarmMachine, on otherTurn: inout LaneTurn
    ) -> WorkProgress { .finished }

    func expire(on turn: inout LaneTurn) -> Bool {
        guard turn.now >= due.load(ordering: .relaxed) else { return true }
        due.store(.max, ordering: .relaxed)
        let alarm = pending.with { pending in
            defer { pending = nil }
            return pending
        }
        alarm?.ring()
        return true
    }

    var earliestDue: Int64? {
        let time = due.load(ordering: .relaxed)
        return time == .max ? nil : time
    }

    func apply(_ record: RecordView, at address: UInt64) throws(LogError) {}
    let latestTime: Int64 = 0
    let stateEntries = 0
    func beginSnapshot() {}
    func snapshotChunk(into chunk: inout [UInt8]) -> Bool { false }
    func loadSnapshotChunk(_ chunk: UnsafeRawBufferPointer) throws(LogError) {}
}
