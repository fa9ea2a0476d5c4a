/// One lane: a state machine, the batch it is filling, and the works whose answers wait for that batch.
///
/// Whoever holds `lock` is the lane's single writer: its own thread while it decides, the committing thread while it
/// takes the filled batch away, another lane's thread for the moment of a decision that touches both.
final class Lane<Machine: LaneMachine> {
    let number: Int
    let log: any BatchLog
    let machine: Machine
    let reader: LaneReader
    let inbox = Inbox<Machine.Work>()
    let lock: Lock
    /// Raised when the committing thread has put a fresh batch in place.
    let refreshed = Signal()
    let clock: any LogClock

    // Guarded by `lock`.
    /// Whether the open batch has a place in the log; not when the disk is full.
    private(set) var hasPlace = false
    private(set) var turn: LaneTurn?
    /// Works with records in the open batch or behind it, in order, and whether that was all of them.
    private(set) var pending: [PendingWork<Machine.Work>] = []
    private var memory: [UnsafeMutableRawBufferPointer]
    private var nextMemory = 0
    var snapshot: SnapshotJob?
    /// When the lane's thread wakes by itself at the latest. What falls due earlier has to wake it.
    var wakesAt: Int64 = .max
    /// Whether the lane's thread has works that were in the inbox: it gives up the lock where a batch is full, and what
    /// comes then must not be decided before them.
    var hasWorksInHand = false
    /// Behind the last batch that was taken.
    var nextAddress: UInt64

    /// Batches that can be read from memory: the open one, the one being synced, and a few before it.
    private static var memoryCount: Int { 16 }

    init(number: Int, log: any BatchLog, machine: Machine, clock: any LogClock) {
        self.number = number
        lock = Lock(rank: number)
        self.log = log
        self.machine = machine
        self.clock = clock
        reader = LaneReader(log: log)
        nextAddress = log.tail.address
        memory = (0..<Self.memoryCount).map { _ in
            .allocate(byteCount: log.batchBytesMax, alignment: 4096)
        }
    }

    deinit { memory.forEach { $0.deallocate() } }

    /// Opens a fresh batch behind `address`, with room for one of `bytes`. Where the disk has none the batch takes no
    /// record at all, so that what only asks can still be answered.
    func openBatch(after address: UInt64, atLeast bytes: Int) throws(LogError) {
        let place: BatchPlace
        do throws(LogError) {
            place = try log.place(after: address, atLeast: bytes)
        } catch {
            let closed = OpenBatch(
                base: memory[nextMemory].baseAddress!, address: address, capacity: BatchHeader.bytes)
            begin(closed)
            hasPlace = false
            throw error
        }
        hasPlace = true
        let buffer = memory[nextMemory]
        nextMemory = (nextMemory + 1) % memory.count
        reader.forget(memoryAt: UnsafeRawPointer(buffer.baseAddress!))
        // Leaves room for the trailer and for rounding up to whole pages.
        let end = (place.address + UInt64(place.bytes)) / UInt64(Limits.pageBytes) * UInt64(Limits.pageBytes)
        let capacity = Int(end - place.address) - BatchHeader.trailerBytes
        begin(OpenBatch(base: buffer.baseAddress!, address: place.address, capacity: capacity))
    }

    /// The clock's time from the start: what fell due fills more than one batch now and then, and the state alone knows
    /// only the time of its last event.
    private func begin(_ batch: OpenBatch) {
        turn = LaneTurn(batch: batch, now: max(clock.now(), machine.latestTime), lane: number, reader: reader)
    }

    /// The smallest batch worth opening in what remains of a segment.
    var usefulBatchBytes: Int { min(64 << 10, log.batchBytesMax / 2) }

    func touched(_ work: Machine.Work, finished: Bool, failure: LogError? = nil) {
        if let last = pending.last, last.work === work {
            pending[pending.count - 1] = PendingWork(work: work, finished: finished, failure: failure)
        } else {
            pending.append(PendingWork(work: work, finished: finished, failure: failure))
        }
    }

    /// What a decision works on. Only with the lock held and a batch open.
    func withTurn<Result>(_ body: (inout LaneTurn) -> Result) -> Result? {
        guard turn != nil else { return nil }
        return body(&turn!)
    }

    /// Behind everything that was decided. An empty batch does not count: it may be followed by nothing for hours.
    var decidedEnd: UInt64 {
        guard let batch = turn?.batch, batch.count > 0 else { return nextAddress }
        return batch.nextAddress
    }

    var isEmpty: Bool { (turn?.batch.count ?? 0) == 0 }

    var hasSomethingToCommit: Bool { !pending.isEmpty || (turn?.batch.count ?? 0) > 0 }

    /// Takes the filled batch and the works that wait for it. Called by the committing thread with the lock held.
    func takeBatch() -> TakenBatch<Machine.Work> {
        let taken = TakenBatch(batch: turn?.batch, time: turn?.now ?? machine.latestTime, works: pending)
        pending = []
        if let batch = turn?.batch, batch.count > 0 { reader.remember(batch) }
        return taken
    }
}

struct PendingWork<Work: LaneWork> {
    let work: Work
    let finished: Bool
    let failure: LogError?
}

struct TakenBatch<Work: LaneWork> {
    let batch: OpenBatch?
    let time: Int64
    let works: [PendingWork<Work>]
}
