/// What a sealed segment comes down to: the Merkle root over its events, chained to the root of the segment before it
/// in its lane. Whoever has seen one `chained` can tell later whether any event up to there was changed.
package struct SegmentRoot: Sendable, Hashable {
    package let lane: Int
    /// Of the segment in its lane, from 0.
    package let number: UInt64
    /// Position that the segment's first event has, or that its first one would have at the earliest where it has none.
    package let firstPosition: UInt64
    package let eventCount: UInt64
    /// Merkle root over the segment's events in the order of the lane; a leaf is a record as it stands in the log.
    package let root: Digest
    /// Hash of the segment's last batch: the link to the chain of batches.
    package let lastBatchHash: Digest
    /// `chained` of the segment before this one; zeros where the lane's log begins.
    package let previousChained: Digest
    /// SHA-256 of the byte 02 and `fields`.
    package let chained: Digest

    package init(
        lane: Int, number: UInt64, firstPosition: UInt64, eventCount: UInt64, root: Digest, lastBatchHash: Digest,
        previousChained: Digest
    ) {
        self.lane = lane
        self.number = number
        self.firstPosition = firstPosition
        self.eventCount = eventCount
        self.root = root
        self.lastBatchHash = lastBatchHash
        self.previousChained = previousChained
        let fields = Self.fields(
            lane: lane, number: number, firstPosition: firstPosition, eventCount: eventCount, root: root,
            lastBatchHash: lastBatchHash, previousChained: previousChained)
        chained = ([Self.prefix] + fields).withUnsafeBytes { Digest.sha256($0) }
    }

    /// Tells a chained root from the hash of a leaf (00) and of a node (01) of the tree.
    private static let prefix: UInt8 = 2
    package static let fieldsBytes = 124

    /// What the chained hash covers, as files and proofs keep it: `previousChained`, u32 lane, u64 number,
    /// u64 first position, u64 number of events, `root`, `lastBatchHash`.
    package var fields: [UInt8] {
        Self.fields(
            lane: lane, number: number, firstPosition: firstPosition, eventCount: eventCount, root: root,
            lastBatchHash: lastBatchHash, previousChained: previousChained)
    }

    private static func fields(
        lane: Int, number: UInt64, firstPosition: UInt64, eventCount: UInt64, root: Digest, lastBatchHash: Digest,
        previousChained: Digest
    ) -> [UInt8] {
        var writer = FieldWriter()
        writer.digest(previousChained)
        writer.integer(UInt32(lane))
        writer.integer(number)
        writer.integer(firstPosition)
        writer.integer(eventCount)
        writer.digest(root)
        writer.digest(lastBatchHash)
        return writer.bytes
    }

    /// Nil where the bytes are not the fields of a root.
    package init?(fields: [UInt8]) {
        var reader = FieldReader(fields)
        guard let previous = reader.digest(), let lane: UInt32 = reader.integer(),
            let number: UInt64 = reader.integer(),
            let position: UInt64 = reader.integer(), let count: UInt64 = reader.integer(), let root = reader.digest(),
            let last = reader.digest(), reader.isAtEnd
        else { return nil }
        self.init(
            lane: Int(lane), number: number, firstPosition: position, eventCount: count, root: root,
            lastBatchHash: last, previousChained: previous)
    }
}
