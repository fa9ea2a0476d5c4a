internal import HoldfastLog
internal import HoldfastText

/// Measures the event store: how fast events become durable in bulk and one by one, how long a commit takes at a
/// set rate, how fast the log is read and recovered. Durable means synced; the cost of making the events is inside.
package struct LogBench: Sendable {
    package struct Plan: Sendable {
        package var directory: String
        package var events: Int
        package var streams: Int
        package var payloadBytes = 100
        package var seconds: Double
        package var runs: Int
        /// One part of it, or all.
        package var only: Part?

        package enum Part: String, CaseIterable, Sendable { case bulk, callers, latency, reading }

        func includes(_ part: Part) -> Bool { only == nil || only == part }

        package init(directory: String, events: Int, streams: Int, seconds: Double, runs: Int, only: Part? = nil) {
            self.only = only
            self.directory = directory
            self.events = events
            self.streams = streams
            self.seconds = seconds
            self.runs = runs
        }
    }

    private let plan: Plan
    private static let perBatch = 4_096
    private static let batchesUnderWay = 16

    package init(_ plan: Plan) { self.plan = plan }

    package func run() async throws -> BenchReport {
        var report = BenchReport(
            "log",
            parameters: [
                ("events", plan.events), ("streams", plan.streams), ("payload bytes", plan.payloadBytes),
                ("runs", plan.runs),
            ])
        var store = try await EventStore.open(at: plan.directory)
        if plan.includes(.bulk) { try await repeated(&report) { try await bulk(store) } }
        if plan.includes(.callers) {
            for callers in [1, 64] { try await repeated(&report) { try await oneByOne(store, callers: callers) } }
        }
        if plan.includes(.latency) {
            for rate in [10_000, 100_000] { try await repeated(&report) { try await latency(store, perSecond: rate) } }
        }
        if plan.includes(.reading) { try await repeated(&report) { try read(store) } }
        await store.close()
        guard plan.includes(.reading) else { return report }
        var reopenings: [BenchReport.Rate] = []
        for _ in 0..<plan.runs {
            let meter = BenchReport.Meter()
            store = try await EventStore.open(at: plan.directory)
            reopenings.append(meter.rate("recovery by replay", count: Int(store.opened.eventsReplayed)))
            await store.close()
        }
        report.addMedian(of: reopenings)
        return report
    }

    private func repeated(
        _ report: inout BenchReport, _ body: () async throws -> BenchReport.Rate
    ) async throws {
        var rates: [BenchReport.Rate] = []
        for _ in 0..<plan.runs { rates.append(try await body()) }
        report.addMedian(of: rates)
    }

    // MARK: Writing

    /// Batches of 4 096 events to many streams, several batches under way.
    private func bulk(_ store: EventStore) async throws -> BenchReport.Rate {
        let batches = (plan.events + Self.perBatch - 1) / Self.perBatch
        let recordBytes = RecordLayout.size(key: 16, payload: plan.payloadBytes, metadata: 0)
        let meter = BenchReport.Meter()
        try await withThrowingTaskGroup(of: AppendBatch.self) { group in
            var spare: [AppendBatch] = []
            var sent = 0
            var underWay = 0
            while sent < batches || underWay > 0 {
                if sent < batches, underWay < Self.batchesUnderWay {
                    var batch = spare.popLast() ?? AppendBatch()
                    try fill(&batch, from: sent * Self.perBatch, count: Self.perBatch)
                    let full = batch
                    group.addTask {
                        for result in try await store.append(full).prefix(1) { _ = try result.get() }
                        return full
                    }
                    sent += 1
                    underWay += 1
                } else if var done = try await group.next() {
                    done.removeAll()
                    spare.append(done)
                    underWay -= 1
                }
            }
        }
        let count = batches * Self.perBatch
        return meter.rate("in bulk", count: count, bytes: count * recordBytes)
    }

    private func fill(_ batch: inout AppendBatch, from first: Int, count: Int) throws(LogError) {
        var generator = UInt64(truncatingIfNeeded: first) &* 0x9E37_79B9_7F4A_7C15 | 1
        var failure: LogError?
        withUnsafeTemporaryAllocation(byteCount: 16 + plan.payloadBytes, alignment: 8) { raw in
            let key = UnsafeRawBufferPointer(rebasing: raw[..<16])
            let payload = UnsafeRawBufferPointer(rebasing: raw[16...])
            for offset in 16..<raw.count { raw[offset] = UInt8(truncatingIfNeeded: offset &* 31) }
            for index in first..<first + count {
                generator ^= generator << 13
                generator ^= generator >> 7
                generator ^= generator << 17
                let stream = generator % UInt64(plan.streams)
                raw.storeBytes(of: 0x2D72_6564_726F_2D61, toByteOffset: 0, as: UInt64.self)
                raw.storeBytes(of: stream, toByteOffset: 8, as: UInt64.self)
                raw.storeBytes(of: UInt64(index), toByteOffset: 16, as: UInt64.self)
                do throws(LogError) { try batch.append(type: 1, payload: payload, to: key) } catch { failure = error }
            }
        }
        if let failure { throw failure }
    }

    /// Callers that each append one event, wait until it is durable, and append the next.
    private func oneByOne(_ store: EventStore, callers: Int) async throws -> BenchReport.Rate {
        let deadline = Machine.nanoseconds + Int64(plan.seconds * 1e9)
        let payload = [UInt8](repeating: 7, count: plan.payloadBytes)
        let histogram = Histogram()
        let meter = BenchReport.Meter()
        let total = try await withThrowingTaskGroup(of: Int.self) { group in
            for caller in 0..<callers {
                let stream = StreamKey("caller-\(caller)")
                group.addTask {
                    var count = 0
                    var last = Machine.nanoseconds
                    while last < deadline {
                        try await store.append(Event(type: 1, payload: payload), to: stream)
                        let now = Machine.nanoseconds
                        histogram.record(now - last)
                        last = now
                        count += 1
                    }
                    return count
                }
            }
            return try await group.reduce(0, +)
        }
        return meter.rate(
            "\(callers) caller\(callers == 1 ? "" : "s"), one by one", count: total, latency: histogram.summary)
    }

    /// Events offered at a set rate whether or not earlier ones are done; each one's time runs from the moment it was
    /// due, so that a stall counts for all that it held up.
    private func latency(_ store: EventStore, perSecond rate: Int) async throws -> BenchReport.Rate {
        let histogram = Histogram()
        let total = Int(Double(rate) * plan.seconds)
        let left = Locked(total)
        let meter = BenchReport.Meter()
        let payload = [UInt8](repeating: 7, count: plan.payloadBytes)
        await withCheckedContinuation { (finished: CheckedContinuation<Void, Never>) in
            Pacer(rate: rate, total: total) { number, due in
                var batch = AppendBatch()
                try? batch.append(
                    Event(type: 1, payload: payload), to: StreamKey(bytes: [1, UInt8(truncatingIfNeeded: number)]))
                store.hand(batch) { _ in
                    histogram.record(Machine.nanoseconds - due)
                    let last = left.with { left in
                        left -= 1
                        return left == 0
                    }
                    if last { finished.resume() }
                }
            }.start()
        }
        return meter.rate("offered \(Human.count(rate)) a second", count: total, latency: histogram.summary)
    }

    // MARK: Reading

    /// Reads the whole log in order, checking every checksum.
    private func read(_ store: EventStore) throws -> BenchReport.Rate {
        var events = 0
        var bytes = 0
        let meter = BenchReport.Meter()
        try store.scan { record in
            events += 1
            bytes += record.size
        }
        return meter.rate("sequential read", count: events, bytes: bytes)
    }
}
