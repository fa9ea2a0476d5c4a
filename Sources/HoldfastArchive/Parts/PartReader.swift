package import HoldfastLog

/// Reads the members of a part one after the other, and can say at the end whether the file and its rows are those
/// of the manifest.
package final class PartReader {
    package let file: DataFile
    private let opened: any DiskFile
    private let path: String
    private let codec: GzipCodec
    private var next = 0
    private var packed: UnsafeMutableRawBufferPointer
    private let fileDigest = RunningDigest()
    private let rowsDigest = RunningDigest()
    private var readsAll = true

    package init(_ file: DataFile, opened: any DiskFile, path: String, codec: GzipCodec) {
        self.file = file
        self.opened = opened
        self.path = path
        self.codec = codec
        packed = .allocate(byteCount: 1, alignment: 16)
    }

    /// A part where it lies; its size is checked at once.
    package convenience init(
        _ file: DataFile, at path: String, in storage: Storage, codec: GzipCodec
    ) throws(ArchiveError) {
        guard storage.fileExists(path) else { throw .missing(file: storage.full(path), neededBy: "a snapshot") }
        let opened = try storage.open(path)
        let size = try onDisk { () throws(DiskFailure) in try opened.size() }
        guard size == file.fileBytes else {
            throw .damaged(
                file: storage.full(path), found: "it has \(size) bytes, its manifest says \(file.fileBytes)")
        }
        self.init(file, opened: opened, path: storage.full(path), codec: codec)
    }

    deinit { packed.deallocate() }

    /// Goes to a member; the hashes of the whole can't be checked any more.
    package func seek(toMember index: Int) {
        next = index
        readsAll = false
    }

    package var memberIndex: Int { next }

    /// The rows of the next member, good until the next call, or nil at the end.
    package func nextMember() throws(ArchiveError) -> UnsafeRawBufferPointer? {
        guard next < file.splits.count else { return nil }
        let start = file.splits[next].offset
        let end = next + 1 < file.splits.count ? file.splits[next + 1].offset : file.fileBytes
        guard start < end, end <= file.fileBytes, end - start <= UInt64(ArchiveLimits.memberBytesMax * 2) else {
            throw damaged("member \(next) can't lie from \(start) to \(end)")
        }
        let size = Int(end - start)
        if packed.count < size {
            packed.deallocate()
            packed = .allocate(byteCount: size, alignment: 16)
        }
        let bytes = UnsafeMutableRawBufferPointer(rebasing: packed[..<size])
        let got = try onDisk { () throws(DiskFailure) in try opened.read(into: bytes, at: start) }
        guard got == size else { throw damaged("it ends within member \(next), at byte \(start + UInt64(got))") }
        if readsAll { fileDigest.update(UnsafeRawBufferPointer(bytes)) }
        guard let rows = codec.unpack(UnsafeRawBufferPointer(bytes)) else {
            throw damaged("member \(next), bytes \(start) to \(end), can't be unpacked")
        }
        if readsAll { rowsDigest.update(rows) }
        next += 1
        return rows
    }

    /// After all members were read.
    package func checkHashes() throws(ArchiveError) {
        precondition(readsAll && next == file.splits.count, "hashes are checked after the whole file was read")
        guard file.splits.first?.offset == 0 else { throw damaged("its first member does not begin at byte 0") }
        guard fileDigest.finish() == file.fileHash else { throw damaged("its SHA-256 is not that of its manifest") }
        guard rowsDigest.finish() == file.rowsHash else {
            throw damaged("the SHA-256 of its rows is not that of its manifest")
        }
    }

    package func damaged(_ found: String) -> ArchiveError { .damaged(file: path, found: found) }
}
