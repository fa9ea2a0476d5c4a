/// Where a log stood at a moment of the past, in whole rounds: before the first round that has a batch of that time or
/// later. What the log says about it never changes, whoever asks and whenever.
package struct RoundCut: Sendable, Equatable {
    /// For each lane the address behind its last batch before the moment.
    package let ends: [UInt64]
    /// Of the last event before the moment; 0 where there is none.
    package let position: UInt64
    /// Of the last batch before the moment.
    package let time: Int64
    /// Of the first batch at or after it; nil at the end of the log.
    package let following: Int64?

    /// Nil where the log has not come to `time` yet.
    package init?(before time: Int64, in logs: [FileBatchLog]) throws(LogError) {
        var round: UInt64?
        var following: Int64?
        var segments: [UInt64] = []
        for log in logs {
            let late = try log.firstBatch(notBefore: time)
            if let late {
                round = min(round ?? .max, late.round)
                following = min(following ?? .max, late.time)
            }
            segments.append((late?.address ?? log.tail.address - 1) / log.at.segmentBytes)
        }
        guard let round else { return nil }
        var ends: [UInt64] = []
        var position: UInt64 = 0
        var latest: Int64 = 0
        for (log, segment) in zip(logs, segments) {
            let last = try log.lastBatch(beforeRound: round, notBehind: segment)
            ends.append(last.map { $0.address + UInt64($0.size) } ?? log.firstAddress)
            guard let last else { continue }
            position = max(position, last.position + UInt64(last.count) - 1)
            latest = max(latest, last.time)
        }
        self.ends = ends
        self.position = position
        self.time = latest
        self.following = following
    }

    /// The log as it stands.
    package init(endOf logs: [FileBatchLog]) {
        ends = logs.map(\.tail.address)
        position = (logs.map(\.tail.nextPosition).max() ?? 1) - 1
        time = logs.map(\.tail.time).max() ?? 0
        following = nil
    }
}

extension FileBatchLog {
    /// Batches of a lane never go back in time, so only the segment that the time falls into is searched.
    fileprivate func firstBatch(notBefore time: Int64) throws(LogError) -> BatchHeader? {
        let headers = state.with { $0.segments.headers }
        let behind = headers.firstIndex { $0.time >= time } ?? headers.endIndex
        // The one before it may end later than it began; the next one begins with such a batch, if any does.
        for header in headers[max(0, behind - 1)...].prefix(2) {
            var found: BatchHeader?
            try forEachBatch(of: header.number) { batch in
                if found == nil, batch.header.time >= time { found = batch.header }
            }
            if let found { return found }
        }
        return nil
    }

    /// Rounds of a lane grow. `segment` is one that holds no earlier batch than the one that is searched for.
    fileprivate func lastBatch(beforeRound round: UInt64, notBehind segment: UInt64) throws(LogError) -> BatchHeader? {
        let first = firstAddress / at.segmentBytes
        for number in (first...max(first, segment)).reversed() {
            var found: BatchHeader?
            try forEachBatch(of: number) { batch in
                if batch.header.round < round { found = batch.header }
            }
            if let found { return found }
        }
        return nil
    }
}
