/// Writes a file from its beginning to its end, in whole pages past the page cache: for files that are large, and that
/// nobody reads soon. Fresh pages of the cache cost more processor time than what is written there did.
final class PageWriter {
    private let file: any DiskFile
    private let buffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: Limits.copyStepBytes, alignment: Limits.pageBytes)
    private var filled = 0
    /// Where in the file the buffer begins.
    private var at: UInt64 = 0

    init(_ file: any DiskFile) { self.file = file }

    deinit { buffer.deallocate() }

    func append(_ bytes: UnsafeRawBufferPointer) throws(DiskFailure) {
        var rest = bytes
        while !rest.isEmpty {
            let count = min(rest.count, buffer.count - filled)
            UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]).copyMemory(
                from: UnsafeRawBufferPointer(rebasing: rest[..<count]))
            filled += count
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            if filled == buffer.count {
                try file.writePages(UnsafeRawBufferPointer(buffer), at: at)
                at += UInt64(filled)
                filled = 0
            }
        }
    }

    func append(_ bytes: [UInt8]) throws(DiskFailure) {
        try bytes.span.withUnsafeBytes { (raw) throws(DiskFailure) in try append(raw) }
    }

    /// Writes what is left, which ends where the file does.
    func finish() throws(DiskFailure) {
        try file.write(UnsafeRawBufferPointer(rebasing: buffer[..<filled]), at: at)
    }
}
