/// Lanes, the one thread that commits for all of them, and the threads that decide.
///
///     caller → inbox → lane thread: decide, lay down → open batch
///                                          ↓
///                   committing thread: finish, write, sync → answers released
///
/// One commit is a *round*: the open batches of all lanes at one moment. A round is durable with all of its batches
/// or, after a crash, dropped with all of them; this is what makes a decision over two lanes atomic. Lanes take
/// each other's locks in the order of their numbers, so that they can't wait for each other in a circle.
package final class LaneEngine<Machine: LaneMachine>: @unchecked Sendable {
    // @unchecked: lanes are guarded by their locks, everything else is constant or behind a mutex.
    package enum Drive: Sendable {
        /// Threads do the work: the normal case.
        case threads
        /// Nothing happens by itself: a test calls `runLane` and `commit` in the order that it wants.
        case byHand
    }

    let lanes: [Lane<Machine>]
    package let durable: DurableEnd
    let clock: any LogClock
    let drive: Drive
    private let epochs: [UInt64]
    let company = Company()
    let coreWaits = CoreWaits()
    /// Raised when a lane has something to commit.
    let committable = Signal()
    let stopping = Locked(Stop())
    /// Held while the engine closes, so that a second caller returns when all is done and not before.
    let closing = Lock()
    let threads = Locked<[WorkerThread]>([])
    let background: BackgroundWork
    /// Where full segments are sealed as they come.
    let sealing = Locked<BackgroundSealing?>(nil)
    /// Snapshots under way, by lane.
    let snapshots = Locked<[Int: SnapshotJob]>([:])
    let automatic = Locked<AutomaticSnapshots?>(nil)

    struct Stop: Sendable {
        var closing = false
        var failure: LogError?
        var lanesDone = 0
    }

    // Used by the committing thread only.
    private var nextRound: UInt64
    private var nextPosition: UInt64
    private var tails: [LogTail]

    package init(
        lanes parts: [(log: any BatchLog, machine: Machine)], clock: any LogClock, drive: Drive
    ) throws(LogError) {
        let ends = parts.map(\.log.tail)
        nextRound = (ends.map(\.round).max() ?? 0) + 1
        nextPosition = ends.map(\.nextPosition).max() ?? 1
        var epochs: [UInt64] = []
        for part in parts {
            let time = max(part.machine.latestTime, clock.now())
            epochs.append(try part.log.acquire(at: time, round: nextRound, position: nextPosition).epoch)
        }
        nextRound += 1
        self.epochs = epochs
        tails = parts.map(\.log.tail)
        lanes = parts.enumerated().map { Lane(number: $0, log: $1.log, machine: $1.machine, clock: clock) }
        for lane in lanes { try lane.openBatch(after: lane.log.tail.address, atLeast: lane.usefulBatchBytes) }
        durable = DurableEnd(position: nextPosition - 1, addresses: tails.map(\.address))
        background = BackgroundWork(logs: parts.map(\.log), runs: drive == .threads)
        self.clock = clock
        self.drive = drive
        if drive == .threads { start() }
    }

    package var laneCount: Int { lanes.count }

    /// The lanes' machines, for figures about them. Not while commands flow.
    package var machines: [Machine] { lanes.map(\.machine) }

    /// The latest time that the state of any lane has seen.
    package var latestTime: Int64 {
        lanes.reduce(0) { latest, lane in
            lane.lock.lock()
            defer { lane.lock.unlock() }
            return max(latest, lane.machine.latestTime)
        }
    }

    var isClosing: Bool { stopping.with { $0.closing } }

    /// The failure that stopped the engine, if one did.
    package var failure: LogError? { stopping.with { $0.failure } }

    // MARK: The lane's side

    /// Decides everything that waits in a lane's inbox, and what fell due. Returns whether there was anything.
    @discardableResult
    package func runLane(_ number: Int) -> Bool {
        let lane = lanes[number]
        var works: [Machine.Work] = []
        lane.lock.lock()
        // With the lock held, so that nothing is put back into the inbox behind the lane's last look.
        lane.inbox.takeAll(into: &works)
        lane.hasWorksInHand = !works.isEmpty
        let before = lane.hasSomethingToCommit
        expire(lane)
        var taken = 0
        for work in works {
            decide(work, on: lane)
            // A snapshot keeps pace with the commands, two bytes for one: under full load an inbox is never empty, and
            // a piece for each time that it was emptied would take an hour for a large state.
            taken += work.inboxBytes
            if taken >= Limits.snapshotChunkBytes / 2 {
                taken = 0
                _ = advanceSnapshot(of: lane)
            }
        }
        lane.hasWorksInHand = false
        let more = lane.hasSomethingToCommit
        let snapshotGoesOn = advanceSnapshot(of: lane)
        lane.lock.unlock()
        company.arrived(works.count)
        if more { committable.raise() }
        return !works.isEmpty || more != before || snapshotGoesOn
    }

    func setTime(_ lane: Lane<Machine>) {
        let now = max(clock.now(), lane.machine.latestTime)
        _ = lane.withTurn { $0.now = max($0.now, now) }
    }

    private func expire(_ lane: Lane<Machine>) {
        guard reopenIfNeeded(lane) == nil else { return }
        setTime(lane)
        while let done = lane.withTurn({ lane.machine.expire(on: &$0) }), !done {
            if handOver(lane) != nil { return }
        }
    }

    private func decide(_ work: Machine.Work, on lane: Lane<Machine>) {
        if let failure = stopping.with({ $0.failure }) {
            lane.touched(work, finished: true, failure: failure)
            return
        }
        // A disk that is full shows when a record is to be laid down; what only asks is answered all the same.
        _ = reopenIfNeeded(lane)
        setTime(lane)
        while true {
            guard let progress = lane.withTurn({ lane.machine.decide(work, on: &$0) }) else { return }
            switch progress {
            case .finished:
                lane.touched(work, finished: true)
                return
            case .batchIsFull:
                lane.touched(work, finished: false)
                if let failure = handOver(lane) {
                    lane.touched(work, finished: true, failure: failure)
                    return
                }
            case .needsLane(let other):
                lane.touched(work, finished: false)
                if let failure = decide(work, on: lane, with: lanes[other]) {
                    lane.touched(work, finished: true, failure: failure)
                    return
                }
            }
        }
    }

    /// One decision over two lanes: both locks held, both batches open, so that both halves are in one round. The lane's
    /// own lock is held before and after.
    private func decide(_ work: Machine.Work, on lane: Lane<Machine>, with other: Lane<Machine>) -> LogError? {
        lane.lock.unlock()
        let (first, second) = lane.number < other.number ? (lane, other) : (other, lane)
        first.lock.lock()
        second.lock.lock()
        let outcome = decideWithLocks(work, on: lane, with: other)
        // Never taken again from here: the lane's own lock is held, and may be the higher one.
        other.lock.unlock()
        switch outcome {
        case .goesOn: return nil
        case .failed(let failure): return failure
        case .batchIsFull: return awaitRound(lane)
        }
    }

    private enum PairOutcome {
        case goesOn
        case batchIsFull
        case failed(LogError)
    }

    private func decideWithLocks(
        _ work: Machine.Work, on lane: Lane<Machine>, with other: Lane<Machine>
    ) -> PairOutcome {
        if let failure = reopenIfNeeded(lane) ?? reopenIfNeeded(other) { return .failed(failure) }
        setTime(lane)
        setTime(other)
        let progress = lane.withTurn { turn in
            other.withTurn { otherTurn in
                otherTurn.now = max(turn.now, otherTurn.now)
                turn.now = otherTurn.now
                return lane.machine.decide(work, on: &turn, with: other.machine, on: &otherTurn)
            }
        }
        guard progress == .batchIsFull else { return .goesOn }
        guard lane.isEmpty && other.isEmpty else { return .batchIsFull }
        // One of the two is not full but too small: move on to places with room for the largest record.
        let failure = attempt { () throws(LogError) in
            try lane.openBatch(after: lane.nextAddress, atLeast: lane.log.batchBytesMax)
            try other.openBatch(after: other.nextAddress, atLeast: other.log.batchBytesMax)
        }
        return failure.map { .failed($0) } ?? .goesOn
    }

    /// Called when a lane's batch has no room for the next record, with its lock held: waits until the committing
    /// thread has taken it (it may have to look twice). The lock is given up meanwhile.
    private func handOver(_ lane: Lane<Machine>) -> LogError? {
        if let batch = lane.turn?.batch, batch.count == 0 {
            // Not full but too small for the next record: go to a place that has room for the largest.
            return attempt { () throws(LogError) in
                try lane.openBatch(after: batch.address, atLeast: lane.log.batchBytesMax)
            }
        }
        return awaitRound(lane)
    }

    private func awaitRound(_ lane: Lane<Machine>) -> LogError? {
        let ticket = lane.refreshed.ticket
        lane.lock.unlock()
        committable.raise()
        if drive == .byHand { commit() } else { lane.refreshed.wait(after: ticket) }
        lane.lock.lock()
        return reopenIfNeeded(lane)
    }

    /// After a full disk: tries again whether there is space for a batch.
    private func reopenIfNeeded(_ lane: Lane<Machine>) -> LogError? {
        if let failure = stopping.with({ $0.failure }) { return failure }
        if lane.hasPlace { return nil }
        return attempt { () throws(LogError) in
            try lane.openBatch(after: lane.nextAddress, atLeast: lane.usefulBatchBytes)
        }
    }

    private func attempt(_ body: () throws(LogError) -> Void) -> LogError? {
        do throws(LogError) {
            try body()
            return nil
        } catch {
            return error
        }
    }

    // MARK: The committing side

    /// Commits one round: everything that all lanes have laid down up to now. False when there was nothing.
    @discardableResult
    package func commit() -> Bool {
        for lane in lanes { lane.lock.lock() }
        let taken = lanes.map { lane -> TakenBatch<Machine.Work>? in
            guard lane.hasSomethingToCommit else { return nil }
            let taken = lane.takeBatch()
            if let batch = taken.batch, batch.count > 0 {
                lane.nextAddress = batch.address + UInt64(BatchHeader.size(used: batch.used, at: batch.address))
                // On failure the lane stands without a batch; its next work tries again and reports.
                try? lane.openBatch(after: lane.nextAddress, atLeast: lane.usefulBatchBytes)
            }
            return taken
        }
        for lane in lanes.reversed() { lane.lock.unlock() }
        // From here on the lanes fill their next batches while this round is written.
        for lane in lanes { lane.refreshed.raise() }
        guard taken.contains(where: { $0 != nil }) else { return false }

        company.roundBegins(
            // A key path would be looked up anew in each round: here, where the machine's type is not known, for 15 µs.
            works: taken.reduce(0) { $0 + ($1?.works.count { $0.finished } ?? 0) },
            bytes: taken.reduce(0) { $0 + ($1?.batch?.used ?? 0) })
        let failure = stopping.with { $0.failure } ?? write(taken)
        company.roundIsDurable()
        if failure == nil { publish() }
        for case let batch? in taken { release(batch, failure) }
        background.wake()
        sealing.with { $0 }?.wake()
        return true
    }

    private func write(_ taken: [TakenBatch<Machine.Work>?]) -> LogError? {
        let filled = taken.count { ($0?.batch?.count ?? 0) > 0 }
        guard filled > 0 else { return nil }
        let firstPosition = nextPosition
        for (number, taken) in taken.enumerated() {
            guard let taken, let batch = taken.batch, batch.count > 0 else { continue }
            let header = BatchHeader(
                size: BatchHeader.size(used: batch.used, at: batch.address), number: tails[number].number + 1,
                epoch: epochs[number], round: nextRound, address: batch.address, position: nextPosition,
                time: max(taken.time, tails[number].time), count: batch.count, lane: number, batchesInRound: filled,
                previousHash: tails[number].hash, kind: .events)
            _ = BatchView.finish(at: batch.base, header: header, used: batch.used)
            let view = BatchView(header: header, base: UnsafeRawPointer(batch.base))
            switch lanes[number].log.append(view, epoch: epochs[number], expected: batch.address) {
            case .committed: break
            case .fenced: return stop(.fenced(lane: number))
            case .unknown(let failure): return stop(.unknownOutcome(failure))
            }
            tails[number] = tails[number].advanced(past: view)
            nextPosition += UInt64(batch.count)
        }
        nextRound += 1
        tellCommitted(taken, from: firstPosition)
        return nil
    }

    /// Only when every lane has its batch is any of them durable.
    private func tellCommitted(_ taken: [TakenBatch<Machine.Work>?], from first: UInt64) {
        var position = first
        for case let taken? in taken {
            guard let batch = taken.batch, batch.count > 0 else { continue }
            for pending in taken.works where pending.failure == nil {
                pending.work.committed(batch: batch.address, firstPosition: position)
            }
            position += UInt64(batch.count)
        }
    }

    private func publish() {
        let addresses = tails.map(\.address)
        durable.advance(to: nextPosition - 1, addresses: addresses)
        for (number, snapshot) in snapshots.with({ $0 }) { snapshot.reached(addresses[number]) }
        automatic.with { $0 }?.logReached(nextPosition - 1)
    }

    private func release(_ taken: TakenBatch<Machine.Work>, _ failure: LogError?) {
        // One that is not finished is still in its lane's hands; the lane meets the failure and finishes it.
        for pending in taken.works where pending.finished {
            pending.work.finish(pending.failure ?? failure)
        }
    }

    /// After a failed commit nothing more is written: what the kernel did with the batch can't be known.
    private func stop(_ failure: LogError) -> LogError {
        let first = stopping.with { stop in
            if stop.failure == nil { stop.failure = failure }
            return stop.failure!
        }
        for lane in lanes {
            lane.inbox.close(.stopped(reason: first.description))
            lane.refreshed.raise()
        }
        for snapshot in snapshots.with({ $0 }).values { snapshot.abandon(first) }
        durable.close(first)
        return failure
    }
}
