private import Synchronization

/// Latencies in nanoseconds, kept with a relative error below 1.6% in 64 linear steps for each power of two: the
/// scheme of HDR histograms. Recording is one atomic add, so any thread may.
package final class Histogram: Sendable {
    private static let stepBits = 6
    private static let buckets = 64 << stepBits
    private let counts: [Counter]
    private let largest = Atomic<Int64>(0)

    private final class Counter: Sendable {
        let value = Atomic<Int>(0)
    }

    package init() { counts = (0..<Self.buckets).map { _ in Counter() } }

    package func record(_ nanoseconds: Int64) {
        let value = max(0, nanoseconds)
        counts[Self.bucket(UInt64(value))].value.wrappingAdd(1, ordering: .relaxed)
        largest.max(value, ordering: .relaxed)
    }

    private static func bucket(_ value: UInt64) -> Int {
        let magnitude = max(0, 63 - value.leadingZeroBitCount - stepBits)
        return (magnitude << stepBits) + Int(value >> UInt64(magnitude))
    }

    /// The largest value that falls in a bucket.
    private static func upperBound(_ bucket: Int) -> Int64 {
        let magnitude = max(0, (bucket >> stepBits) - 1)
        let step = bucket - (magnitude << stepBits)
        return Int64((UInt64(step) + 1) << UInt64(magnitude)) - 1
    }

    package var count: Int { counts.reduce(0) { $0 + $1.value.load(ordering: .relaxed) } }
    package var maximum: Int64 { largest.load(ordering: .relaxed) }

    /// The value that `share` of all recorded ones do not exceed.
    package func percentile(_ share: Double) -> Int64 {
        let total = count
        if total == 0 { return 0 }
        let wanted = max(1, Int((Double(total) * share).rounded(.up)))
        var seen = 0
        for (index, counter) in counts.enumerated() {
            seen += counter.value.load(ordering: .relaxed)
            if seen >= wanted { return min(Self.upperBound(index), maximum) }
        }
        return maximum
    }

    package var summary: LatencySummary {
        LatencySummary(
            p50: percentile(0.5), p99: percentile(0.99), p999: percentile(0.999), max: maximum, count: count)
    }
}

package struct LatencySummary: Sendable {
    package let p50: Int64
    package let p99: Int64
    package let p999: Int64
    package let max: Int64
    package let count: Int
}
