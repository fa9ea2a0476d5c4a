internal import HoldfastLog
internal import HoldfastTables

/// Keeps tables up to date with the ledger, as `holdfast tables sync --follow` does, on a thread of its own. What keeps it
/// from that is noted, and tried again after pauses that grow; single shards that fail it tries again by itself.
final class TablesFollower: Sendable {
    struct State: Sendable {
        /// Events that the tables have, as far as every shard has them.
        var position: UInt64 = 0
        var lagRows: UInt64 = 0
        var deadLetters = 0
        /// Shards that fail, and why.
        var failing: [Int: String] = [:]
        /// Whether they were there at all, or made, since the start; or could not be.
        var wereTried = false
        /// Why it does not follow at all at the moment.
        var failure: String?
        var failures = 0
    }

    private let ledger: String
    private let plan: ServiceConfiguration.TablesPlan
    private let log: ServiceLog
    private let shared = Locked(State())
    private let stopping = Locked(false)
    private let sync = Locked<TablesSync?>(nil)
    private let wake = Signal()
    private let tried = Signal()
    private let thread = Locked<WorkerThread?>(nil)
    private static let pauseMilliseconds: Int64 = 1_000
    private static let pauseMillisecondsMax: Int64 = 60_000

    init(_ ledger: String, _ plan: ServiceConfiguration.TablesPlan, log: ServiceLog) {
        self.ledger = ledger
        self.plan = plan
        self.log = log
    }

    var directory: String { plan.directory }
    var state: State { shared.with { $0 } }

    /// The longest time that an event was in the log and not in the tables since the last call.
    func takeLagMilliseconds() -> Int64? { sync.with { $0 }?.takeStatus().lagMilliseconds }

    func start() {
        let started = WorkerThread(name: "hf-tables") { [self] in
            while !stopping.with({ $0 }) {
                let ticket = wake.ticket
                do throws(TablesError) {
                    try follow()
                } catch {
                    wake.wait(after: ticket, nanoseconds: note(error) * 1_000_000)
                }
            }
        }
        thread.with { $0 = started }
    }

    private func follow() throws(TablesError) {
        let sync = try TablesSync(ledger: ledger, into: plan.directory, shards: plan.shards)
        self.sync.with { $0 = sync }
        noteTried()
        defer { self.sync.with { $0 = nil } }
        // A stop that came meanwhile did not find it.
        if stopping.with({ $0 }) { return }
        try sync.run(following: true) { [self] status in
            let news = shared.with { state -> [String] in
                let worse = status.failing.filter { state.failing[$0.key] != $0.value }
                let better = state.failing.keys.filter { status.failing[$0] == nil }
                state.position = status.position
                state.lagRows = status.lagRows
                state.deadLetters = status.deadLetters
                state.failing = status.failing
                state.failure = nil
                state.failures = 0
                return worse.sorted { $0.key < $1.key }.map { "shard \($0.key) waits: \($0.value)" }
                    + better.sorted().map { "shard \($0) goes on" }
            }
            for text in news { log.say("tables: \(text)") }
        }
    }

    private func noteTried() {
        shared.with { $0.wereTried = true }
        tried.raise()
    }

    /// Returns once the tables are there, or could not be made.
    func awaitTables(_ mayGoOn: () -> Bool) {
        while mayGoOn() {
            let ticket = tried.ticket
            if state.wereTried { return }
            tried.wait(after: ticket, nanoseconds: 100_000_000)
        }
    }

    /// How long to wait before it is tried again.
    private func note(_ error: TablesError) -> Int64 {
        log.say("tables: \(error)")
        noteTried()
        return shared.with { state in
            state.failure = "\(error)"
            state.failures += 1
            return min(Self.pauseMillisecondsMax, Self.pauseMilliseconds << Int64(min(state.failures - 1, 20)))
        }
    }

    /// Ends it once what it has read is written.
    func stop() {
        stopping.with { $0 = true }
        sync.with { $0 }?.stop()
        wake.raise()
        thread.with { $0 }?.join()
    }
}
