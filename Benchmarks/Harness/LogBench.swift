package import HoldfastLog
private import Synchronization

/// Measures the event store: how fast events become durable in bulk and one by one, how long a commit takes at a
/// set rate, how fast the log is read and recovered. Durable means synced; the cost of making the events is inside.
package struct LogBench: Sendable {
    package struct Plan: Sendable {
        package var directory: String
        package var events: Int
        package var streams: Int
        package var payloadBytes = 100
        package var seconds: Double

        package init(directory: String, events: Int, streams: Int, seconds: Double) {
            self.directory = directory
            self.events = events
            self.streams = streams
            self.seconds = seconds
        }
    }

    package struct Rate: Sendable {
        package let name: String
        package let events: Int
        package let seconds: Double
        package let cpuSeconds: Double
        package let bytes: Int
        package var perSecond: Double { Double(events) / seconds }
    }

    package struct Latency: Sendable {
        package let offered: Int
        package let summary: LatencySummary
    }

    private let plan: Plan
    package init(_ plan: Plan) { self.plan = plan }

    private func timed(_ name: String, events: Int, bytes: Int, _ body: () async throws -> Void) async rethrows -> Rate {
        let cpu = Machine.cpuSeconds
        let start = Machine.nanoseconds
        try await body()
        return Rate(
            name: name, events: events, seconds: Double(Machine.nanoseconds - start) / 1e9,
            cpuSeconds: Machine.cpuSeconds - cpu, bytes: bytes)
    }

    // MARK: Writing

    /// Batches of 4 096 events to many streams, a few batches in flight.
    package func bulk(_ store: EventStore) async throws -> Rate {
        let perBatch = 4_096
        let batches = (plan.events + perBatch - 1) / perBatch
        let recordBytes = RecordLayout.size(key: 16, payload: plan.payloadBytes, metadata: 0)
        return try await timed("bulk", events: batches * perBatch, bytes: batches * perBatch * recordBytes) {
            try await withThrowingTaskGroup(of: AppendBatch.self) { group in
                var spare: [AppendBatch] = []
                var sent = 0
                var inFlight = 0
                while sent < batches || inFlight > 0 {
                    if sent < batches, inFlight < 16 {
                        var batch = spare.popLast() ?? AppendBatch()
                        try fill(&batch, from: sent * perBatch, count: perBatch)
                        let full = batch
                        group.addTask {
                            for result in try await store.append(full).prefix(1) { _ = try result.get() }
                            return full
                        }
                        sent += 1
                        inFlight += 1
                    } else if var done = try await group.next() {
                        done.removeAll()
                        spare.append(done)
                        inFlight -= 1
                    }
                }
            }
        }
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
    package func oneByOne(_ store: EventStore, callers: Int) async throws -> Rate {
        let deadline = Machine.nanoseconds + Int64(plan.seconds * 1e9)
        let done = Locked(0)
        let payload = [UInt8](repeating: 7, count: plan.payloadBytes)
        let cpu = Machine.cpuSeconds
        let start = Machine.nanoseconds
        try await withThrowingTaskGroup(of: Int.self) { group in
            for caller in 0..<callers {
                let stream = StreamKey("caller-\(caller)")
                group.addTask {
                    var count = 0
                    while Machine.nanoseconds < deadline {
                        try await store.append(Event(type: 1, payload: payload), to: stream)
                        count += 1
                    }
                    return count
                }
            }
            for try await count in group { done.with { $0 += count } }
        }
        let total = done.with { $0 }
        return Rate(
            name: "\(callers) caller\(callers == 1 ? "" : "s")", events: total,
            seconds: Double(Machine.nanoseconds - start) / 1e9, cpuSeconds: Machine.cpuSeconds - cpu,
            bytes: total * RecordLayout.size(key: 9, payload: plan.payloadBytes, metadata: 0))
    }

    /// Events offered at a set rate whether or not earlier ones are done; each one's time runs from the moment it was
    /// due, so that a stall counts for all that it held up.
    package func latency(_ store: EventStore, perSecond rate: Int) async throws -> Latency {
        let histogram = Histogram()
        let total = Int(Double(rate) * plan.seconds)
        let left = Locked(total)
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
        return Latency(offered: rate, summary: histogram.summary)
    }

    // MARK: Reading

    /// Reads the whole log in order, checking every checksum, and counts the events' bytes.
    package func read(_ store: EventStore) async throws -> Rate {
        var events = 0
        var bytes = 0
        let cpu = Machine.cpuSeconds
        let start = Machine.nanoseconds
        try store.scan { record in
            events += 1
            bytes += record.size
        }
        return Rate(
            name: "read", events: events, seconds: Double(Machine.nanoseconds - start) / 1e9,
            cpuSeconds: Machine.cpuSeconds - cpu, bytes: bytes)
    }
}
