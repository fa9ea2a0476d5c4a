import CHoldfast
import Testing

@testable import HoldfastLog

/// Many hashes at once are the hashes one by one, whatever this machine computes them with.
@Suite struct HashTests {
    private static let noise: [UInt8] = {
        var random = SealedStore.Random(99)
        return (0..<40_000).map { _ in UInt8(random.next(upTo: 256)) }
    }()

    /// So many pieces of the noise, of random lengths: mostly a record's, some empty, some many blocks long.
    private static func pieces(_ count: Int, _ random: inout SealedStore.Random) -> [Range<Int>] {
        (0..<count).map { _ in
            let size = Int(random.next(upTo: [1, 60, 130, 200, 5_000][Int(random.next(upTo: 5))]))
            let start = Int(random.next(upTo: UInt64(noise.count - size)))
            return start..<start + size
        }
    }

    @Test("messages hashed together have the digests that libcrypto gives each", arguments: 0..<40)
    func many(seed: Int) {
        var random = SealedStore.Random(UInt64(seed) + 1)
        let pieces = Self.pieces(Int(random.next(upTo: 12)), &random)
        Self.noise.withUnsafeBytes { noise in
            let views = pieces.map { UnsafeRawBufferPointer(rebasing: noise[$0]) }
            let contents = views.map(\.baseAddress)
            var digests = [Digest](repeating: Digest(), count: views.count)
            Digest.sha256(of: contents, views.map(\.count), into: &digests)
            #expect(digests == views.map { Digest.sha256($0) })
            contents.withUnsafeBufferPointer { contents in
                views.map(\.count).withUnsafeBufferPointer { sizes in
                    for interleaved in [Digest.isInterleaved, false] {
                        MerkleHash.leaves(contents, sizes, into: &digests, interleaved: interleaved)
                        #expect(digests == views.map { MerkleHash.leaf($0) })
                    }
                }
            }
        }
    }

    @Test("nodes made together are those made one by one", arguments: [0, 2, 4, 6, 64, 128])
    func pairs(count: Int) {
        let digests = (0..<count).map { number in
            Self.noise[number * 7..<number * 7 + 32].withUnsafeBytes { Digest(loadingFrom: $0.baseAddress!) }
        }
        let expected = stride(from: 0, to: count, by: 2).map { MerkleHash.node(digests[$0], digests[$0 + 1]) }
        for interleaved in [Digest.isInterleaved, false] {
            var made = digests
            made.withUnsafeMutableBufferPointer { made in
                guard let base = made.baseAddress else { return }
                MerkleHash.nodes(base, count: count, interleaved: interleaved)
            }
            #expect(Array(made.prefix(count / 2)) == expected)
        }
    }

    @Test("two checksums computed side by side are the two, at all lengths")
    func checksums() {
        var random = SealedStore.Random(5)
        Self.noise.withUnsafeBytes { noise in
            for _ in 0..<2_000 {
                let pieces = Self.pieces(2, &random).map { UnsafeRawBufferPointer(rebasing: noise[$0]) }
                let both = hf_crc32c_two(
                    pieces[0].baseAddress, pieces[0].count, pieces[1].baseAddress, pieces[1].count)
                #expect(
                    [UInt32(truncatingIfNeeded: both), UInt32(truncatingIfNeeded: both >> 32)]
                        == pieces.map { hf_crc32c_table(0, $0.baseAddress, $0.count) })
            }
        }
    }
}
