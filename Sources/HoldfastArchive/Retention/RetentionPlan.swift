package import HoldfastLog

/// Which sealed segments may be given up, lane by lane from the oldest on, and why the next one may not.
package struct RetentionPlan {
    struct Policy {
        /// No event of a segment may be newer.
        let newestEventMax: Int64
        let snapshotsNeeded: Int
    }

    package struct Lane {
        package let lane: Int
        package fileprivate(set) var segments: [SealedSpan] = []
        /// Where it stops, and why.
        package fileprivate(set) var stop: (segment: UInt64, because: String) = (0, "")

        init(_ lane: Int) { self.lane = lane }
    }

    package private(set) var lanes: [Lane] = []

    init(_ logs: [FileBatchLog], _ directory: LogDirectory, _ policy: Policy) throws(LogError) {
        let consumers = try directory.checkpoints()
        for log in logs { lanes.append(try Self.lane(log, consumers, policy)) }
    }

    private static func lane(
        _ log: FileBatchLog, _ consumers: [String: UInt64], _ policy: Policy
    ) throws(LogError) -> Lane {
        var lane = Lane(log.at.lane)
        let candidates = log.sealedBeginning
        let snapshots = candidates.isEmpty ? [] : try log.snapshotStarts(most: policy.snapshotsNeeded)
        for number in candidates {
            let span = try log.span(ofSealed: number)
            if let obstacle = obstacle(span, snapshots, consumers, policy) {
                lane.stop = (number, obstacle)
                return lane
            }
            lane.segments.append(span)
        }
        let isLast = candidates.count + 1 >= log.segmentCount
        lane.stop = (
            candidates.last.map { $0 + 1 } ?? log.firstAddress / log.at.segmentBytes,
            isLast ? "it holds the end of the log" : "it is not sealed"
        )
        return lane
    }

    private static func obstacle(
        _ span: SealedSpan, _ snapshots: [UInt64], _ consumers: [String: UInt64], _ policy: Policy
    ) -> String? {
        if span.lastTime > policy.newestEventMax { return "it has events that are not old enough" }
        if snapshots.count < policy.snapshotsNeeded || snapshots.contains(where: { $0 < span.end }) {
            return "fewer than \(policy.snapshotsNeeded) good snapshots begin behind it; `holdfast snapshot` takes one"
        }
        if let behind = consumers.sorted(by: { $0.key < $1.key }).first(where: { $0.value < span.lastPosition }) {
            return "the consumer \(behind.key) stands at position \(behind.value), before its end"
        }
        return nil
    }

    /// Takes a segment out, and with it those behind it in its lane.
    mutating func keep(_ segment: UInt64, of lane: Int, because reason: String) {
        lanes[lane].segments.removeAll { $0.number >= segment }
        lanes[lane].stop = (segment, reason)
    }

    func contains(_ segment: UInt64, of lane: Int) -> Bool {
        lanes[lane].segments.last.map { segment <= $0.number } ?? false
    }

    /// The first segment of a lane that stays; nil where all do.
    func end(of log: FileBatchLog) -> UInt64? { lanes[log.at.lane].segments.last.map { $0.number + 1 } }

    package var segments: [SealedSpan] { lanes.flatMap(\.segments) }
}
