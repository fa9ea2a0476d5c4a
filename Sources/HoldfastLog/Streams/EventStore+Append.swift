extension EventStore {
    /// Appends one event.
    @discardableResult
    public func append(
        _ event: Event, to stream: StreamKey, expecting expected: ExpectedRevision = .any
    ) async throws(LogError) -> AppendResult {
        try await append([event], to: stream, expecting: expected)
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

    /// Appends many at once and returns when all are durable: one result each, in order.
    public func append(_ batch: AppendBatch) async throws(LogError) -> [Result<AppendResult, LogError>] {
        if engine.laneCount == 1 { return try await results(batch, lane: 0) }
        var parts: [(lane: Int, batch: AppendBatch, groups: [Int])] = []
        try batch.split(into: engine.laneCount, lane: lane(of:)) { parts.append(($0, $1, $2)) }
        var all = [Result<AppendResult, LogError>](
            repeating: .failure(.stopped(reason: "it was not reached")), count: batch.count)
        let ready = parts
        let answers = await withTaskGroup(of: (Int, Result<[Result<AppendResult, LogError>], LogError>).self) { group in
            for (number, part) in ready.enumerated() {
                group.addTask {
                    do throws(LogError) {
                        return (number, .success(try await self.results(part.batch, lane: part.lane)))
                    } catch {
                        return (number, .failure(error))
                    }
                }
            }
            var answers: [(Int, Result<[Result<AppendResult, LogError>], LogError>)] = []
            for await answer in group { answers.append(answer) }
            return answers
        }
        for (number, answer) in answers {
            let groups = ready[number].groups
            switch answer {
            case .success(let results): for (index, group) in groups.enumerated() { all[group] = results[index] }
            case .failure(let error): for group in groups { all[group] = .failure(error) }
            }
        }
        return all
    }

    private func results(_ batch: AppendBatch, lane: Int) async throws(LogError) -> [Result<AppendResult, LogError>] {
        let work = try await run(batch, lane: lane)
        return work.outcomes.enumerated().map { group, outcome in
            if let conflict = work.conflict(group) { return .failure(conflict) }
            return .success(AppendResult(revision: outcome.revision, position: outcome.position))
        }
    }

    private func appendOne(_ batch: AppendBatch, lane: Int) async throws(LogError) -> AppendResult {
        let work = try await run(batch, lane: lane)
        if let conflict = work.conflict(0) { throw conflict }
        return AppendResult(revision: work.outcomes[0].revision, position: work.outcomes[0].position)
    }

    /// Hands a work to a lane and waits until what it caused is durable.
    func run(_ batch: AppendBatch, heads: [[UInt8]] = [], lane: Int) async throws(LogError) -> StreamWork {
        if batch.largestGroup > logs[lane].batchBytesMax - 4096 {
            throw .invalid(
                argument: "events",
                reason: "\(batch.largestGroup) bytes do not fit in a segment of \(logs[lane].at.segmentBytes)")
        }
        let answer: Result<StreamWork, LogError> = await withCheckedContinuation { continuation in
            let work = StreamWork(batch, heads: heads) { work, failure in
                continuation.resume(returning: failure.map { .failure($0) } ?? .success(work))
            }
            switch engine.offer(work, to: lane) {
            case nil: break
            case .overloaded: waitForRoom(work, lane: lane)
            case let error?: work.finish(error)
            }
        }
        return try answer.get()
    }

    /// The inbox is full: waits in its queue, off the caller's path.
    private func waitForRoom(_ work: StreamWork, lane: Int) {
        Task {
            do throws(LogError) {
                try await engine.submit(work, to: lane)
            } catch {
                work.finish(error)
            }
        }
    }
}

extension AppendBatch {
    /// Splits the groups by lane, keeping their order within each.
    func split(
        into lanes: Int, lane: (UnsafeRawBufferPointer) -> Int, each: (Int, AppendBatch, [Int]) -> Void
    ) throws(LogError) {
        var parts = [(batch: AppendBatch, groups: [Int])](repeating: (AppendBatch(), []), count: lanes)
        var failure: LogError?
        bytes.withUnsafeBytes { raw in
            var at = 0
            var group = -1
            var groupLane = 0
            while at < raw.count {
                let frame = StreamFrame(base: raw.baseAddress! + at)
                if frame.beginsGroup {
                    group += 1
                    groupLane = lane(frame.key)
                    parts[groupLane].groups.append(group)
                } else if lane(frame.key) != groupLane {
                    let name = String(decoding: frame.key, as: UTF8.self)
                    failure = failure ?? .differentLanes(first: "of group \(group)", second: name)
                }
                parts[groupLane].batch.adopt(frame, from: raw[at..<at + frame.size])
                at += frame.size
            }
        }
        if let failure { throw failure }
        for (number, part) in parts.enumerated() where !part.groups.isEmpty { each(number, part.batch, part.groups) }
    }

    private mutating func adopt(_ frame: StreamFrame, from slice: Slice<UnsafeRawBufferPointer>) {
        bytes.append(contentsOf: slice)
        if frame.beginsGroup { noteGroup(frame.groupRecordBytes) }
    }
}
