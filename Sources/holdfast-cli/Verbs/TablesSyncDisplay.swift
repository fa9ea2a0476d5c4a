import HoldfastTables
import HoldfastText

/// Says on standard error how far `tables sync` is: a progress line while it catches up; while it follows, the rate
/// and the lag every few seconds, and at once which shard fails and why.
final class SyncDisplay {
    private let follow: Bool
    private let progress: Progress
    private var failing: [Int: String] = [:]
    private var shownEvents = 0
    private var shownAt: UInt64
    private static let intervalNanoseconds: UInt64 = 5_000_000_000

    init(follow: Bool) {
        self.follow = follow
        progress = Progress.onStandardError("tables sync", unit: .things("events"))
        shownAt = SystemCalls.monotonicNanoseconds()
    }

    func show(_ sync: TablesSync) {
        if follow { showLag(sync) } else { showProgress(sync.takeStatus()) }
    }

    private func showProgress(_ status: SyncStatus) {
        sayWhatFails(status)
        progress.setTotal(Int(status.lagRows) + status.events)
        progress.update(done: status.events)
    }

    private func showLag(_ sync: TablesSync) {
        let now = SystemCalls.monotonicNanoseconds()
        guard now - shownAt >= Self.intervalNanoseconds else { return }
        let status = sync.takeStatus()
        sayWhatFails(status)
        let rate = Double(status.events - shownEvents) / (Double(now - shownAt) / 1e9)
        let lag =
            status.lagRows == 0
            ? "up to date"
            : "lag \(Human.count(Int(status.lagRows))) events, \(Human.duration(milliseconds: status.lagMilliseconds))"
        say("\(Human.count(status.events)) events, \(Human.rate(rate, of: "events")), \(lag)")
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

    func finish(_ status: SyncStatus) {
        progress.finish(summary: "\(Human.count(status.events)) events, up to \(status.position)")
        if status.deadLetters > 0 {
            say("\(status.deadLetters) events could not be projected; `holdfast tables dead-letters` lists them")
        }
    }

    private func say(_ text: String) {
        var error = BufferedWriter.standardError()
        try? error.writeLine("tables sync: \(text)")
        try? error.flush()
    }
}
