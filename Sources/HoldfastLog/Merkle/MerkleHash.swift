internal import CCrypto

/// The hashes of RFC 9162 (and of RFC 6962 before it): a leaf is SHA-256 of the byte 00 and its content, a node that
/// of the byte 01 and its two children. The prefixes keep a node from being passed off as a leaf.
package enum MerkleHash {
    package static func leaf(_ content: UnsafeRawBufferPointer) -> Digest {
        var digest = Digest()
        withUnsafeMutableBytes(of: &digest.words) {
            hf_sha256_prefixed(0, content.baseAddress, content.count, $0.baseAddress)
        }
        return digest
    }

    package static func leaf(_ content: [UInt8]) -> Digest { content.withUnsafeBytes { leaf($0) } }

    package static func node(_ left: Digest, _ right: Digest) -> Digest {
        var digest = Digest()
        withUnsafeBytes(of: left.words) { left in
            withUnsafeBytes(of: right.words) { right in
                withUnsafeMutableBytes(of: &digest.words) {
                    hf_sha256_pair(1, left.baseAddress, right.baseAddress, $0.baseAddress)
                }
            }
        }
        return digest
    }

    /// The root of a tree without leaves.
    package static let empty = Digest.sha256(UnsafeRawBufferPointer(start: nil, count: 0))
}
