private import Glibc
internal import HoldfastLog
private import Synchronization

/// Looks at a run once a second, from a thread of its own: the series of the result, and what the dashboard shows.
final class Sampler: Sendable {
    /// What the run says of itself at one moment.
    struct Reading: Sendable {
        var done = 0
        var logBytes: UInt64 = 0
        /// Events that whoever follows the log is behind, where somebody does.
        var lag: Int?
    }

    /// One second of the run.
    struct Sample: Sendable {
        /// Since the run began.
        var seconds = 0.0
        var done = 0
        var perSecond = 0.0
        var logBytes: UInt64 = 0
        var logBytesPerSecond = 0.0
        var residentBytes = 0
        var cores = 0.0
        var latency = LatencySummary([])
        var lag: Int?
    }

    private let read: @Sendable () -> Reading
    private let latencies: Histogram
    private let dashboard: Dashboard
    private let taken = Locked<[Sample]>([])
    private let isOver = Atomic(false)
    private let thread = Locked<WorkerThread?>(nil)

    private static let interval: Int64 = 1_000_000_000

    init(latencies: Histogram, dashboard: Dashboard, _ read: @escaping @Sendable () -> Reading) {
        self.read = read
        self.latencies = latencies
        self.dashboard = dashboard
    }

    func start() {
        let worker = WorkerThread(name: "hf-watch") { [self] in run() }
        thread.with { $0 = worker }
    }

    /// Ends the watching and gives the seconds that were seen; the last, partial one is not among them.
    func stop() -> [Sample] {
        isOver.store(true, ordering: .relaxed)
        let worker = thread.with { thread in
            defer { thread = nil }
            return thread
        }
        worker?.join()
        dashboard.clear()
        return taken.with { $0 }
    }

    private func run() {
        let start = Machine.nanoseconds
        var last = (at: start, reading: read(), cpu: Machine.cpuSeconds)
        let first = last.reading
        var counts: [Int] = []
        _ = latencies.summary(since: &counts)
        var next = start + Self.interval
        while !isOver.load(ordering: .relaxed) {
            var pause = timespec(tv_sec: 0, tv_nsec: 20_000_000)
            nanosleep(&pause, nil)
            let now = Machine.nanoseconds
            if now < next { continue }
            next = max(next + Self.interval, now)
            let reading = read()
            let cpu = Machine.cpuSeconds
            let seconds = Double(now - last.at) / 1e9
            var sample = Sample()
            sample.seconds = Double(now - start) / 1e9
            sample.done = reading.done - first.done
            sample.perSecond = Double(reading.done - last.reading.done) / seconds
            sample.logBytes = reading.logBytes - min(first.logBytes, reading.logBytes)
            sample.logBytesPerSecond = Double(reading.logBytes - min(reading.logBytes, last.reading.logBytes)) / seconds
            sample.residentBytes = Machine.residentBytes
            sample.cores = (cpu - last.cpu) / seconds
            sample.latency = latencies.summary(since: &counts)
            sample.lag = reading.lag
            last = (now, reading, cpu)
            taken.with { $0.append(sample) }
            dashboard.show(sample)
        }
    }

    /// For the result's JSON and the report's pictures.
    static func series(_ samples: [Sample]) -> [BenchReport.Series] {
        var series = [
            BenchReport.Series(name: "seconds", values: samples.map(\.seconds)),
            .init(name: "tx_per_second", values: samples.map(\.perSecond)),
            .init(name: "latency_p50_ms", values: samples.map { Double($0.latency.p50) / 1e6 }),
            .init(name: "latency_p99_ms", values: samples.map { Double($0.latency.p99) / 1e6 }),
            .init(name: "log_bytes_per_second", values: samples.map(\.logBytesPerSecond)),
            .init(name: "resident_bytes", values: samples.map { Double($0.residentBytes) }),
            .init(name: "cores", values: samples.map(\.cores)),
        ]
        if samples.contains(where: { $0.lag != nil }) {
            series.append(.init(name: "lag_events", values: samples.map { Double($0.lag ?? 0) }))
        }
        return series
    }
}
