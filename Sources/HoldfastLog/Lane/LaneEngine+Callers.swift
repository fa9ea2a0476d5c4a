/// How works come to their lanes.
extension LaneEngine {
    /// Without waiting: nil when the work was taken.
    package func offer(_ work: Machine.Work, to lane: Int) -> LogError? {
        decidedAtOnce(work, on: lanes[lane]) ? nil : lanes[lane].inbox.offer(work)
    }

    /// How many works wait in the inbox of each lane.
    package var worksWaiting: [Int] { lanes.map(\.inbox.count) }

    package func submit(_ work: Machine.Work, to lane: Int) async throws(LogError) {
        if decidedAtOnce(work, on: lanes[lane]) { return }
        try await lanes[lane].inbox.put(work)
    }

    /// From where one can't wait: a full inbox is waited for in its queue, off the caller's path, and the work itself is
    /// told when it can't be taken.
    package func handOver(_ work: Machine.Work, to lane: Int) {
        switch offer(work, to: lane) {
        case nil: break
        case .overloaded:
            Task {
                do throws(LogError) {
                    try await submit(work, to: lane)
                } catch {
                    work.finish(error)
                }
            }
        case let error?: work.finish(error)
        }
    }

    /// Decides a small work on its caller's own thread, when the lane is free and nothing waits before it. To wake the
    /// lane's thread takes several microseconds, deciding one command less than one. False when the work is as it was.
    private func decidedAtOnce(_ work: Machine.Work, on lane: Lane<Machine>) -> Bool {
        guard drive == .threads, work.inboxBytes <= Limits.decidedAtOnceBytesMax, lane.lock.tryLock() else {
            return false
        }
        // An engine that closes has its lanes look once more behind this mark, with the lock held as it is now.
        let isOpen = stopping.with { !$0.closing && $0.failure == nil }
        guard isOpen, lane.hasPlace, !lane.hasWorksInHand, lane.inbox.isEmpty else {
            lane.lock.unlock()
            return false
        }
        setTime(lane)
        let isDone = lane.withTurn { lane.machine.decide(work, on: &$0) } == .finished
        lane.touched(work, finished: isDone)
        // The rest takes a fresh batch or another lane, and for those one may have to wait.
        if !isDone { lane.inbox.putBack(work) }
        let fallsDueEarlier = lane.machine.earliestDue.map { $0 < lane.wakesAt } ?? false
        if isDone { company.arrived(1) }
        lane.lock.unlock()
        if fallsDueEarlier { lane.inbox.filled.raise() }
        committable.raise()
        return true
    }
}
