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

    private let waited: () -> Int64?
    private let hours: Hours
    private var lookedAt: Int64
    private var waitedBefore: Int64
    private var pause = pauseMin

    static let lookEvery: Int64 = 5_000_000
    static let pauseMin: Int64 = 10_000_000
    static let pauseMax: Int64 = 160_000_000
    private static let nap: Int64 = 10_000_000

    /// `waited` says how long the lanes have waited for a core so far; nil where nobody knows, and then nothing is done.
    init(waited: @escaping () -> Int64?, hours: Hours = Hours()) {
        self.waited = waited
        self.hours = hours
        lookedAt = hours.now()
        waitedBefore = waited() ?? 0
    }

    /// To be called often in the midst of the work. Returns at once unless the lanes had to wait for a core for more than
    /// a tenth of the time; then once they have not, or when `mayWait` says that it is enough. Each time that going on
    /// leaves them short again, the pause is longer.
    func standAside(while mayWait: () -> Bool) {
        guard hours.now() - lookedAt >= Self.lookEvery else { return }
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
        guard let waited = waited() else { return false }
        defer {
            lookedAt = now
            waitedBefore = waited
        }
        return (waited - waitedBefore) * 10 > now - lookedAt
    }
}
