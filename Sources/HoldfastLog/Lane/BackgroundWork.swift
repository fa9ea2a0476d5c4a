/// The thread for what must be ready before it is needed and must not slow a lane: preparing the next segment.
final class BackgroundWork: Sendable {
    private let logs: [FileBatchLog]
    private let thread = WokenThread()

    init(logs: [any BatchLog], runs: Bool) {
        self.logs = logs.compactMap { $0 as? FileBatchLog }
        guard runs, !self.logs.isEmpty else { return }
        thread.start("hf-prepare", .background) { [logs = self.logs] in
            // A full disk is not reported here: whoever needs the segment meets it, and says so to a caller.
            for log in logs where !log.isPreparedAhead { try? log.prepareAhead() }
            return false
        }
    }

    /// Called after each commit: cheap unless a segment has begun to fill.
    func wake() {
        if logs.contains(where: { !$0.isPreparedAhead }) { thread.wake() }
    }

    func stop() { thread.stop() }
}
