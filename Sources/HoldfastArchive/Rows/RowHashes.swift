internal import CCrypto
package import HoldfastLog

/// A hash of a set of rows in which their order has no part: a merge or an erasure has kept what it should have if
/// and only if the sum is the same.
///
/// It is the sum, modulo 2^256, of the SHA-256 digests of the rows, each read as a big-endian number. A row is hashed
/// as its line without the line end and with `null` in the place of its `ref`, so that an erasure of references
/// leaves the sum as it was. Any language with SHA-256 and large numbers computes it.
///
/// Against mistakes this is as strong as SHA-256. Whoever may choose the bytes of very many rows could make two sets
/// with one sum (some 2^31 hashes for 2^16 rows); against them stand the SHA-256 of the files and the log itself.
package struct RowSetHash: Sendable, Equatable {
    /// The most significant first.
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    package init() {}

    package init?(hexadecimal text: String) {
        guard let digest = Digest(hexadecimal: text) else { return nil }
        add(digest)
    }

    package mutating func add(_ digest: Digest) {
        let bytes = digest.words
        add((bytes.0.byteSwapped, bytes.1.byteSwapped, bytes.2.byteSwapped, bytes.3.byteSwapped))
    }

    package mutating func add(_ other: RowSetHash) { add(other.words) }

    private mutating func add(_ other: (UInt64, UInt64, UInt64, UInt64)) {
        var carry = false
        func sum(_ left: UInt64, _ right: UInt64) -> UInt64 {
            let (partial, first) = left.addingReportingOverflow(right)
            let (total, second) = partial.addingReportingOverflow(carry ? 1 : 0)
            carry = first || second
            return total
        }
        words.3 = sum(words.3, other.3)
        words.2 = sum(words.2, other.2)
        words.1 = sum(words.1, other.1)
        words.0 = sum(words.0, other.0)
    }

    package var hexadecimal: String {
        [words.0, words.1, words.2, words.3].map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    package static func == (left: RowSetHash, right: RowSetHash) -> Bool { left.words == right.words }
}

/// A SHA-256 that is fed piece by piece.
package final class RunningDigest {
    private let context = EVP_MD_CTX_new()!
    private let algorithm = EVP_MD_fetch(nil, "SHA256", nil)!

    package init() { start() }

    deinit {
        EVP_MD_CTX_free(context)
        EVP_MD_free(algorithm)
    }

    private func start() {
        precondition(EVP_DigestInit_ex2(context, algorithm, nil) == 1, "libcrypto could not begin a SHA-256")
    }

    package func update(_ bytes: UnsafeRawBufferPointer) {
        precondition(EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1, "libcrypto could not hash")
    }

    /// The digest of all so far; begins anew.
    package func finish() -> Digest {
        var digest = Digest()
        let done = withUnsafeMutableBytes(of: &digest.words) { out in
            EVP_DigestFinal_ex(context, out.baseAddress, nil)
        }
        precondition(done == 1, "libcrypto could not finish a SHA-256")
        start()
        return digest
    }
}

/// Hashes rows one by one as `RowSetHash` wants them.
package final class RowHasher {
    private let digest = RunningDigest()
    private let scratch = UnsafeMutableRawBufferPointer.allocate(
        byteCount: ArchiveLimits.rowBytesMax + 4, alignment: 16)

    package init() {}

    deinit { scratch.deallocate() }

    /// `ref` is where the value of `ref` lies in the line; nil where it is null already.
    package func hash(_ line: UnsafeRawBufferPointer, ref: Range<Int>?) -> Digest {
        digest.update(ref == nil ? line : RowHasher.withoutRef(line, ref: ref, in: scratch))
        return digest.finish()
    }

    /// A copy of the line with `null` for its ref.
    static func withoutRef(
        _ line: UnsafeRawBufferPointer, ref: Range<Int>?, in room: UnsafeMutableRawBufferPointer
    ) -> UnsafeRawBufferPointer {
        precondition(line.count + 4 <= room.count, "a row has at most so many bytes")
        let base = room.baseAddress!
        guard let ref else {
            base.copyMemory(from: line.baseAddress!, byteCount: line.count)
            return UnsafeRawBufferPointer(start: base, count: line.count)
        }
        let null: StaticString = "null"
        let tail = line.count - ref.upperBound
        base.copyMemory(from: line.baseAddress!, byteCount: ref.lowerBound)
        (base + ref.lowerBound).copyMemory(from: null.utf8Start, byteCount: 4)
        (base + ref.lowerBound + 4).copyMemory(from: line.baseAddress! + ref.upperBound, byteCount: tail)
        return UnsafeRawBufferPointer(start: base, count: ref.lowerBound + 4 + tail)
    }
}

/// Adds rows up as `RowSetHash` wants them. Several wait until they are hashed together: two at a time take half as long
/// as one after the other.
package final class RowSetHasher {
    private let room = UnsafeMutableRawBufferPointer.allocate(
        byteCount: 3 * (ArchiveLimits.rowBytesMax + 4), alignment: 16)
    @exclusivity(unchecked) private var used = 0
    @exclusivity(unchecked) private var rows: [UnsafeRawPointer?] = []
    @exclusivity(unchecked) private var sizes: [Int] = []
    @exclusivity(unchecked) private var digests = [Digest](repeating: Digest(), count: rowsMax)
    @exclusivity(unchecked) private var sum = RowSetHash()

    private static let rowsMax = 16

    package init() {
        rows.reserveCapacity(Self.rowsMax)
        sizes.reserveCapacity(Self.rowsMax)
    }

    deinit { room.deallocate() }

    /// `ref` is where the value of `ref` lies in the line; nil where it is null already.
    package func add(_ line: UnsafeRawBufferPointer, ref: Range<Int>?) {
        if rows.count == Self.rowsMax || room.count - used < line.count + 4 { hashRows() }
        let place = UnsafeMutableRawBufferPointer(rebasing: room[used...])
        let row = RowHasher.withoutRef(line, ref: ref, in: place)
        rows.append(row.baseAddress)
        sizes.append(row.count)
        used += row.count
    }

    /// The sum of the rows since the last time.
    package func take() -> RowSetHash {
        hashRows()
        defer { sum = RowSetHash() }
        return sum
    }

    private func hashRows() {
        Digest.sha256(of: rows, sizes, into: &digests)
        for index in rows.indices { sum.add(digests[index]) }
        rows.removeAll(keepingCapacity: true)
        sizes.removeAll(keepingCapacity: true)
        used = 0
    }
}
