internal import CHoldfast
private import Glibc
internal import HoldfastLog

/// Where records lie for a while that are too many for memory. The file has no name: it is gone with the process,
/// however that ends.
final class SpillFile {
    private let directory: String
    private let descriptor: Int32
    private(set) var end = 0

    init(in directory: String) throws(ArchiveError) {
        self.directory = directory
        descriptor = hf_open_nameless(directory)
        if descriptor < 0 { throw Self.failure("make a nameless file in", directory) }
    }

    deinit { close(descriptor) }

    /// Returns where they lie.
    func append(_ bytes: UnsafeRawBufferPointer) throws(ArchiveError) -> Int {
        var done = 0
        while done < bytes.count {
            let put = hf_paced_pwrite(descriptor, bytes.baseAddress! + done, bytes.count - done, end + done)
            if put <= 0 { throw Self.failure("write to a nameless file in", directory) }
            done += put
        }
        defer { end += done }
        return end
    }

    /// What has been read is not wanted again, and leaves the page cache.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(ArchiveError) {
        var done = 0
        while done < buffer.count {
            let got = pread(descriptor, buffer.baseAddress! + done, buffer.count - done, offset + done)
            if got <= 0 { throw Self.failure("read from a nameless file in", directory) }
            done += got
        }
        posix_fadvise(descriptor, offset, buffer.count, POSIX_FADV_DONTNEED)
    }

    private static func failure(_ operation: String, _ directory: String) -> ArchiveError {
        .io(DiskFailure(operation: operation, path: directory, errno: errno))
    }
}
