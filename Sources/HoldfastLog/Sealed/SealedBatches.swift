internal import CHoldfast

/// The table of a segment's batches: what is needed to put each back byte for byte, in the order of the log.
///
/// A u32 with the bytes of the numbers, the numbers, then 32 bytes a batch, its hash. Numbers for each batch, all
/// varints, signed ones where marked ±: size in units of 128; events; kind; batches in its round; ± position less
/// the end of the batch before; ± time less that of the batch before; ± round less that of the batch before; ± epoch
/// less that of the batch before. Before the first batch stand the segment's own position and time, and zeros.
struct SealedBatches {
    private(set) var headers: [BatchHeader] = []
    private(set) var hashes: [Digest] = []

    init() {}

    mutating func append(_ batch: BatchView) {
        headers.append(batch.header)
        hashes.append(batch.hash)
    }

    func stored(_ segment: SegmentHeader) -> [UInt8] {
        var numbers = ByteColumn(capacity: headers.count * 16 + 16)
        defer { numbers.free() }
        var before = Before(segment)
        for header in headers {
            numbers.varint(UInt64(header.size / Limits.batchAlignment))
            numbers.varint(UInt64(header.count))
            numbers.varint(UInt64(header.kind.rawValue))
            numbers.varint(UInt64(header.batchesInRound))
            numbers.signed(Int64(bitPattern: header.position &- before.position))
            numbers.signed(header.time &- before.time)
            numbers.signed(Int64(bitPattern: header.round &- before.round))
            numbers.signed(Int64(bitPattern: header.epoch &- before.epoch))
            before.advance(header)
        }
        var fields = FieldWriter()
        fields.integer(UInt32(numbers.count))
        var bytes = fields.bytes + Array(numbers.bytes)
        bytes.reserveCapacity(bytes.count + 32 * hashes.count)
        for hash in hashes { withUnsafeBytes(of: hash.words) { bytes.append(contentsOf: $0) } }
        return bytes
    }

    private struct Before {
        var position: UInt64
        var time: Int64
        var round: UInt64 = 0
        var epoch: UInt64 = 0

        init(_ segment: SegmentHeader) {
            position = segment.firstPosition
            time = segment.time
        }

        mutating func advance(_ header: BatchHeader) {
            position = header.position + UInt64(header.count)
            time = header.time
            round = header.round
            epoch = header.epoch
        }
    }

    /// Nil where the bytes are no such table of `count` batches that end at `end`.
    init?(_ stored: [UInt8], count: Int, of segment: SegmentHeader, end: UInt64) {
        guard stored.count >= 4 else { return nil }
        let numberBytes = stored.withUnsafeBytes { Int($0.load(as: UInt32.self)) }
        guard stored.count - 4 >= numberBytes, stored.count - 4 - numberBytes == 32 * count else { return nil }
        let good = stored.withUnsafeBytes { raw in
            read(
                ByteCursor(UnsafeRawBufferPointer(rebasing: raw[4..<4 + numberBytes])),
                hashes: UnsafeRawBufferPointer(rebasing: raw[(4 + numberBytes)...]), count, segment, end)
        }
        guard good else { return nil }
    }

    private mutating func read(
        _ cursor: ByteCursor, hashes raw: UnsafeRawBufferPointer, _ count: Int, _ segment: SegmentHeader, _ end: UInt64
    ) -> Bool {
        var numbers = cursor
        var before = Before(segment)
        var address = segment.number * segment.segmentBytes + UInt64(SegmentHeader.blockBytes)
        var previousHash = segment.previousHash
        headers.reserveCapacity(count)
        hashes.reserveCapacity(count)
        for index in 0..<count {
            let size = numbers.size(upTo: Limits.batchBytesMax / Limits.batchAlignment) * Limits.batchAlignment
            let events = numbers.size(upTo: size / RecordLayout.headerBytes)
            let kind = BatchHeader.Kind(rawValue: UInt16(numbers.size(upTo: Int(UInt16.max))))
            let inRound = numbers.size(upTo: Int(UInt16.max))
            let position = before.position &+ UInt64(bitPattern: numbers.signed())
            let time = before.time &+ numbers.signed()
            let round = before.round &+ UInt64(bitPattern: numbers.signed())
            let epoch = before.epoch &+ UInt64(bitPattern: numbers.signed())
            guard let kind, !numbers.failed, size >= BatchHeader.smallest, address <= end, end - address >= UInt64(size)
            else { return false }
            let header = BatchHeader(
                size: size, number: segment.firstBatch + UInt64(index), epoch: epoch, round: round, address: address,
                position: position, time: time, count: events, lane: segment.lane, batchesInRound: inRound,
                previousHash: previousHash, kind: kind)
            guard header.isPossible else { return false }
            headers.append(header)
            previousHash = Digest(loadingFrom: raw.baseAddress! + 32 * index)
            hashes.append(previousHash)
            address += UInt64(size)
            before.advance(header)
        }
        return numbers.isAtEnd && address == end
    }
}
