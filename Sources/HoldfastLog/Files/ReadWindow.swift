/// A moving window over a file, so that small reads cost no system call each.
final class ReadWindow {
    enum Manner {
        /// The file may be written to meanwhile, and read again soon.
        case asItGrows
        /// From end to end, and then no more for a long time.
        case once
    }

    private let file: any DiskFile
    private let manner: Manner
    /// All of it, where it is in memory already.
    private let whole: UnsafeRawBufferPointer?
    private var buffer: UnsafeMutableRawBufferPointer
    private var start: UInt64 = 0
    private var count = 0

    /// A disk that nobody reads ahead for wants to be asked for more at once.
    private var readAhead: Int {
        switch manner {
        case .asItGrows: 1 << 20
        case .once: 4 << 20
        }
    }

    init(_ file: any DiskFile, _ manner: Manner) {
        self.file = file
        self.manner = manner
        whole = (file as? SegmentImage).map { UnsafeRawBufferPointer($0.bytes) }
        buffer = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    }

    deinit { buffer.deallocate() }

    func clear() { count = 0 }

    /// `count` bytes at `offset`, fewer at the end of the file. Good until the next call.
    func bytes(at offset: UInt64, count wanted: Int) throws(LogError) -> UnsafeRawBufferPointer {
        if let whole {
            let start = Int(min(offset, UInt64(whole.count)))
            return UnsafeRawBufferPointer(rebasing: whole[start..<min(start + wanted, whole.count)])
        }
        if offset < start || offset + UInt64(wanted) > start + UInt64(count) {
            do throws(DiskFailure) {
                try move(to: offset, wanted)
            } catch {
                count = 0
                throw .io(error)
            }
        }
        let skip = Int(offset - start)
        let available = max(0, min(wanted, count - skip))
        return UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[skip..<skip + available])
    }

    private func move(to offset: UInt64, _ wanted: Int) throws(DiskFailure) {
        switch manner {
        case .asItGrows:
            // Behind a large batch only the next header is of use: what else were read would be read again with its
            // batch.
            let reading = wanted > readAhead / 4 ? wanted + BatchHeader.bytes : readAhead
            start = offset
            count = try file.read(into: room(for: reading), at: offset)
        case .once:
            start = offset - offset % UInt64(Limits.pageBytes)
            let reading = max(readAhead, Int(offset - start) + wanted).roundedUp(to: Limits.pageBytes)
            count = try file.readPages(into: room(for: reading), at: start)
        }
    }

    private func room(for size: Int) -> UnsafeMutableRawBufferPointer {
        if size > buffer.count {
            buffer.deallocate()
            buffer = .allocate(byteCount: size, alignment: Limits.pageBytes)
        }
        return UnsafeMutableRawBufferPointer(rebasing: buffer[..<size])
    }
}
