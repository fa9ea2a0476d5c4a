import SimulatedDisk
import Testing

@testable import HoldfastLog

/// The tree against the recursive definition of RFC 9162, section 2.1, word for word.
@Suite struct MerkleTests {
    private static let sizeMax = 130
    private static let contents: [[UInt8]] = (0..<sizeMax).map { number in
        (0..<number).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ number) }
    }
    private static let leaves: MerkleLeaves = {
        var leaves = MerkleLeaves()
        for content in contents { content.withUnsafeBytes { leaves.append($0) } }
        return leaves
    }()

    private static func sha256(_ bytes: [UInt8]) -> Digest { bytes.withUnsafeBytes { .sha256($0) } }

    private static func bytes(_ digest: Digest) -> [UInt8] { withUnsafeBytes(of: digest.words) { Array($0) } }

    private static func naiveRoot(_ part: ArraySlice<[UInt8]>) -> Digest {
        if part.isEmpty { return sha256([]) }
        if part.count == 1 { return sha256([0] + part.first!) }
        let middle = part.startIndex + split(part.count)
        return sha256([1] + bytes(naiveRoot(part[..<middle])) + bytes(naiveRoot(part[middle...])))
    }

    private static func split(_ size: Int) -> Int {
        var power = 1
        while power * 2 < size { power *= 2 }
        return power
    }

    private static func naivePath(_ index: Int, _ part: ArraySlice<[UInt8]>) -> [Digest] {
        if part.count == 1 { return [] }
        let size = split(part.count)
        let middle = part.startIndex + size
        return index < size
            ? naivePath(index, part[..<middle]) + [naiveRoot(part[middle...])]
            : naivePath(index - size, part[middle...]) + [naiveRoot(part[..<middle])]
    }

    private static func naiveSubproof(_ old: Int, _ part: ArraySlice<[UInt8]>, _ isWhole: Bool) -> [Digest] {
        if old == part.count { return isWhole ? [] : [naiveRoot(part)] }
        let size = split(part.count)
        let middle = part.startIndex + size
        return old <= size
            ? naiveSubproof(old, part[..<middle], isWhole) + [naiveRoot(part[middle...])]
            : naiveSubproof(old - size, part[middle...], false) + [naiveRoot(part[..<middle])]
    }

    @Test("roots are those of the definition, at every size")
    func roots() {
        var tree = MerkleTree()
        for size in 0...Self.sizeMax {
            #expect(tree.count == UInt64(size))
            #expect(tree.root == Self.naiveRoot(Self.contents[..<size]))
            #expect(tree.root == Self.leaves.root(of: size))
            if size < Self.sizeMax { Self.contents[size].withUnsafeBytes { tree.append($0) } }
        }
    }

    @Test("a tree of many leaves has the root of the definition around every place where it takes leaves in together")
    func largeRoots() {
        let contents = (0..<1_030).map { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        var tree = MerkleTree()
        for (size, content) in contents.enumerated() {
            if [1, 255, 256, 257, 511, 512, 513, 767, 768, 1_023, 1_024, 1_025].contains(size) {
                #expect(tree.count == UInt64(size) && tree.root == Self.naiveRoot(contents[..<size]))
            }
            content.withUnsafeBytes { tree.append($0) }
        }
    }

    @Test("the hashes are those that RFC 6962's test vectors give")
    func vectors() {
        #expect(
            MerkleHash.empty.hexadecimal == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(
            MerkleHash.leaf([]).hexadecimal == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d")
        let contents: [[UInt8]] = [
            [], [0x00], [0x10], [0x20, 0x21], [0x30, 0x31], [0x40, 0x41, 0x42, 0x43], Array(0x50...0x57),
            Array(0x60...0x6F),
        ]
        var tree = MerkleTree()
        for content in contents { content.withUnsafeBytes { tree.append($0) } }
        #expect(tree.root.hexadecimal == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328")
    }

    @Test("every leaf of every size has the path of the definition, and only it leads to the root")
    func inclusion() {
        for size in 1...Self.sizeMax {
            let root = Self.leaves.root(of: size)
            let levels = MerkleLevels(Self.leaves, size: size)
            #expect(levels.root == root && levels.count == size)
            for index in 0..<size {
                let path = Self.leaves.inclusionPath(of: index, in: size)
                #expect(levels.inclusionPath(of: index) == path, "leaf \(index) of \(size)")
                let leaf = Self.leaves.hashes[index]
                if size % 7 == 0 || size < 20 {
                    #expect(path == Self.naivePath(index, Self.contents[..<size]), "leaf \(index) of \(size)")
                }
                func leadsToRoot(_ index: Int, _ size: Int, _ path: [Digest]) -> Bool {
                    MerkleProof.root(leaf: leaf, index: UInt64(index), size: UInt64(size), path: path) == root
                }
                #expect(leadsToRoot(index, size, path), "leaf \(index) of \(size)")
                #expect(!leadsToRoot(index, size, path + [root]) && !leadsToRoot(size, size, path))
                #expect(path.isEmpty || !leadsToRoot(index, size, Array(path.dropLast())))
                for other in [index ^ 1, index + 1, 0] where other != index && other < size {
                    #expect(!leadsToRoot(other, size, path), "leaf \(index) passed for \(other) of \(size)")
                }
                if !path.isEmpty {
                    var tampered = path
                    tampered[(size + index) % path.count] = MerkleHash.empty
                    #expect(!leadsToRoot(index, size, tampered))
                }
            }
        }
    }

    @Test("every size is proven to begin every larger one, and nothing else is")
    func consistency() {
        let roots = (0...Self.sizeMax).map { Self.leaves.root(of: $0) }
        for new in 0...Self.sizeMax {
            for old in 0...new {
                let path = Self.leaves.consistencyPath(from: old, to: new)
                if old > 0, old < new, new % 13 == 0 || new < 20 {
                    #expect(path == Self.naiveSubproof(old, Self.contents[..<new], true), "\(old) to \(new)")
                }
                func holds(_ oldRoot: Digest, _ newRoot: Digest, _ path: [Digest]) -> Bool {
                    MerkleProof.isConsistent(
                        oldSize: UInt64(old), oldRoot: oldRoot, newSize: UInt64(new), newRoot: newRoot, path: path)
                }
                #expect(holds(roots[old], roots[new], path), "\(old) to \(new)")
                #expect(!holds(roots[old], roots[new], path + [roots[new]]))
                #expect(!holds(MerkleHash.leaf([1]), roots[new], path), "another beginning of \(old), to \(new)")
                if old > 0 { #expect(!holds(roots[old], MerkleHash.leaf([1]), path), "\(old) to another \(new)") }
                if !path.isEmpty {
                    var tampered = path
                    tampered[(old + new) % path.count] = MerkleHash.empty
                    #expect(!holds(roots[old], roots[new], tampered))
                    #expect(!holds(roots[old], roots[new], Array(path.dropLast())))
                }
            }
        }
        #expect(
            !MerkleProof.isConsistent(oldSize: 2, oldRoot: roots[2], newSize: 1, newRoot: roots[1], path: []))
    }
}
