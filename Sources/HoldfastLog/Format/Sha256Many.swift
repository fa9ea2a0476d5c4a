internal import CHoldfast

/// Digests of many messages at once. CPUs with instructions for SHA-256 hash two messages in little more than the time
/// of one (CSha256.c); elsewhere libcrypto hashes one after the other.
extension Digest {
    package static let isInterleaved = hf_sha256_is_interleaved() != 0

    /// The digests of messages of `sizes[i]` bytes at `contents[i]`, into the first of `digests`.
    package static func sha256(
        of contents: [UnsafeRawPointer?], _ sizes: [Int], into digests: inout [Digest],
        interleaved: Bool = isInterleaved
    ) {
        precondition(contents.count == sizes.count && digests.count >= sizes.count, "each message has its digest")
        digests.withUnsafeMutableBufferPointer { digests in
            if interleaved {
                contents.withUnsafeBufferPointer { contents in
                    sizes.withUnsafeBufferPointer { Self.interleaved(-1, contents, $0, into: digests.baseAddress!) }
                }
            } else {
                for index in contents.indices {
                    digests[index] = sha256(UnsafeRawBufferPointer(start: contents[index], count: sizes[index]))
                }
            }
        }
    }

    /// Each message begins with the byte `prefix` where that is not negative.
    static func interleaved(
        _ prefix: Int32, _ contents: UnsafeBufferPointer<UnsafeRawPointer?>, _ sizes: UnsafeBufferPointer<Int>,
        into digests: UnsafeMutablePointer<Digest>
    ) {
        hf_sha256_many(
            prefix, contents.baseAddress, sizes.baseAddress, contents.count,
            UnsafeMutableRawPointer(digests).assumingMemoryBound(to: UInt8.self))
    }
}
