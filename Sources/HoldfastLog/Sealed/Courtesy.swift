internal import CHoldfast
private import Glibc

/// Has background work stand aside while the lanes are short of cores.
///
/// The lowest priority is not enough for that: such work runs whenever a core is free for a moment, between two batches
/// of a pipeline that is at its limit, and then has the caches and the memory to itself. What it took so was a fifth of
/// the lanes' throughput on two cores.
final class Courtesy {
    /// Time passing, as the tests pass it.
    struct Hours {
        var now: () -> Int64 = { hf_monotonic_ns() }
        var nap: (_ nanoseconds: Int64) -> Void = { usleep(UInt32($0 / 1_000)) }
    }

    private let waits: () -> [CoreWaits.Account]?
    private let hours: Hours
    private var lookedAt: Int64
    private var before: [CoreWaits.Account]?
    private var pause = pauseMin

    static let lookEvery: Int64 = 5_000_000
    static let pauseMin: Int64 = 10_000_000
    static let pauseMax: Int64 = 160_000_000
    private static let nap: Int64 = 10_000_000
    /// What a thread may wait at each of its turns on a machine with idle cores: until one of them is awake.
    static let wakeMax: Int64 = 50_000

    /// `waits` says how long each of the lanes' threads has waited for a core so far; nil where nobody knows, and then
    /// nothing is done.
    init(waits: @escaping () -> [CoreWaits.Account]?, hours: Hours = Hours()) {
        self.waits = waits
        self.hours = hours
        lookedAt = hours.now()
        before = waits()
    }

    /// To be called often in the midst of the work. Returns at once unless one of the threads had to wait for a core for
    /// more than a tenth of the time; then once none has, or when `mayWait` says that it is enough. Each time that going
    /// on leaves them short again, the pause is longer.
    func standAside(while mayWait: () -> Bool) {
        guard before != nil, hours.now() - lookedAt >= Self.lookEvery else { return }
        guard areShort else {
            pause = max(pause / 2, Self.pauseMin)
            return
        }
        repeat {
            let end = hours.now() + pause
            while hours.now() < end {
                guard mayWait() else { return }
                hours.nap(Self.nap)
            }
            pause = min(2 * pause, Self.pauseMax)
        } while areShort
    }

    private var areShort: Bool {
        let now = hours.now()
        let accounts = waits()
        defer {
            lookedAt = now
            before = accounts
        }
        guard let accounts, let before, accounts.count == before.count else { return false }
        return zip(accounts, before).contains { account, before in
            let waking = (account.turns - before.turns) * Self.wakeMax
            return (account.nanoseconds - before.nanoseconds - waking) * 10 > now - lookedAt
        }
    }
}
