private import Glibc
internal import Holdfast
internal import HoldfastLog
internal import HoldfastTables

/// The tables of a ledger, kept up to date while it is under load, as an operator would have it, and how far behind
/// they are: in events, and in time from an event's durability to its commit in the tables.
final class TablesFollower: Sendable {
    private struct State {
        /// When the log had come to which position; what the tables have passed is forgotten.
        var marks: [(at: Int64, position: UInt64)] = []
        /// Of the last mark that they passed.
        var passedAt = Machine.nanoseconds
        var position: UInt64 = 0
        var failure: TablesError?
    }

    private let sync: TablesSync
    private let ledger: Ledger
    private let state = Locked(State())
    private let thread = Locked<WorkerThread?>(nil)
    let lags = Histogram()

    static let threadName = "hf-tables"

    init(_ ledger: Ledger, at directory: String, into tables: String) throws(TablesError) {
        self.ledger = ledger
        sync = try TablesSync(ledger: directory, into: tables)
    }

    func start() {
        let worker = WorkerThread(name: Self.threadName) { [self] in
            do throws(TablesError) {
                // Called ten times a second.
                try sync.run(following: true) { note($0) }
            } catch {
                state.with { $0.failure = error }
            }
        }
        thread.with { $0 = worker }
    }

    /// Everything that was durable at the last mark passed is in the tables: they are behind by its age at most.
    private func note(_ status: SyncStatus) {
        let now = Machine.nanoseconds
        let end = ledger.lastPosition
        let lag = state.with { state in
            state.position = status.position
            state.marks.append((now, end))
            let passed = state.marks.prefix { $0.position <= status.position }.count
            if passed > 0 { state.passedAt = state.marks[passed - 1].at }
            state.marks.removeFirst(passed)
            return status.position >= end ? 0 : now - state.passedAt
        }
        lags.record(lag)
    }

    /// Events that the tables do not have yet.
    var eventsBehind: Int {
        let position = state.with { $0.position }
        return Int(ledger.lastPosition) - Int(min(position, ledger.lastPosition))
    }

    /// Returns when the tables have everything that is durable now.
    func catchUp() throws(TablesError) {
        let end = ledger.lastPosition
        while true {
            let (position, failure) = state.with { ($0.position, $0.failure) }
            if let failure { throw failure }
            if position >= end { return }
            usleep(5_000)
        }
    }

    func stop() throws(TablesError) {
        sync.stop()
        let worker = thread.with { thread in
            defer { thread = nil }
            return thread
        }
        worker?.join()
        if let failure = state.with({ $0.failure }) { throw failure }
    }
}
