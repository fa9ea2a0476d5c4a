private import Glibc
internal import HoldfastLog

/// Records of one lane, copied side by side, on their way from the thread that reads and checks to those that apply
/// and sum.
final class RecordChunk: @unchecked Sendable {
    // @unchecked: the reader fills it before anybody else sees it; then it is only read, until all are done with it.
    let lane: Int
    private(set) var count = 0
    private var used = 0
    private let memory: UnsafeMutableRawPointer
    private let places: UnsafeMutablePointer<PlacedRecord>
    /// How many still have to go through it.
    let pending = Locked(0)

    static let bytesMax = 512 << 10
    private static let countMax = 4_096

    init(lane: Int) {
        self.lane = lane
        memory = .allocate(byteCount: Self.bytesMax, alignment: 64)
        places = .allocate(capacity: Self.countMax)
    }

    deinit {
        memory.deallocate()
        places.deallocate()
    }

    /// False when there is no room for it beside the others.
    func add(_ record: RecordView, at address: UInt64) -> Bool {
        let size = record.size
        guard count < Self.countMax, used &+ size <= Self.bytesMax else { return false }
        memcpy(memory + used, record.base, size)
        (places + count).initialize(
            to: PlacedRecord(record: RecordView(UnsafeRawPointer(memory + used)), address: address))
        used &+= size
        count &+= 1
        return true
    }

    var records: UnsafeBufferPointer<PlacedRecord> { UnsafeBufferPointer(start: places, count: count) }
}

/// Hands chunks to several takers, each on a thread of its own, and never gets far ahead of the slowest.
///
///     let courier = RecordCourier(takers: [{ apply($0) }, { sum($0) }])
///     try courier.put(record, at: address, lane: 0)
///     courier.finish()
final class RecordCourier {
    private final class Line: Sendable {
        struct State: Sendable {
            var chunks: [RecordChunk] = []
            var isOver = false
        }

        let state = Locked(State())
        let filled = Signal()
    }

    private let lines: [Line]
    private let threads: [WorkerThread]
    private let room: Signal
    private let inFlight: Locked<Int>
    private var chunk: RecordChunk?
    private var isFinished = false
    private static let inFlightMax = 12

    init(takers: [@Sendable (RecordChunk) -> Void]) {
        let lines = takers.map { _ in Line() }
        let room = Signal()
        let inFlight = Locked(0)
        self.lines = lines
        self.room = room
        self.inFlight = inFlight
        threads = zip(lines, takers).map { line, take in
            WorkerThread(name: "hf-audit") {
                while let chunk = Self.next(on: line) {
                    take(chunk)
                    let left = chunk.pending.with { pending -> Int in
                        pending -= 1
                        return pending
                    }
                    if left > 0 { continue }
                    inFlight.with { $0 -= 1 }
                    room.raise()
                }
            }
        }
    }

    deinit { finish() }

    private static func next(on line: Line) -> RecordChunk? {
        while true {
            let ticket = line.filled.ticket
            let (chunk, isOver) = line.state.with { ($0.chunks.isEmpty ? nil : $0.chunks.removeFirst(), $0.isOver) }
            if let chunk { return chunk }
            if isOver { return nil }
            line.filled.wait(after: ticket)
        }
    }

    @inline(__always)
    func put(_ record: RecordView, at address: UInt64, lane: Int) {
        if let chunk, chunk.lane == lane, chunk.add(record, at: address) { return }
        putInNew(record, address, lane)
    }

    @inline(never)
    private func putInNew(_ record: RecordView, _ address: UInt64, _ lane: Int) {
        handOver()
        let fresh = RecordChunk(lane: lane)
        // The wallet's records are far smaller; any other would have been refused before.
        precondition(fresh.add(record, at: address), "an empty chunk has room for a record")
        chunk = fresh
    }

    private func handOver() {
        guard let full = chunk else { return }
        chunk = nil
        while true {
            let ticket = room.ticket
            if inFlight.with({ $0 < Self.inFlightMax }) { break }
            room.wait(after: ticket)
        }
        inFlight.with { $0 += 1 }
        full.pending.with { [count = lines.count] in $0 = count }
        for line in lines {
            line.state.with { $0.chunks.append(full) }
            line.filled.raise()
        }
    }

    /// Returns when every taker has gone through all that was put.
    func finish() {
        if isFinished { return }
        isFinished = true
        handOver()
        for line in lines {
            line.state.with { $0.isOver = true }
            line.filled.raise()
        }
        for thread in threads { thread.join() }
    }
}
