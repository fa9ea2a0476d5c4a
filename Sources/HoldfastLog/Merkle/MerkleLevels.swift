/// Every node of a tree, for whoever makes many proofs of it: a path is a look-up a level then, and not a computation
/// over all leaves. Twice the memory of the leaves.
package struct MerkleLevels: Sendable {
    /// The leaves first. A node without a sibling at the end of a level stands on the next as it is.
    private var levels: [[Digest]]

    /// The tree of the first `size` leaves.
    package init(_ leaves: MerkleLeaves, size: Int) {
        precondition(size > 0 && size <= leaves.count, "a tree of \(size) of \(leaves.count) leaves")
        levels = [Array(leaves.hashes[..<size])]
        while let below = levels.last, below.count > 1 {
            var level: [Digest] = []
            level.reserveCapacity((below.count + 1) / 2)
            for index in stride(from: 0, to: below.count - 1, by: 2) {
                level.append(MerkleHash.node(below[index], below[index + 1]))
            }
            if below.count % 2 == 1 { level.append(below[below.count - 1]) }
            levels.append(level)
        }
    }

    package var count: Int { levels[0].count }
    package var root: Digest { levels[levels.count - 1][0] }

    /// From the leaf upwards, the other child of each node on the way to the root.
    package func inclusionPath(of index: Int) -> [Digest] {
        precondition(index >= 0 && index < count, "leaf \(index) is not in a tree of \(count)")
        var path: [Digest] = []
        var index = index
        for level in levels.dropLast() {
            if index ^ 1 < level.count { path.append(level[index ^ 1]) }
            index >>= 1
        }
        return path
    }
}
