private import Synchronization

/// When a log takes snapshots by itself, so that opening never has to replay more than a part of what it holds.
package struct SnapshotPolicy: Sendable {
    /// Events since the last snapshot below which none is taken.
    package var eventsMin: UInt64
    /// A snapshot costs as much as the state has entries, a replay as much as there are events. At an eighth, a
    /// snapshot adds eight entries written to each event, at 15 to 20 ns each, and opening replays at most an eighth of
    /// what it loads; an event to replay takes as long as 15 entries to load.
    package var entriesPerEvent: UInt64

    package init(eventsMin: UInt64, entriesPerEvent: UInt64) {
        self.eventsMin = eventsMin
        self.entriesPerEvent = entriesPerEvent
    }

    /// Four million events are replayed in one to two seconds.
    package static let automatic = SnapshotPolicy(eventsMin: 4_000_000, entriesPerEvent: 8)

    func threshold(entries: Int) -> UInt64 { max(eventsMin, UInt64(entries) / entriesPerEvent) }
}

/// The thread that watches how far the log has come since its last snapshot.
final class AutomaticSnapshots: Sendable {
    private let due: Atomic<UInt64>
    private let reached: Atomic<UInt64>
    private let thread = WokenThread()

    init(firstDue: UInt64) {
        due = Atomic(firstDue)
        reached = Atomic(0)
    }

    /// `check` is called when the log has come to a position that is due, and returns the next one.
    func start(_ check: @escaping @Sendable (_ position: UInt64) -> UInt64) {
        thread.start("hf-snapshots") { [self] in
            let position = reached.load(ordering: .acquiring)
            guard position >= due.load(ordering: .relaxed) else { return false }
            due.store(check(position), ordering: .relaxed)
            return true
        }
    }

    /// Called after each commit; nearly always two loads and a store.
    func logReached(_ position: UInt64) {
        reached.store(position, ordering: .releasing)
        if position >= due.load(ordering: .relaxed) { thread.wake() }
    }

    func stop() { thread.stop() }
}

extension LaneEngine {
    /// From now on snapshots are taken as the policy says. `behind` events are not in the newest one yet.
    package func takeSnapshots(
        _ policy: SnapshotPolicy, behind: UInt64, at places: [FileBatchLog.Place], on disk: any Disk
    ) {
        guard drive == .threads else { return }
        let start = durable.mark.position
        let covered = start - min(start, behind)
        let watch = AutomaticSnapshots(firstDue: covered + policy.eventsMin)
        automatic.with { $0 = watch }
        let last = Locked(covered)
        watch.start { [unowned self] position in
            let entries = lanes.reduce(0) { sum, lane in
                lane.lock.lock()
                defer { lane.lock.unlock() }
                return sum + lane.machine.stateEntries
            }
            let threshold = policy.threshold(entries: entries)
            let covered = last.with { $0 }
            guard position - covered >= threshold else { return covered + threshold }
            // One that fails leaves the older one in force; it is tried again after as many events more.
            if snapshotNow(at: places, on: disk) { last.with { $0 = position } }
            return position + threshold
        }
        watch.logReached(start)
    }

    private func snapshotNow(at places: [FileBatchLog.Place], on disk: any Disk) -> Bool {
        do throws(LogError) {
            let jobs = try startSnapshots(at: places, on: disk)
            return jobs.reduce(true) { $1.waitUntilOver() && $0 }
        } catch {
            return false
        }
    }
}
