/// Reads single records of a lane by address: from batches still in memory where it can, from the log otherwise.
/// Used by the lane's own thread only.
package final class LaneReader {
    private let log: any BatchLog
    /// Batches that were handed to the committing thread and whose memory has not been reused yet.
    private var recent: [(address: UInt64, end: UInt64, base: UnsafeRawPointer)] = []
    private let scratch: RecordScratch

    package init(log: any BatchLog) {
        self.log = log
        scratch = RecordScratch()
    }

    /// Remembers a batch that left the lane, as long as its memory stands.
    func remember(_ batch: OpenBatch) {
        recent.append((batch.address, batch.nextAddress, UnsafeRawPointer(batch.base)))
    }

    /// Forgets what was in a piece of memory that is about to be reused.
    func forget(memoryAt base: UnsafeRawPointer) { recent.removeAll { $0.base == base } }

    package func record(at address: UInt64) throws(LogError) -> RecordView {
        for batch in recent where address >= batch.address && address < batch.end {
            return RecordView(batch.base + Int(address - batch.address))
        }
        return try scratch.load(address, from: log)
    }
}

/// Room for one record read from the log. Most are small: one read of half a kilobyte brings them whole.
package final class RecordScratch {
    private var buffer: UnsafeMutableRawBufferPointer
    private static let firstRead = 512

    package init() { buffer = .allocate(byteCount: 4096, alignment: 16) }
    deinit { buffer.deallocate() }

    /// The record at `address`, checked. Good until the next call.
    package func load(_ address: UInt64, from log: any BatchLog) throws(LogError) -> RecordView {
        var got = try log.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<Self.firstRead]), at: address)
        guard got >= RecordLayout.headerBytes else {
            throw log.damage(at: address, "there is no event where another one refers to")
        }
        let size = RecordView(buffer.baseAddress!).size
        if size > got {
            if size > buffer.count {
                let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
                buffer.deallocate()
                buffer = larger
            }
            got = try log.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<size]), at: address)
        }
        guard let record = RecordView.validated(buffer.baseAddress!, available: got) else {
            throw log.damage(at: address, "an event that another one refers to does not match its checksum")
        }
        return record
    }
}
