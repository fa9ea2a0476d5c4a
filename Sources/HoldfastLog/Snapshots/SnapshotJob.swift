/// A snapshot on its way from the lane to the disk. The lane's thread hands pieces over between batches, as fast as
/// they are written and no faster; the file becomes valid once the log is durable up to the last piece's moment.
final class SnapshotJob: @unchecked Sendable {
    // @unchecked: the writer is used by one thread only, the job's own or, by hand, the caller's.
    let start: UInt64
    private let writer: SnapshotWriter
    private let state = Locked(State())
    private let signal = Signal()
    /// Raised when the lane may hand over more.
    private let room: Signal
    private let inline: Bool
    private static let queueMax = 4

    private struct State {
        var queue: [[UInt8]] = []
        var end: UInt64?
        var durable: UInt64 = 0
        var result: Result<Void, LogError>?
        var waiting: [CheckedContinuation<Result<Void, LogError>, Never>] = []
    }

    init(
        at place: FileBatchLog.Place, start: UInt64, durable: UInt64, on disk: any Disk, room: Signal, inline: Bool
    ) throws(LogError) {
        self.start = start
        self.room = room
        self.inline = inline
        do throws(DiskFailure) {
            writer = try SnapshotWriter(at: place, start: start, on: disk)
        } catch {
            throw SystemErrors.meansFull(error.errno) ? .storageFull(path: place.directory) : .io(error)
        }
        state.with { $0.durable = durable }
        if !inline { WorkerThread(name: "hf-snapshot") { [self] in loop() }.detach() }
    }

    var hasRoom: Bool { state.with { $0.queue.count < Self.queueMax && $0.result == nil } }
    var isOver: Bool { state.with { $0.result != nil } }

    func hand(over piece: [UInt8]) {
        state.with { $0.queue.append(piece) }
        inline ? drain() : signal.raise()
    }

    /// No more pieces: the state up to `address` may be in those handed over.
    func end(at address: UInt64) {
        state.with { $0.end = address }
        inline ? drain() : signal.raise()
    }

    /// The log is durable up to `address`.
    func reached(_ address: UInt64) {
        state.with { $0.durable = max($0.durable, address) }
        inline ? drain() : signal.raise()
    }

    func abandon(_ reason: LogError) { settle(.failure(reason)) }

    func outcome() async -> Result<Void, LogError> {
        await withCheckedContinuation { continuation in
            let result = state.with { state -> Result<Void, LogError>? in
                if state.result == nil { state.waiting.append(continuation) }
                return state.result
            }
            if let result { continuation.resume(returning: result) }
        }
    }

    /// For a thread that has nothing else to do. Whether the snapshot is on disk.
    func waitUntilOver() -> Bool {
        while true {
            let ticket = signal.ticket
            if let result = state.with({ $0.result }) {
                if case .success = result { return true }
                return false
            }
            signal.wait(after: ticket)
        }
    }

    private func loop() {
        while !isOver {
            let ticket = signal.ticket
            drain()
            if isOver { break }
            signal.wait(after: ticket)
        }
    }

    private func drain() {
        while true {
            let (piece, end) = state.with { state -> ([UInt8]?, UInt64?) in
                if state.result != nil { return (nil, nil) }
                if !state.queue.isEmpty { return (state.queue.removeFirst(), nil) }
                guard let end = state.end, state.durable >= end else { return (nil, nil) }
                return (nil, end)
            }
            do throws(DiskFailure) {
                if let piece {
                    try writer.write(piece)
                    room.raise()
                } else if let end {
                    try writer.finish(end: end)
                    settle(.success(()))
                    return
                } else {
                    return
                }
            } catch {
                writer.discard()
                settle(.failure(SystemErrors.meansFull(error.errno) ? .storageFull(path: error.path) : .io(error)))
                return
            }
        }
    }

    private func settle(_ result: Result<Void, LogError>) {
        let waiting = state.with { state in
            if state.result == nil { state.result = result }
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume(returning: result) }
        signal.raise()
        room.raise()
    }
}

extension LaneEngine {
    /// Starts a snapshot of every lane; commands flow on meanwhile.
    func startSnapshots(at places: [FileBatchLog.Place], on disk: any Disk) throws(LogError) -> [SnapshotJob] {
        // Nobody would take it further.
        if let ended { throw ended }
        var jobs: [SnapshotJob] = []
        for lane in lanes {
            lane.lock.lock()
            defer { lane.lock.unlock() }
            // One that has all its pieces but still waits for the log to be durable counts as running too.
            if let running = snapshots.with({ $0[lane.number] }), !running.isOver {
                jobs.append(running)
                continue
            }
            let job = try SnapshotJob(
                at: places[lane.number], start: lane.decidedEnd,
                durable: durable.mark.addresses[lane.number], on: disk, room: lane.inbox.filled,
                inline: drive == .byHand)
            lane.machine.beginSnapshot()
            lane.snapshot = job
            snapshots.with { $0[lane.number] = job }
            jobs.append(job)
            lane.inbox.filled.raise()
        }
        // Ending abandons the snapshots that it finds, so those begun a moment too late are seen to here.
        if let ended { for job in jobs { job.abandon(ended) } }
        return jobs
    }

    /// Why nothing is decided any more; nil while commands flow.
    private var ended: LogError? { failure ?? (isClosing ? .stopped(reason: "it was closed") : nil) }

    /// Takes a snapshot of every lane and returns once it is on disk.
    package func snapshot(at places: [FileBatchLog.Place], on disk: any Disk) async throws(LogError) {
        for job in try startSnapshots(at: places, on: disk) {
            if case .failure(let error) = await job.outcome() { throw error }
        }
    }

    /// Hands one piece over, if a snapshot is under way and can take it. Called with the lane's lock held.
    func advanceSnapshot(of lane: Lane<Machine>) -> Bool {
        guard let job = lane.snapshot else { return false }
        if job.isOver {
            lane.snapshot = nil
            snapshots.with { _ = $0.removeValue(forKey: lane.number) }
            return false
        }
        guard job.hasRoom else { return false }
        var piece: [UInt8] = []
        piece.reserveCapacity(Limits.snapshotChunkBytes * 5 / 4)
        let more = lane.machine.snapshotChunk(into: &piece)
        if !piece.isEmpty { job.hand(over: piece) }
        if !more {
            lane.snapshot = nil
            job.end(at: lane.decidedEnd)
        }
        return true
    }
}
