/// The trees of one lane, read from its log: the roots of its closed segments, the tree over them, and on demand the
/// leaves of a single segment.
package final class LaneTree {
    package let log: FileBatchLog
    /// Of the closed segments, from segment 0 on.
    package let roots: [SegmentRoot]
    private let leaves: MerkleLeaves
    /// Those asked for last: a proof and a consistency proof often want the same segment.
    private var lastRead: (segment: UInt64, end: UInt64, leaves: MerkleLeaves)?

    /// Takes the roots that sealed segments keep and computes the others. `progress` hears how many bytes were read.
    package init(of log: FileBatchLog, progress: (Int) -> Void = { _ in }) throws(LogError) {
        self.log = log
        var roots: [SegmentRoot] = []
        var leaves = MerkleLeaves()
        let given = Dictionary(try log.trimmedRecord().roots.map { ($0.number, $0) }) { first, _ in first }
        for number in 0..<log.closedCount {
            let root =
                if let kept = given[number] {
                    kept
                } else {
                    try log.root(ofClosed: number, behind: roots.last)
                }
            roots.append(root)
            root.fields.withUnsafeBytes { leaves.append($0) }
            if !log.isSealed(number) { progress(Int(log.at.segmentBytes)) }
        }
        self.roots = roots
        self.leaves = leaves
    }

    /// The head of the tree over the first `segments` closed segments.
    package func root(of segments: UInt64) -> Digest { leaves.root(of: Int(segments)) }

    package func path(of segment: UInt64, in segments: UInt64) -> [Digest] {
        leaves.inclusionPath(of: Int(segment), in: Int(segments))
    }

    package func consistencyPath(from old: UInt64, to new: UInt64) -> [Digest] {
        leaves.consistencyPath(from: Int(old), to: Int(new))
    }

    /// The head when the log ended at `end`, the address behind a batch; by default where it ends now. The segment that
    /// holds the last batch counts as open even where it is sealed by now, so that a moment has one head for ever.
    package func head(at end: UInt64? = nil) throws(LogError) -> TreeHead {
        let end = end ?? log.tail.address
        // A batch may end exactly where its segment does.
        let segment = (end - 1) / log.at.segmentBytes
        let tree = try log.tree(of: segment, upTo: end)
        return TreeHead(
            lane: log.at.lane, segments: segment, root: root(of: segment),
            open: TreeHead.OpenTree(segment: segment, events: tree.count, root: tree.root))
    }

    /// The leaves of a segment's tree, up to `end` where it is given.
    package func leaves(of segment: UInt64, upTo end: UInt64 = .max) throws(LogError) -> MerkleLeaves {
        if let lastRead, lastRead.segment == segment, lastRead.end == end { return lastRead.leaves }
        var found = MerkleLeaves()
        _ = try log.forEachBatch(of: segment, upTo: end) { batch in
            batch.forEachLeaf { found.append(leaf: $0) }
        }
        lastRead = (segment, end, found)
        return found
    }
}

extension FileBatchLog {
    /// How many segments of the lane are closed: a later one was begun, or they are sealed.
    var closedCount: UInt64 {
        guard let last = state.with({ $0.segments.headers.last }) else { return 0 }
        return isSealed(last.number) ? last.number + 1 : last.number
    }

    /// The root of a closed segment.
    func root(ofClosed number: UInt64, behind previous: SegmentRoot?) throws(LogError) -> SegmentRoot {
        if isSealed(number) { return try root(of: number) }
        guard let header = state.with({ $0.segments.header(number) }) else {
            throw .invalid(
                argument: "segment \(number) of lane \(at.lane)",
                reason: "it was given up when the log was trimmed, so the lane's tree can't be made from its beginning")
        }
        var tree = MerkleTree()
        let last = try forEachBatch(of: number) { batch in
            tree.append(recordsOf: batch)
        }
        return SegmentRoot(
            lane: at.lane, number: number, firstPosition: header.firstPosition, eventCount: tree.count,
            root: tree.root, lastBatchHash: last ?? header.previousHash, previousChained: previous?.chained ?? Digest())
    }

    /// The tree of a segment's events up to `end`.
    func tree(of segment: UInt64, upTo end: UInt64) throws(LogError) -> MerkleTree {
        var tree = MerkleTree()
        _ = try forEachBatch(of: segment, upTo: end) { batch in
            tree.append(recordsOf: batch)
        }
        return tree
    }

    /// Calls `body` with the batches of one segment that begin before `end`, and returns the hash of the last.
    @discardableResult
    package func forEachBatch(
        of segment: UInt64, upTo end: UInt64 = .max, _ body: (BatchView) throws(LogError) -> Void
    ) throws(LogError) -> Digest? {
        let start = segment * at.segmentBytes
        let cursor = try batches(from: start, upTo: min(end, start + at.segmentBytes, tail.address))
        var last: Digest?
        while let batch = try cursor.next() {
            try body(batch)
            last = batch.hash
        }
        return last
    }
}
