package import HoldfastText

/// Says how far `tables sync` is. While it catches up that is a progress line. While it follows it is one line with the
/// rate and the lag: redrawn each second on a terminal, every five seconds elsewhere. Which shard fails, and why, is
/// said at once.
package final class SyncDisplay {
    private let follow: Bool
    private let clock: @Sendable () -> UInt64
    private let progress: Progress
    private var line: StatusLine
    private let startedAt: UInt64
    private var failing: [Int: String] = [:]
    private var shownEvents = 0
    private var shownAt: UInt64
    private static let redrawInterval: UInt64 = 1_000_000_000

    /// `clock` gives monotonic nanoseconds, `sink` takes text as it should appear.
    package init(
        follow: Bool, display: Progress.Display, clock: @escaping @Sendable () -> UInt64,
        sink: @escaping @Sendable (String) -> Void
    ) {
        self.follow = follow
        self.clock = clock
        startedAt = clock()
        shownAt = startedAt
        progress = Progress("tables sync", unit: .things("events"), display: display, clock: clock, sink: sink)
        line = StatusLine(display, redrawInterval: Self.redrawInterval, from: startedAt, sink: sink)
    }

    /// A run that ends by a thrown error leaves a clean line for its message.
    deinit { line.clear() }

    package static func onStandardError(follow: Bool) -> SyncDisplay {
        SyncDisplay(
            follow: follow, display: StandardError.display, clock: SystemCalls.monotonicNanoseconds,
            sink: StandardError.put)
    }

    /// Takes how things are. `takeStatus` gives the same with the longest lag since its last call, which is asked for
    /// when a line is due.
    package func show(_ status: SyncStatus, taking takeStatus: () -> SyncStatus) {
        let now = clock()
        if follow {
            sayWhatFails(status)
            if line.isDue(now) { showLag(takeStatus(), now) }
        } else {
            // A short run says what fails once, at its end.
            if now - startedAt >= Progress.patience { sayWhatFails(status) }
            progress.setTotal(Int(status.lagRows) + status.events)
            progress.update(done: status.events)
        }
    }

    private func showLag(_ status: SyncStatus, _ now: UInt64) {
        let rate = Double(status.events - shownEvents) / (Double(now - shownAt) / 1e9)
        let lag =
            status.lagRows == 0
            ? "up to date"
            : "lag \(Human.count(Int(status.lagRows))) events, \(Human.duration(milliseconds: status.lagMilliseconds))"
        // One that fails from the beginning has no lag that anybody knows.
        let waiting = status.failing.isEmpty ? "" : ", without \(status.failing.count) of the shards"
        line.show(
            "tables sync: \(Human.count(status.events)) events, \(Human.rate(rate, of: "events")), \(lag)\(waiting)",
            at: now)
        shownAt = now
        shownEvents = status.events
    }

    private func sayWhatFails(_ status: SyncStatus) {
        for (shard, error) in status.failing.sorted(by: { $0.key < $1.key }) where failing[shard] != error {
            say("shard \(shard) waits: \(error)")
        }
        for shard in failing.keys.sorted() where status.failing[shard] == nil { say("shard \(shard) goes on") }
        failing = status.failing
    }

    package func finish(_ status: SyncStatus) {
        line.clear()
        progress.finish(summary: "\(Human.count(status.events)) events, up to \(status.position)")
        if status.deadLetters > 0 {
            say("\(status.deadLetters) events could not be projected; `holdfast tables dead-letters` lists them")
        }
    }

    private func say(_ text: String) {
        if follow { line.say("tables sync: \(text)") } else { progress.say("tables sync: \(text)") }
    }
}
