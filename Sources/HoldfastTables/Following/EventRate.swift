private import CHoldfast
private import Glibc

/// How many events a second came lately.
struct EventRate {
    private var begun = hf_monotonic_ns()
    private var counted = 0
    private var latest = 0.0
    private static let windowNanoseconds: Int64 = 200_000_000

    mutating func count(_ events: Int) { counted += events }

    mutating func perSecond(_ now: Int64) -> Int {
        if now - begun >= Self.windowNanoseconds {
            latest = Double(counted) * 1e9 / Double(now - begun)
            begun = now
            counted = 0
        }
        return Int(latest)
    }
}

enum Pause {
    static func milliseconds(_ count: Int) { usleep(UInt32(count) * 1_000) }
}
