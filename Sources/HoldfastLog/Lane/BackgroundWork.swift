internal import CHoldfast

/// The thread for what must be ready before it is needed and must not slow a lane: preparing the next segment.
final class BackgroundWork: Sendable {
    private let logs: [FileBatchLog]
    private let signal = Signal()
    private let stopped = Locked(false)
    private let thread = Locked<WorkerThread?>(nil)

    init(logs: [any BatchLog], runs: Bool) {
        self.logs = logs.compactMap { $0 as? FileBatchLog }
        guard runs, !self.logs.isEmpty else { return }
        let started = WorkerThread(name: "hf-prepare") { [self] in loop() }
        thread.with { $0 = started }
    }

    /// Called after each commit: cheap unless a segment has begun to fill.
    func wake() {
        if logs.contains(where: { !$0.isPreparedAhead }) { signal.raise() }
    }

    func stop() {
        stopped.with { $0 = true }
        signal.raise()
        let running = thread.with { thread in
            defer { thread = nil }
            return thread
        }
        running?.join()
    }

    private func loop() {
        hf_background_thread()
        while !stopped.with({ $0 }) {
            let ticket = signal.ticket
            // A full disk is not reported here: whoever needs the segment meets it, and says so to a caller.
            for log in logs where !log.isPreparedAhead { try? log.prepareAhead() }
            signal.wait(after: ticket)
        }
    }
}
