/// The hashes of all leaves of a tree, kept to prove things about it.
package struct MerkleLeaves: Sendable {
    package private(set) var hashes: [Digest] = []

    package init() {}

    package var count: Int { hashes.count }

    package mutating func append(_ content: UnsafeRawBufferPointer) { append(leaf: MerkleHash.leaf(content)) }

    /// A leaf whose hash is known.
    package mutating func append(leaf: Digest) { hashes.append(leaf) }

    /// Keeps the first `size` leaves.
    package mutating func cut(to size: Int) { hashes.removeLast(max(0, hashes.count - size)) }

    /// Where the leaf of this content stands.
    package func index(of content: [UInt8]) -> Int? { hashes.firstIndex(of: MerkleHash.leaf(content)) }

    /// The root of the tree of the first `size` leaves.
    package func root(of size: Int) -> Digest { root(of: hashes[..<size]) }
    package var root: Digest { root(of: hashes[...]) }

    /// From the leaf upwards, the other child of each node on the way to the root of the first `size` leaves.
    package func inclusionPath(of index: Int, in size: Int) -> [Digest] {
        precondition(index >= 0 && index < size && size <= count, "leaf \(index) is not in a tree of \(size)")
        var path: [Digest] = []
        var part = hashes[..<size]
        while part.count > 1 {
            let middle = part.startIndex + Self.leftSize(part.count)
            if index < middle {
                path.append(root(of: part[middle...]))
                part = part[..<middle]
            } else {
                path.append(root(of: part[..<middle]))
                part = part[middle...]
            }
        }
        return path.reversed()
    }

    /// What proves that the tree of the first `old` leaves is the beginning of that of the first `new`.
    package func consistencyPath(from old: Int, to new: Int) -> [Digest] {
        precondition(old >= 0 && old <= new && new <= count, "no tree of \(old) leaves grew to \(new)")
        if old == 0 || old == new { return [] }
        var path: [Digest] = []
        var part = hashes[..<new]
        // Whether the rest of the old tree is a whole subtree that began with the first leaf: then its root is the
        // old root, which whoever checks the proof has.
        var isOldRoot = true
        while part.endIndex != old {
            let middle = part.startIndex + Self.leftSize(part.count)
            if old <= middle {
                path.append(root(of: part[middle...]))
                part = part[..<middle]
            } else {
                path.append(root(of: part[..<middle]))
                part = part[middle...]
                isOldRoot = false
            }
        }
        if !isOldRoot { path.append(root(of: part)) }
        return path.reversed()
    }

    private func root(of part: ArraySlice<Digest>) -> Digest {
        var tree = MerkleTree()
        for hash in part { tree.append(leaf: hash) }
        return tree.root
    }

    /// The largest power of two below `size`, which is more than 1: how many leaves the left child has.
    private static func leftSize(_ size: Int) -> Int { 1 << (Int.bitWidth - 1 - (size - 1).leadingZeroBitCount) }
}
