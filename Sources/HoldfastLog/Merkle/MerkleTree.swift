/// A Merkle tree that is fed leaf by leaf and knows its root at any moment, in memory that grows with the logarithm
/// of its size: it keeps the roots of its complete subtrees, the largest first.
///
///     var tree = MerkleTree()
///     while let batch = try cursor.next() { tree.append(recordsOf: batch) }
///     tree.root
///
/// Leaves that came last wait until there are 256 of them, as many hashes are computed faster together than one by one.
package struct MerkleTree: Sendable {
    private var subtrees: [Digest] = []
    /// How many leaves are in the subtrees.
    private var treed: UInt64 = 0
    private var waiting: [Digest] = []
    private static let group = 256

    package init() {
        subtrees.reserveCapacity(64)
        waiting.reserveCapacity(Self.group)
    }

    /// How many leaves it has.
    package var count: UInt64 { treed + UInt64(waiting.count) }

    package mutating func append(_ content: UnsafeRawBufferPointer) { append(leaf: MerkleHash.leaf(content)) }

    /// A leaf whose hash is known.
    package mutating func append(leaf: Digest) {
        waiting.append(leaf)
        if waiting.count == Self.group { takeIn() }
    }

    /// The records of a batch, as the next leaves.
    package mutating func append(recordsOf batch: BatchView) {
        batch.forEachLeaf { append(leaf: $0) }
    }

    /// The waiting group becomes one subtree.
    private mutating func takeIn() {
        let root = waiting.withUnsafeMutableBufferPointer { digests in
            var count = Self.group
            while count > 1 {
                MerkleHash.nodes(digests.baseAddress!, count: count)
                count /= 2
            }
            return digests[0]
        }
        waiting.removeAll(keepingCapacity: true)
        Self.add(root, to: &subtrees, behind: treed / UInt64(Self.group))
        treed += UInt64(Self.group)
    }

    /// Each bit of the size is a complete subtree; one more leaf, or subtree of the smallest kind, carries like an
    /// addition.
    private static func add(_ one: Digest, to subtrees: inout [Digest], behind size: UInt64) {
        var hash = one
        var size = size
        while size & 1 == 1 {
            hash = MerkleHash.node(subtrees.removeLast(), hash)
            size >>= 1
        }
        subtrees.append(hash)
    }

    package var root: Digest {
        var all = subtrees
        var small: [Digest] = []
        for (index, leaf) in waiting.enumerated() { Self.add(leaf, to: &small, behind: UInt64(index)) }
        all += small
        guard var root = all.last else { return MerkleHash.empty }
        for left in all.dropLast().reversed() { root = MerkleHash.node(left, root) }
        return root
    }
}

extension RecordView {
    /// The whole record: what a leaf of a segment's tree is.
    package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: size) }
}

extension BatchView {
    /// Calls `body` with the hash of each record as a leaf, in their order.
    package func forEachLeaf(_ body: (Digest) -> Void) {
        let group = 64
        withUnsafeTemporaryAllocation(of: UnsafeRawPointer?.self, capacity: group) { contents in
            withUnsafeTemporaryAllocation(of: Int.self, capacity: group) { sizes in
                withUnsafeTemporaryAllocation(of: Digest.self, capacity: group) { digests in
                    digests.initialize(repeating: Digest())
                    var count = 0
                    func hash() {
                        MerkleHash.leaves(
                            UnsafeBufferPointer(rebasing: contents[..<count]),
                            UnsafeBufferPointer(rebasing: sizes[..<count]), into: digests.baseAddress!)
                        for index in 0..<count { body(digests[index]) }
                        count = 0
                    }
                    forEachRecord { record, _ in
                        contents.initializeElement(at: count, to: UnsafeRawPointer(record.base))
                        sizes.initializeElement(at: count, to: record.size)
                        count += 1
                        if count == group { hash() }
                    }
                    hash()
                }
            }
        }
    }
}
