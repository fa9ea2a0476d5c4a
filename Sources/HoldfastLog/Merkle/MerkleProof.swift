/// Checks paths against roots, without the tree: RFC 9162, sections 2.1.3.2 and 2.1.4.2.
package enum MerkleProof {
    /// The root of a tree of `size` leaves whose leaf number `index` has this hash; nil where the path has not the
    /// length that such a tree demands.
    package static func root(leaf: Digest, index: UInt64, size: UInt64, path: [Digest]) -> Digest? {
        guard index < size else { return nil }
        var node = index
        var last = size - 1
        var hash = leaf
        for sibling in path {
            if last == 0 { return nil }
            if node & 1 == 1 || node == last {
                hash = MerkleHash.node(sibling, hash)
                // The last node of a level may have no sibling there: it moves up as it is.
                while node & 1 == 0 && node != 0 {
                    node >>= 1
                    last >>= 1
                }
            } else {
                hash = MerkleHash.node(hash, sibling)
            }
            node >>= 1
            last >>= 1
        }
        return last == 0 ? hash : nil
    }

    /// Whether the tree of `newSize` leaves with `newRoot` begins with that of `oldSize` leaves with `oldRoot`.
    package static func isConsistent(
        oldSize: UInt64, oldRoot: Digest, newSize: UInt64, newRoot: Digest, path: [Digest]
    ) -> Bool {
        if oldSize > newSize { return false }
        if oldSize == newSize { return path.isEmpty && oldRoot == newRoot }
        // Every tree begins with the one without leaves.
        if oldSize == 0 { return path.isEmpty && oldRoot == MerkleHash.empty }
        var path = path[...]
        // A whole subtree is its own proof, so it is left out of the path.
        if oldSize & (oldSize - 1) == 0 { path = ([oldRoot] + path)[...] }
        guard let first = path.popFirst() else { return false }
        var node = oldSize - 1
        var last = newSize - 1
        while node & 1 == 1 {
            node >>= 1
            last >>= 1
        }
        var (old, new) = (first, first)
        for sibling in path {
            if last == 0 { return false }
            if node & 1 == 1 || node == last {
                old = MerkleHash.node(sibling, old)
                new = MerkleHash.node(sibling, new)
                while node & 1 == 0 && node != 0 {
                    node >>= 1
                    last >>= 1
                }
            } else {
                new = MerkleHash.node(new, sibling)
            }
            node >>= 1
            last >>= 1
        }
        return last == 0 && old == oldRoot && new == newRoot
    }
}
