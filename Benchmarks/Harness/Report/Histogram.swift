private import Synchronization

/// Latencies in nanoseconds, kept with a relative error below 1.6% in 64 linear steps for each power of two: the
/// scheme of HDR histograms. Recording is one atomic add, so any thread may.
package final class Histogram: Sendable {
    private static let stepBits = 6
    private static let buckets = 64 << stepBits
    // Constant, and atomics behind it.
    private nonisolated(unsafe) let counts: UnsafeMutablePointer<Atomic<Int>>
    private let largest = Atomic<Int64>(0)

    package init() {
        counts = .allocate(capacity: Self.buckets)
        for bucket in 0..<Self.buckets { (counts + bucket).initialize(to: Atomic(0)) }
    }

    deinit {
        counts.deinitialize(count: Self.buckets)
        counts.deallocate()
    }

    package func record(_ nanoseconds: Int64, times: Int = 1) {
        let value = max(0, nanoseconds)
        counts[Self.bucket(UInt64(value))].wrappingAdd(times, ordering: .relaxed)
        largest.max(value, ordering: .relaxed)
    }

    /// Forgets everything.
    package func reset() {
        for bucket in 0..<Self.buckets { counts[bucket].store(0, ordering: .relaxed) }
        largest.store(0, ordering: .relaxed)
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

    /// What was recorded up to now.
    package var summary: LatencySummary {
        let counts = (0..<Self.buckets).map { self.counts[$0].load(ordering: .relaxed) }
        return Self.summary(counts, max: largest.load(ordering: .relaxed))
    }

    /// What was recorded since an earlier look at it. The maximum is that of its highest bucket.
    package func summary(since earlier: inout [Int]) -> LatencySummary {
        let counts = (0..<Self.buckets).map { self.counts[$0].load(ordering: .relaxed) }
        let fresh = earlier.isEmpty ? counts : zip(counts, earlier).map { $0 - $1 }
        earlier = counts
        return Self.summary(fresh, max: largest.load(ordering: .relaxed))
    }

    private static func summary(_ counts: [Int], max: Int64) -> LatencySummary {
        var buckets: [LatencySummary.Bucket] = []
        for (bucket, count) in counts.enumerated() where count > 0 {
            buckets.append(.init(upTo: min(upperBound(bucket), max), count: count))
        }
        return LatencySummary(buckets)
    }
}

/// How long things took, in nanoseconds: the filled buckets of a histogram, from short to long.
package struct LatencySummary: Sendable {
    package struct Bucket: Sendable, Equatable {
        /// The longest time that is counted here.
        package let upTo: Int64
        package let count: Int

        package init(upTo: Int64, count: Int) {
            self.upTo = upTo
            self.count = count
        }
    }

    package let buckets: [Bucket]
    package let count: Int

    package init(_ buckets: [Bucket]) {
        self.buckets = buckets
        count = buckets.reduce(0) { $0 + $1.count }
    }

    package var p50: Int64 { percentile(0.5) }
    package var p99: Int64 { percentile(0.99) }
    package var p999: Int64 { percentile(0.999) }
    package var max: Int64 { buckets.last?.upTo ?? 0 }

    /// The value that `share` of all recorded ones do not exceed.
    package func percentile(_ share: Double) -> Int64 {
        let wanted = Swift.max(1, Int((Double(count) * share).rounded(.up)))
        var seen = 0
        for bucket in buckets {
            seen += bucket.count
            if seen >= wanted { return bucket.upTo }
        }
        return max
    }
}
