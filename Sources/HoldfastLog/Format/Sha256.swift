internal import CCrypto

/// A SHA-256 digest. The hashing itself is libcrypto's, which uses the CPU's instructions where it has them.
public struct Digest: Sendable, Hashable {
    @usableFromInline package var words: (UInt64, UInt64, UInt64, UInt64)

    package init() { words = (0, 0, 0, 0) }

    /// The digest that is stored at `pointer` as 32 bytes.
    package init(loadingFrom pointer: UnsafeRawPointer) {
        words = pointer.loadUnaligned(as: (UInt64, UInt64, UInt64, UInt64).self)
    }

    package func store(at pointer: UnsafeMutableRawPointer) {
        withUnsafeBytes(of: words) { pointer.copyMemory(from: $0.baseAddress!, byteCount: 32) }
    }

    package static func sha256(_ bytes: UnsafeRawBufferPointer) -> Digest {
        var digest = Digest()
        let done = withUnsafeMutableBytes(of: &digest.words) { out in
            EVP_Digest(bytes.baseAddress, bytes.count, out.baseAddress, nil, EVP_sha256(), nil)
        }
        precondition(done == 1, "libcrypto could not compute a SHA-256")
        return digest
    }

    public static func == (left: Digest, right: Digest) -> Bool { left.words == right.words }

    public func hash(into hasher: inout Hasher) { hasher.combine(words.0) }

    /// The digest as 64 hexadecimal digits.
    public var hexadecimal: String {
        withUnsafeBytes(of: words) { Hexadecimal.text($0) }
    }
}
