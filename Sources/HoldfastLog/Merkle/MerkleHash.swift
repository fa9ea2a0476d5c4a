internal import CCrypto
internal import CHoldfast

/// The hashes of RFC 9162 (and of RFC 6962 before it): a leaf is SHA-256 of the byte 00 and its content, a node that
/// of the byte 01 and its two children. The prefixes keep a node from being passed off as a leaf.
package enum MerkleHash {
    private static let leafPrefix: UInt8 = 0
    private static let nodePrefix: UInt8 = 1

    package static func leaf(_ content: UnsafeRawBufferPointer) -> Digest {
        var digest = Digest()
        withUnsafeMutableBytes(of: &digest.words) {
            hf_sha256_prefixed(leafPrefix, content.baseAddress, content.count, $0.baseAddress)
        }
        return digest
    }

    package static func leaf(_ content: [UInt8]) -> Digest { content.withUnsafeBytes { leaf($0) } }

    package static func node(_ left: Digest, _ right: Digest) -> Digest {
        var digest = Digest()
        withUnsafeBytes(of: left.words) { left in
            withUnsafeBytes(of: right.words) { right in
                withUnsafeMutableBytes(of: &digest.words) {
                    hf_sha256_pair(nodePrefix, left.baseAddress, right.baseAddress, $0.baseAddress)
                }
            }
        }
        return digest
    }

    /// The root of a tree without leaves.
    package static let empty = Digest.sha256(UnsafeRawBufferPointer(start: nil, count: 0))

    // MARK: Many at once

    /// The hashes of leaves whose contents are `sizes[i]` bytes at `contents[i]`, one behind the other into `digests`.
    static func leaves(
        _ contents: UnsafeBufferPointer<UnsafeRawPointer?>, _ sizes: UnsafeBufferPointer<Int>,
        into digests: UnsafeMutablePointer<Digest>, interleaved: Bool = Digest.isInterleaved
    ) {
        if interleaved {
            Digest.interleaved(Int32(leafPrefix), contents, sizes, into: digests)
        } else {
            for index in contents.indices {
                digests[index] = leaf(UnsafeRawBufferPointer(start: contents[index], count: sizes[index]))
            }
        }
    }

    /// Makes of each two neighbours of the first `count` digests their node, one behind the other from the beginning on.
    static func nodes(
        _ digests: UnsafeMutablePointer<Digest>, count: Int, interleaved: Bool = Digest.isInterleaved
    ) {
        if interleaved {
            let bytes = UnsafeMutableRawPointer(digests).assumingMemoryBound(to: UInt8.self)
            hf_sha256_pairs(nodePrefix, bytes, count / 2, bytes)
        } else {
            for index in 0..<count / 2 { digests[index] = node(digests[2 * index], digests[2 * index + 1]) }
        }
    }
}
