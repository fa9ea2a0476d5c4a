/// Finds the end of a lane's log in its last segment, and tells a torn batch from damage.
///
/// Only one batch is in flight at a time, so only the very last one can be torn, and a torn one was never
/// acknowledged: it is cut. Everything else that is not a good batch is damage. What tells them apart: segments are
/// zero-filled before use and the last byte of a batch is never zero, so a write that did not reach the disk whole
/// leaves a zero end or a whole sector of zeros. A flipped bit does not.
struct TailScan {
    private(set) var tail: LogTail
    /// The end of the log without its last batch, for a round that other lanes did not complete.
    private(set) var beforeLast: LogTail?
    private(set) var last: BatchHeader?
    /// What remains of a torn batch, within the segment file.
    private(set) var torn: Range<UInt64>?
    private let segmentBytes: UInt64

    init(_ scanner: SegmentScanner) throws(LogError) {
        tail = LogTail(before: scanner.header)
        segmentBytes = scanner.header.segmentBytes
        while true {
            switch try scanner.step() {
            case .batch(let batch):
                beforeLast = tail
                last = batch.header
                tail = tail.advanced(past: batch)
            case .blank:
                torn = try Self.strayBytes(scanner)
                return
            case .bad(let what, let at, let header):
                torn = try Self.tornBatch(scanner, what: what, at: at, header: header)
                return
            }
        }
    }

    /// The tail behind the last whole batch, whatever stands there: for a reader beside an owner that is writing.
    init(wholeBatchesOf scanner: SegmentScanner) throws(LogError) {
        tail = LogTail(before: scanner.header)
        segmentBytes = scanner.header.segmentBytes
        while case .batch(let batch) = try scanner.step() {
            beforeLast = tail
            last = batch.header
            tail = tail.advanced(past: batch)
        }
    }

    /// The tail behind the last batch whose header is whole, whatever stands before it: for whoever lists all damage.
    init(passingDamageIn scanner: SegmentScanner) throws(LogError) {
        tail = LogTail(before: scanner.header)
        segmentBytes = scanner.header.segmentBytes
        while true {
            if case .batch(let batch) = try scanner.step() {
                beforeLast = tail
                last = batch.header
                tail = tail.advanced(past: batch)
                continue
            }
            switch try scanner.passDamage() {
            case .batch(let batch):
                last = batch.header
                tail = tail.advanced(past: batch)
            case .behind: break
            case .nothingBehind: return
            }
        }
    }

    /// Behind a blank header: sectors of a batch whose first one never reached the disk, or nothing.
    private static func strayBytes(_ scanner: SegmentScanner) throws(LogError) -> Range<UInt64>? {
        let end = scanner.offset
        guard let stray = try scanner.lastWritten(from: end) else { return nil }
        if try scanner.hasLaterBatch(from: end, atLeast: scanner.number) {
            throw damage(scanner, end, "batch \(scanner.number) is missing, but later ones are there")
        }
        if stray - end > UInt64(Limits.batchBytesMax) {
            throw damage(scanner, stray, "bytes behind the end of the log are not zero")
        }
        return end..<stray + 1
    }

    private static func tornBatch(
        _ scanner: SegmentScanner, what: String, at: UInt64, header: BatchHeader?
    ) throws(LogError) -> Range<UInt64> {
        let start = scanner.offset
        if try scanner.hasLaterBatch(from: start + 1, atLeast: scanner.number + 1) {
            throw damage(scanner, at, what)
        }
        guard let written = try scanner.lastWritten(from: start) else { return start..<start }
        let range = start..<written + 1
        if let header {
            // The header is whole and in its place; did the rest of the batch arrive?
            guard header.number == scanner.number, header.previousHash == scanner.hash,
                header.address == scanner.address
            else { throw damage(scanner, at, what) }
            let end = start + UInt64(header.size)
            if written + 1 < end { return range }
            if written + 1 == end, try scanner.hasBlankSector(in: start..<end) { return range }
        } else {
            if written < start + UInt64(BatchHeader.bytes) { return range }
            if try scanner.hasBlankSector(in: range) { return range }
        }
        throw damage(scanner, at, what)
    }

    private static func damage(_ scanner: SegmentScanner, _ offset: UInt64, _ found: String) -> LogError {
        .damaged(Damage(file: scanner.file.path, offset: offset, found: found))
    }

    /// Takes the last batch off the end: it belongs to a round that never became durable.
    mutating func dropLast() {
        guard let beforeLast, let last else { return }
        let start = last.address % segmentBytes
        torn = start..<max(torn?.upperBound ?? 0, start + UInt64(last.size))
        tail = beforeLast
        self.beforeLast = nil
        self.last = nil
    }
}

extension LogTail {
    func advanced(past batch: BatchView) -> LogTail {
        LogTail(
            address: batch.header.address + UInt64(batch.header.size), number: batch.header.number,
            hash: batch.hash, round: batch.header.round,
            nextPosition: batch.header.position + UInt64(batch.header.count), time: batch.header.time)
    }

    /// What is wrong where the log ends here, though a segment was begun behind it that holds no whole batch.
    ///
    /// A segment is begun once everything before it is durable, and its header says what that is. So where the log ends
    /// otherwise it has lost its end, and what looks torn there had been acknowledged.
    func damage(
        _ torn: Range<UInt64>?, before begun: SegmentHeader, in place: FileBatchLog.Place, isSealed: Bool,
        on disk: any Disk
    ) throws(LogError) -> Damage? {
        let what: String
        if number + 1 != begun.firstBatch {
            what = "the log ends behind batch \(number) here"
        } else if hash != begun.previousHash {
            what = "batch \(number), which ends here, has another hash"
        } else if let torn, !torn.isEmpty {
            what = "bytes behind batch \(number) are not zero"
        } else {
            return nil
        }
        // An owner that has just opened the log takes that segment away before it writes on in this one.
        do throws(DiskFailure) {
            let file = try disk.open(SegmentNames.path(begun.number, in: place.directory), for: .reading)
            let block = try file.bytes(at: 0, count: SegmentHeader.blockBytes)
            if let block, block != begun.block() { return nil }
        } catch {
            if error.errno == SystemErrors.missing { return nil }
            throw .io(error)
        }
        // The last batch may end exactly where its segment does.
        let segment = (address - 1) / place.segmentBytes
        return Damage(
            file: (isSealed ? SegmentNames.sealedPath : SegmentNames.path)(segment, place.directory),
            offset: address - segment * place.segmentBytes, isBeforeSealing: isSealed,
            found: what + ", but segment \(begun.number) continues batch \(begun.firstBatch - 1)")
    }

    /// The tail of a log that ends right before a segment's first batch.
    init(before header: SegmentHeader) {
        self.init(
            address: header.number * header.segmentBytes + UInt64(SegmentHeader.blockBytes),
            number: header.firstBatch - 1, hash: header.previousHash, round: 0,
            nextPosition: header.firstPosition, time: header.time)
    }

    init?(_ fields: [UInt8]) {
        var reader = FieldReader(fields)
        guard let address: UInt64 = reader.integer(), let number: UInt64 = reader.integer(),
            let hash = reader.digest(), let round: UInt64 = reader.integer(),
            let position: UInt64 = reader.integer(), let time: Int64 = reader.integer(), reader.isAtEnd
        else { return nil }
        self.init(
            address: address, number: number, hash: hash, round: round, nextPosition: position, time: time)
    }

    var fields: [UInt8] {
        var writer = FieldWriter()
        writer.integer(address)
        writer.integer(number)
        writer.digest(hash)
        writer.integer(round)
        writer.integer(nextPosition)
        writer.integer(time)
        return writer.bytes
    }
}
