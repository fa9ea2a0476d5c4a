internal import CHoldfast

/// Walks the batches of one segment file in order and checks each against its checksums and its place in the chain.
final class SegmentScanner {
    enum Step {
        case batch(BatchView)
        /// Nothing was ever written here, or the segment has no room for another batch.
        case blank
        /// Something stands here that is no good batch.
        case bad(what: String, at: UInt64, header: BatchHeader?)
    }

    let file: any DiskFile
    let header: SegmentHeader
    /// Where the next batch is expected, within the file.
    private(set) var offset: UInt64
    /// What the next batch must continue.
    private(set) var number: UInt64
    private(set) var hash: Digest
    /// Behind damage the next batch is believed what it says of the one before it.
    private var continuesUnknown = false
    private var window: ReadWindow

    /// Starts at the segment's first batch.
    init(file: any DiskFile, header: SegmentHeader, manner: ReadWindow.Manner = .asItGrows) {
        self.file = file
        self.header = header
        offset = UInt64(SegmentHeader.blockBytes)
        number = header.firstBatch
        hash = header.previousHash
        window = ReadWindow(file, manner)
    }

    /// Starts behind a batch that was read before.
    init(file: any DiskFile, header: SegmentHeader, behind tail: LogTail) {
        self.file = file
        self.header = header
        offset = tail.address % header.segmentBytes
        number = tail.number + 1
        hash = tail.hash
        window = ReadWindow(file, .asItGrows)
    }

    var address: UInt64 { header.number * header.segmentBytes + offset }

    /// What was read ahead may have been written to since.
    func forgetReadAhead() { window.clear() }

    /// The batch at the present place; moves behind it when it is good. The view is good until the next step.
    func step() throws(LogError) -> Step {
        let room = header.segmentBytes - offset
        guard room >= UInt64(BatchHeader.smallest) else { return .blank }
        let head = try window.bytes(at: offset, count: BatchHeader.bytes)
        if head.isAllZero { return .blank }
        guard let batch = BatchHeader(at: head.baseAddress!, available: head.count) else {
            return .bad(what: "the header of batch \(number) does not match its checksum", at: offset, header: nil)
        }
        if let what = misplaced(batch, room: room) { return .bad(what: what, at: offset, header: batch) }
        let bytes = try window.bytes(at: offset, count: batch.size)
        if let fault = BatchView.fault(in: bytes, header: batch) {
            return .bad(what: "batch \(number): \(fault.what)", at: offset + UInt64(fault.offset), header: batch)
        }
        let view = BatchView(header: batch, base: bytes.baseAddress!)
        offset += UInt64(batch.size)
        number = batch.number + 1
        hash = view.hash
        continuesUnknown = false
        return .batch(view)
    }

    private func misplaced(_ batch: BatchHeader, room: UInt64) -> String? {
        if batch.lane != header.lane { return "a batch of lane \(batch.lane) stands in lane \(header.lane)" }
        if batch.address != address { return "the batch says that its address is \(batch.address), not \(address)" }
        if batch.number != number, !continuesUnknown {
            return "batch \(batch.number) stands where batch \(number) was expected"
        }
        if batch.previousHash != hash, !continuesUnknown {
            return "batch \(number) does not continue the hash of the one before it"
        }
        if UInt64(batch.size) > room { return "batch \(number) reaches beyond its segment" }
        return nil
    }

    /// Goes on behind what `step` found bad: behind the batch whose header is whole, or at the next such header.
    func passDamage() throws(LogError) -> DamagePassed {
        let step = UInt64(Limits.batchAlignment)
        var at = offset
        while at + UInt64(BatchHeader.smallest) <= header.segmentBytes {
            let head = try window.bytes(at: at, count: BatchHeader.bytes)
            guard head.count == BatchHeader.bytes else { break }
            if let batch = BatchHeader(at: head.baseAddress!, available: head.count), batch.number >= number,
                batch.address == header.number * header.segmentBytes + at, batch.lane == header.lane,
                UInt64(batch.size) <= header.segmentBytes - at
            {
                continuesUnknown = true
                if at > offset {
                    offset = at
                    return .behind
                }
                let bytes = try window.bytes(at: at, count: batch.size)
                guard bytes.count == batch.size else { break }
                offset = at + UInt64(batch.size)
                number = batch.number + 1
                return .batch(BatchView(header: batch, base: bytes.baseAddress!))
            }
            at += step
        }
        return .nothingBehind
    }

    /// Whether a good batch header with a number of at least `least` stands anywhere from `start` on: then what was
    /// lost before it had been acknowledged.
    func hasLaterBatch(from start: UInt64, atLeast least: UInt64) throws(LogError) -> Bool {
        let step = UInt64(Limits.batchAlignment)
        var at = start.roundedUp(to: step)
        while at + UInt64(BatchHeader.bytes) <= header.segmentBytes {
            let bytes = try window.bytes(at: at, count: BatchHeader.bytes)
            // Of a file that is cut short nothing stands behind its end.
            guard bytes.count == BatchHeader.bytes else { break }
            if bytes.load(as: UInt32.self) == BatchHeader.magic,
                let batch = BatchHeader(at: bytes.baseAddress!, available: bytes.count), batch.number >= least,
                batch.address == header.number * header.segmentBytes + at, batch.lane == header.lane
            {
                return true
            }
            at += step
        }
        return false
    }

    /// The last byte of the file that is not zero, at or behind `start`; nil when all are zero.
    func lastWritten(from start: UInt64) throws(LogError) -> UInt64? {
        var last: UInt64?
        var at = start
        while at < header.segmentBytes {
            let bytes = try window.bytes(at: at, count: Int(min(1 << 20, header.segmentBytes - at)))
            if bytes.isEmpty { break }
            if let found = bytes.lastNonZero { last = at + UInt64(found) }
            at += UInt64(bytes.count)
        }
        return last
    }

    /// Whether some disk sector in `range` holds nothing but zeros (counting only its part within the range).
    func hasBlankSector(in range: Range<UInt64>) throws(LogError) -> Bool {
        let sector = UInt64(Limits.sectorBytes)
        var at = range.lowerBound
        while at < range.upperBound {
            let end = min((at / sector + 1) * sector, range.upperBound)
            let bytes = try window.bytes(at: at, count: Int(end - at))
            if bytes.isAllZero { return true }
            at = end
        }
        return false
    }
}

extension UnsafeRawBufferPointer {
    /// Compares the bytes with themselves one further on: as fast as the C library compares, which matters where a
    /// whole prepared segment is looked through.
    var isAllZero: Bool {
        guard let base = baseAddress, count > 0 else { return true }
        return self[0] == 0 && memcmp(base, base + 1, count - 1) == 0
    }

    /// Index of the first byte that is not zero; sectors of zeros are passed over at once.
    var firstNonZero: Int? {
        var at = 0
        while at < count {
            let sector = UnsafeRawBufferPointer(rebasing: self[at..<Swift.min(at + Limits.sectorBytes, count)])
            if !sector.isAllZero { return at + sector.firstIndex { $0 != 0 }! }
            at += sector.count
        }
        return nil
    }

    /// Index of the last byte that is not zero.
    var lastNonZero: Int? {
        var end = count
        while end > 0 {
            let start = Swift.max(0, end - Limits.sectorBytes)
            let sector = UnsafeRawBufferPointer(rebasing: self[start..<end])
            if !sector.isAllZero { return start + sector.lastIndex { $0 != 0 }! }
            end = start
        }
        return nil
    }
}
