internal import CHoldfast

extension LaneEngine {
    /// From now on seals segments in the background, those first that are full already.
    package func sealInBackground() {
        let logs = lanes.compactMap { $0.log as? FileBatchLog }
        guard drive == .threads, !logs.isEmpty else { return }
        let work = BackgroundSealing(logs: logs, beside: coreWaits)
        sealing.with { $0 = work }
        work.start()
    }

    /// What keeps segments from being sealed.
    package var sealingFailure: LogError? { sealing.with { $0 }?.failure }

    func start() {
        var started: [WorkerThread] = lanes.indices.map { number in
            WorkerThread(name: "hf-lane-\(number)") { [self] in laneLoop(number) }
        }
        started.append(WorkerThread(name: "hf-commit") { [self] in commitLoop() })
        let all = started
        threads.with { $0 = all }
    }

    private func laneLoop(_ number: Int) {
        hf_prompt_thread()
        coreWaits.includeThisThread()
        let lane = lanes[number]
        while true {
            let ticket = lane.inbox.filled.ticket
            if runLane(number) { continue }
            if stopping.with({ $0.closing || $0.failure != nil }), lane.inbox.isEmpty { break }
            lane.inbox.filled.wait(after: ticket, nanoseconds: sleepTime(lane))
        }
        // Works that slipped in while the inbox was being closed get their answer too.
        runLane(number)
        stopping.with { $0.lanesDone += 1 }
        committable.raise()
    }

    /// How long a lane may sleep until something falls due; for ever when nothing does.
    private func sleepTime(_ lane: Lane<Machine>) -> Int64 {
        lane.lock.lock()
        let earliest = lane.machine.earliestDue
        lane.wakesAt = earliest ?? .max
        lane.lock.unlock()
        guard clock.runsByItself, let due = earliest else { return -1 }
        let wait = max(1, due - clock.now())
        return min(wait, 3_600_000) * 1_000_000
    }

    private var hasSomethingToCommit: Bool {
        lanes.contains { lane in
            lane.lock.lock()
            defer { lane.lock.unlock() }
            return lane.hasSomethingToCommit
        }
    }

    private func commitLoop() {
        hf_prompt_thread()
        coreWaits.includeThisThread()
        while true {
            let ticket = committable.ticket
            if hasSomethingToCommit { company.await() }
            if commit() { continue }
            if stopping.with({ $0.lanesDone }) == lanes.count {
                while commit() {}
                return
            }
            committable.wait(after: ticket)
        }
    }

    /// Finishes what was handed over, then stops. Nothing acknowledged is lost, nothing accepted is left unanswered.
    package func close() {
        // Once only: a second mark of a clean close could be written when the log has another owner.
        closing.lock()
        defer { closing.unlock() }
        if stopping.with({ $0.closing }) { return }
        for lane in lanes { lane.inbox.close(.stopped(reason: "it was closed")) }
        stopping.with { $0.closing = true }
        let running = threads.with { threads in
            defer { threads = [] }
            return threads
        }
        if drive == .byHand {
            for lane in lanes.indices { runLane(lane) }
            while commit() {}
        } else {
            for lane in lanes { lane.inbox.filled.raise() }
            for thread in running { thread.join() }
        }
        for snapshot in snapshots.with({ $0 }).values { snapshot.abandon(.stopped(reason: "it was closed")) }
        automatic.with { $0 }?.stop()
        background.stop()
        sealing.with { $0 }?.stop()
        durable.close(failure ?? .stopped(reason: "it was closed"))
        if failure == nil {
            for lane in lanes { try? (lane.log as? FileBatchLog)?.closeCleanly() }
        }
    }
}
