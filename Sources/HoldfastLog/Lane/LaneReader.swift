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

    /// Whether a record was in a segment that the log has given up.
    func isGivenUp(_ address: UInt64) -> Bool { address < log.firstAddress }

    /// Whether a record is in a sealed segment: then it is to be asked for by its stream's key.
    func isSealed(_ address: UInt64) throws(LogError) -> Bool {
        for batch in recent where address >= batch.address && address < batch.end { return false }
        return try log.sealedSegment(at: address) != nil
    }

    func record(at address: UInt64, of key: UnsafeRawBufferPointer) throws(LogError) -> RecordView? {
        try scratch.load(address, of: key, from: log)
    }

    /// Where a stream's newest record stands, not behind `address`, in the newest sealed segment that may have the
    /// name; and where that segment begins.
    func newestSealed(
        name: UInt64, of key: UnsafeRawBufferPointer, upTo address: UInt64
    ) throws(LogError) -> (address: UInt64, segment: UInt64)? {
        var limit = address
        while let segment = try log.sealedSegment(at: limit) {
            if try segment.mayHold(name: name), let last = try scratch.last(of: key, in: segment, upTo: limit) {
                return (last, segment.start)
            }
            if segment.start == 0 { return nil }
            limit = segment.start - 1
        }
        return nil
    }
}

/// Room for one record read from the log. Most are small: one read of half a kilobyte brings them whole.
package final class RecordScratch {
    private var buffer: UnsafeMutableRawBufferPointer
    private var sealed: SealedRecords?
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

    /// The record at `address`, which is one of the stream with this key. From a sealed segment nil where it is not:
    /// there a record can only be found by its key. Good until the next call.
    package func load(
        _ address: UInt64, of key: UnsafeRawBufferPointer, from log: any BatchLog
    ) throws(LogError) -> RecordView? {
        guard let segment = try log.sealedSegment(at: address) else { return try load(address, from: log) }
        return try records(of: segment).row(at: address, of: key, in: segment).map { store($0) }
    }

    package func load(_ address: UInt64, of key: [UInt8], from log: any BatchLog) throws(LogError) -> RecordView? {
        try key.withUnsafeBytes { key in
            Result { () throws(LogError) in try load(address, of: key, from: log) }
        }.get()
    }

    /// The address of a stream's last record in a segment, not behind `address`.
    func last(
        of key: UnsafeRawBufferPointer, in segment: SealedSegment, upTo address: UInt64
    ) throws(LogError) -> UInt64? {
        try records(of: segment).lastRow(of: key, in: segment, upTo: address)?.address
    }

    private func records(of segment: SealedSegment) -> SealedRecords {
        if let sealed { return sealed }
        let fresh = SealedRecords(segment.packing)
        sealed = fresh
        return fresh
    }

    private func store(_ row: SealedRow) -> RecordView {
        let size = row.recordBytes
        if size > buffer.count {
            buffer.deallocate()
            buffer = .allocate(byteCount: size, alignment: 16)
        }
        row.store(at: buffer.baseAddress!)
        return RecordView(buffer.baseAddress!)
    }
}
