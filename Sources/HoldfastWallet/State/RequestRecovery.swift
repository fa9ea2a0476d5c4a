import CHoldfast
import HoldfastLog
import HoldfastMemory

extension RequestMemory {
    /// Asks for the lines that a record's names lead to.
    @inline(__always)
    func fetchPages(_ entry: UnsafeMutablePointer<RecoveryEntry>) {
        let kind = entry.pointee.event.kind
        if kind.isCommand { pages.prefetchPage(entry.pointee.place.requestHash) }
        if kind.changesTarget { pages.prefetchPage(entry.pointee.place.targetHash) }
    }

    /// Takes in what a record says of requests, when time has come to `time`. False when there is no room.
    @inline(__always)
    mutating func takeIn(
        _ entry: UnsafeMutablePointer<RecoveryEntry>, _ window: inout RequestWindow, _ time: Int64
    ) -> Bool {
        window.note(time, logEndsAt: entry.pointee.place.address)
        setRange(from: window.floor, upTo: entry.pointee.place.address)
        return remember(&entry.pointee.event, &entry.pointee.place)
    }
}

/// Request memory while it is lent: nothing in it depends on players, nor they on it, so recovery fills it on a thread
/// of its own. It is a third of what taking in an event costs.
struct RequestRecovery: ~Copyable {
    private var requests: RequestMemory
    private var window: RequestWindow
    private var latestTime: Int64
    private let seed: UInt64
    private let entries: UnsafeMutablePointer<RecoveryEntry>

    /// The state keeps an empty memory meanwhile.
    init(lentBy state: inout WalletState) {
        requests = RequestMemory(capacity: 1)
        window = state.window
        latestTime = state.latestTime
        seed = state.seed
        entries = .allocate(capacity: RecoveryEntry.onTheirWayMax)
        entries.initialize(repeating: RecoveryEntry(), count: RecoveryEntry.onTheirWayMax)
        swap(&requests, &state.requests)
        state.requestsAreLent = true
    }

    deinit { entries.deallocate() }

    mutating func giveBack(to state: inout WalletState) {
        swap(&requests, &state.requests)
        state.window = window
        state.requestsAreLent = false
    }

    mutating func apply(_ records: UnsafeBufferPointer<PlacedRecord>) throws(LogError) {
        var done = 0
        while done < records.count {
            let group = min(RecoveryEntry.onTheirWayMax, records.count - done)
            var count = 0
            for index in 0..<group where read(records[done + index], into: entries + count) { count += 1 }
            for index in 0..<count { requests.fetchPages(entries + index) }
            for index in 0..<count {
                latestTime = max(latestTime, entries[index].event.time)
                guard requests.takeIn(entries + index, &window, latestTime) else { throw requests.fullError }
            }
            done += group
        }
    }

    /// False for what is no event: whoever applies it says so.
    @inline(__always)
    private func read(_ placed: PlacedRecord, into entry: UnsafeMutablePointer<RecoveryEntry>) -> Bool {
        entry.pointee.event = WalletEvent()
        entry.pointee.place = EventPlace(address: placed.address, player: 0)
        do throws(MalformedEvent) {
            try entry.pointee.event.readNames(placed.record)
        } catch {
            return false
        }
        let key = placed.record.key
        let hash = hf_hash64(key.baseAddress, key.count, seed)
        if entry.pointee.event.requestID.count > 0 {
            entry.pointee.place.requestHash = requestHash(entry.pointee.event.requestID, of: hash)
        }
        if entry.pointee.event.target.count > 0 {
            entry.pointee.place.targetHash = requestHash(entry.pointee.event.target, of: hash)
        }
        return true
    }
}

/// A machine's request memory, on loan.
final class LentRequests: RecoveryShare, @unchecked Sendable {
    // @unchecked: used by the thread that it is lent to until that has ended, and then given back.
    private var recovery: RequestRecovery
    private let machine: WalletMachine

    init(of machine: WalletMachine) {
        self.machine = machine
        recovery = machine.withState { RequestRecovery(lentBy: &$0) }
    }

    func apply(_ records: UnsafeBufferPointer<PlacedRecord>) throws(LogError) { try recovery.apply(records) }
    func giveBack() { machine.withState { recovery.giveBack(to: &$0) } }
}
