internal import CCrypto

/// SHA-256 of something too large to hold at once.
struct Sha256Stream {
    private var state = hf_sha256_state()

    init() { hf_sha256_begin(&state) }

    mutating func add(_ bytes: UnsafeRawBufferPointer) { hf_sha256_add(&state, bytes.baseAddress, bytes.count) }

    /// Of all bytes so far; more may follow.
    var digest: Digest {
        var copy = state
        var digest = Digest()
        withUnsafeMutableBytes(of: &digest.words) { hf_sha256_end(&copy, $0.baseAddress) }
        return digest
    }
}
