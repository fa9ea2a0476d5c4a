extension EventStore {
    /// Appends one event.
    @discardableResult
    public func append(
        _ event: Event, to stream: StreamKey, expecting expected: ExpectedRevision = .any
    ) async throws(LogError) -> AppendResult {
        var batch = AppendBatch()
        try batch.append(event, to: stream, expecting: expected)
        return try await appendOne(batch, lane: stream.bytes.withUnsafeBytes { self.lane(of: $0) })
    }

    /// Appends several events to one stream: all or none.
    @discardableResult
    public func append(
        _ events: [Event], to stream: StreamKey, expecting expected: ExpectedRevision = .any
    ) async throws(LogError) -> AppendResult {
        var batch = AppendBatch()
        try batch.append(events, to: stream, expecting: expected)
        return try await appendOne(batch, lane: stream.bytes.withUnsafeBytes { self.lane(of: $0) })
    }

    /// Appends to several streams: all or none. They must live in one lane; with one lane, the default, all do.
    @discardableResult
    public func appendAtomically(_ appends: [StreamAppend]) async throws(LogError) -> AppendResult {
        var batch = AppendBatch()
        try batch.atomically(appends)
        let lanes = appends.map { append in append.stream.bytes.withUnsafeBytes { lane(of: $0) } }
        if let other = lanes.firstIndex(where: { $0 != lanes[0] }) {
            throw .differentLanes(
                first: appends[0].stream.description, second: appends[other].stream.description)
        }
        return try await appendOne(batch, lane: lanes[0])
    }

    /// Appends many at once and returns when all are durable: one result each, in order. Throws when it failed before
    /// any of them was; what failed half-way says so for each append.
    public func append(_ batch: AppendBatch) async throws(LogError) -> AppendResults {
        let results = try await results(of: batch)
        if let failure = results.failure { throw failure }
        return results
    }

    private func results(of batch: AppendBatch) async throws(LogError) -> AppendResults {
        if engine.laneCount == 1 { return AppendResults(try await run(batch, lane: 0)) }
        var parts: [(lane: Int, batch: AppendBatch, groups: [Int])] = []
        try batch.split(into: engine.laneCount, lane: lane(of:)) { parts.append(($0, $1, $2)) }
        let ready = parts
        let works = await withTaskGroup(of: (Int, Result<StreamWork, LogError>).self) { group in
            for (number, part) in ready.enumerated() {
                group.addTask { (number, await self.outcome(part.batch, lane: part.lane)) }
            }
            var works: [(Int, Result<StreamWork, LogError>)] = []
            for await work in group { works.append(work) }
            return works
        }
        var results = AppendResults(count: batch.count)
        for (number, work) in works { results.add(try work.get(), groups: ready[number].groups) }
        return results
    }

    private func outcome(_ batch: AppendBatch, lane: Int) async -> Result<StreamWork, LogError> {
        do throws(LogError) {
            return .success(try await run(batch, lane: lane))
        } catch {
            return .failure(error)
        }
    }

    /// Hands a batch over without waiting; `done` is called on the committing thread once it is durable or has failed.
    package func hand(_ batch: AppendBatch, lane: Int = 0, done: @escaping @Sendable (LogError?) -> Void) {
        let work = StreamWork(batch) { _, failure in done(failure) }
        if let refused = engine.offer(work, to: lane) { work.finish(refused) }
    }

    private func appendOne(_ batch: AppendBatch, lane: Int) async throws(LogError) -> AppendResult {
        try await run(batch, lane: lane).result(0).get()
    }

    /// Hands a work to a lane and waits until what it caused is durable, or it failed: the work knows.
    func run(_ batch: AppendBatch, heads: [[UInt8]] = [], lane: Int) async throws(LogError) -> StreamWork {
        if batch.largestGroup > logs[lane].batchBytesMax - Limits.batchOverheadBytes {
            throw .invalid(
                argument: "events",
                reason: "\(batch.largestGroup) bytes do not fit in a segment of \(logs[lane].at.segmentBytes)")
        }
        return await withCheckedContinuation { continuation in
            let work = StreamWork(batch, heads: heads) { work, _ in continuation.resume(returning: work) }
            engine.handOver(work, to: lane)
        }
    }
}

extension AppendBatch {
    /// Splits the groups by lane, keeping their order within each.
    func split(
        into lanes: Int, lane: (UnsafeRawBufferPointer) -> Int, each: (Int, AppendBatch, [Int]) -> Void
    ) throws(LogError) {
        var parts = (0..<lanes).map { _ in (batch: AppendBatch(), groups: [Int]()) }
        var failure: LogError?
        var at = 0
        var group = -1
        var groupLane = 0
        while at < frames.count {
            let frame = StreamFrame(base: frames.base + at)
            if frame.beginsGroup {
                group += 1
                groupLane = lane(frame.key)
                parts[groupLane].groups.append(group)
            } else if lane(frame.key) != groupLane {
                let name = String(decoding: frame.key, as: UTF8.self)
                failure = failure ?? .differentLanes(first: "of group \(group)", second: name)
            }
            parts[groupLane].batch.adopt(frame)
            at += frame.size
        }
        if let failure { throw failure }
        for (number, part) in parts.enumerated() where !part.groups.isEmpty { each(number, part.batch, part.groups) }
    }
}
