internal import CHoldfast
internal import CLz4

/// Rewrites a whole segment as a sealed one, in memory: by stream, in compressed blocks, with all that goes with them.
/// Deterministic for one version of the compressor.
struct SegmentEncoder {
    private let image: SegmentImage
    private let segment: SegmentHeader
    private let packing: any PayloadPacking
    /// Seeds the hash of keys and so of names.
    private let seed: UInt64
    private let patience: Patience

    private var batches = SealedBatches()
    private var counts = SealedCounts()
    private var tail: LogTail
    private var tree = MerkleTree()
    private var types = TypeTally()

    init(
        _ image: SegmentImage, _ segment: SegmentHeader, packing: any PayloadPacking, seed: UInt64,
        patience: Patience = .endless
    ) {
        self.image = image
        self.segment = segment
        self.packing = packing
        self.seed = seed
        self.patience = patience
        tail = LogTail(before: segment)
    }

    /// The bytes of the sealed file. Damage in the segment is thrown, with its place there.
    mutating func encode(previousChained: Digest) throws(LogError) -> SealedContent {
        var offsets: [UInt32] = []
        try scan(&offsets)
        let root = SegmentRoot(
            lane: segment.lane, number: segment.number, firstPosition: segment.firstPosition,
            eventCount: counts.events, root: tree.root, lastBatchHash: tail.hash, previousChained: previousChained)
        var header = SealedHeader(segment: segment, packing: packing.id, tail: tail, counts: counts, root: root)
        let table = batches.stored(segment)
        var blocks = EncodedBlocks(capacity: Int(tail.address % segment.segmentBytes) / 4 + 4096)
        let order: [UInt32]
        do throws(LogError) {
            order = try encodeBlocks(offsets, header.widths, into: &blocks)
        } catch {
            blocks.free()
            blocks.names.free()
            throw error
        }
        header.nameCount = UInt64(blocks.names.count / 8)
        let filter = blocks.names.bytes.withMemoryRebound(to: UInt64.self) { RequestFilter.build($0) }
        blocks.names.free()
        return SealedContent(
            header: header, statistics: counts.statistics, batches: table, blocks: blocks, filter: filter,
            origin: SealedOrigin(image: image, segment: segment, batches: batches.headers, order: order))
    }

    private mutating func scan(_ offsets: inout [UInt32]) throws(LogError) {
        let scanner = SegmentScanner(file: image, header: segment)
        offsets.reserveCapacity(image.bytes.count / 128)
        let start = segment.number * segment.segmentBytes
        while true {
            switch try scanner.step() {
            case .batch(let batch):
                batches.append(batch)
                counts.batches += 1
                tail = tail.advanced(past: batch)
                let base = UnsafeRawPointer(image.bytes.baseAddress!)
                batch.forEachRecord { _, address in
                    let offset = address - start
                    let record = RecordView(base + Int(offset))
                    offsets.append(UInt32(offset >> 3))
                    counts.add(record)
                    types.add(record.type)
                }
                tree.append(recordsOf: batch)
                try patience.check()
            case .blank:
                if let stray = try scanner.lastWritten(from: scanner.offset) {
                    throw .damaged(
                        Damage(
                            file: image.path, offset: stray,
                            found: "bytes behind the last batch of the segment are not zero"))
                }
                counts.byType = types.byType
                return
            case .bad(let what, let at, _):
                throw .damaged(Damage(file: image.path, offset: at, found: what))
            }
        }
    }

    /// Returns where the records stand in the image in the order of their rows, in units of eight bytes.
    private func encodeBlocks(
        _ offsets: [UInt32], _ widths: SealedWidths, into blocks: inout EncodedBlocks
    ) throws(LogError) -> [UInt32] {
        let order = KeyOrder(image: UnsafeRawPointer(image.bytes.baseAddress!), offsets: offsets)
        try patience.check()
        var encoder = BlockEncoder(widths: widths, packing: packing)
        let rows = UnsafeMutableBufferPointer<SealedRow>.allocate(capacity: SealedBlock.rowsMax)
        defer { rows.deallocate() }
        var next = 0
        var made = 0
        while next < order.count {
            var count = 0
            var contentBytes = 0
            var payloadBytes = 0
            while next < order.count, count < SealedBlock.rowsMax, contentBytes < SealedBlock.payloadBytesAim {
                let record = order.record(next)
                order.prefetch(next + Self.recordsAhead)
                rows.initializeElement(
                    at: count, to: SealedRow(record, at: widths.start + order.offset(next)))
                payloadBytes += record.payloadCount
                contentBytes += record.payloadCount + record.metadataCount
                count += 1
                next += 1
            }
            let block = UnsafeMutableBufferPointer(rebasing: rows[..<count])
            encoder.encode(block)
            blocks.append(encoder.set, first: block[0], rows: count, payloadBytes: payloadBytes)
            packing.addNames(of: UnsafeBufferPointer(block), seed: seed, to: &blocks.names)
            made += 1
            if made & 15 == 0 { try patience.check() }
        }
        return order.places
    }

    /// Records of one player lie all over the segment. Fetched so far ahead they are there when they are wanted.
    static let recordsAhead = 12
}

/// The blocks of a sealed segment as they follow each other in the file, and what the index says of them.
struct EncodedBlocks {
    private(set) var content: ByteColumn
    /// Offsets from the first block on.
    private(set) var entries: [SealedIndex.Entry] = []
    private(set) var keys: [UInt8] = []
    /// Hashes of all names, eight bytes each.
    var names = ByteColumn(capacity: 64 << 10)
    private var scratch = ByteColumn(capacity: 64 << 10)

    init(capacity: Int) { content = ByteColumn(capacity: capacity) }

    mutating func append(_ set: ColumnSet, first: SealedRow, rows: Int, payloadBytes: Int) {
        let size = set.packedBytes
        scratch.count = 0
        let raw = scratch.room(size)
        set.store(at: raw)
        let start = content.count
        let most = Int(LZ4_compressBound(Int32(size)))
        let target = content.room(most)
        var packed = Int(
            LZ4_compress_default(
                raw.assumingMemoryBound(to: CChar.self), target.assumingMemoryBound(to: CChar.self), Int32(size),
                Int32(most)))
        if packed <= 0 || packed >= size {
            target.copyMemory(from: raw, byteCount: size)
            packed = size
        }
        content.count = start + packed
        entries.append(
            SealedIndex.Entry(
                offset: UInt64(start), bytes: packed, unpackedBytes: size, rows: rows, payloadBytes: payloadBytes,
                checksum: hf_crc32c(0, target, packed), firstAddress: first.address, firstRevision: first.revision,
                keyOffset: keys.count, keyCount: first.keyCount))
        keys.append(contentsOf: first.keyBytes)
    }

    mutating func free() {
        content.free()
        scratch.free()
    }

    /// The index of blocks that begin at `offset` of the file.
    func index(at offset: UInt64) -> [UInt8] {
        SealedIndex.stored(
            entries.map { entry in
                var entry = entry
                entry.offset += offset
                return entry
            }, keys: keys)
    }
}

/// A sealed segment ready to be written: header and parts.
struct SealedContent {
    private(set) var header: SealedHeader
    private let front: [UInt8]
    private var blocks: EncodedBlocks
    private let filter: [UInt8]
    private let origin: SealedOrigin

    init(
        header: SealedHeader, statistics: [UInt8], batches: [UInt8], blocks: EncodedBlocks, filter: [UInt8],
        origin: SealedOrigin
    ) {
        self.origin = origin
        var header = header
        let indexBytes = blocks.entries.count * SealedIndex.entryBytes + blocks.keys.count
        var end = UInt64(SealedHeader.bytes)
        func place(_ part: SealedHeader.Part, size: Int, checksum: UInt32, count: Int) {
            header[part] = SealedHeader.PartPlace(
                offset: end, size: UInt64(size), checksum: checksum, count: UInt32(count))
            end += UInt64(size)
        }
        func sum(_ bytes: [UInt8]) -> UInt32 { bytes.withUnsafeBytes { hf_crc32c(0, $0.baseAddress, $0.count) } }
        let blocksAt = end + UInt64(indexBytes + statistics.count + batches.count)
        let index = blocks.index(at: blocksAt)
        place(.index, size: index.count, checksum: sum(index), count: blocks.entries.count)
        place(.statistics, size: statistics.count, checksum: sum(statistics), count: statistics.count / 10)
        place(.batches, size: batches.count, checksum: sum(batches), count: Int(header.batches))
        place(.blocks, size: blocks.content.count, checksum: 0, count: blocks.entries.count)
        place(.filter, size: filter.count, checksum: 0, count: filter.count / RequestFilter.pageBytes)
        header.fileBytes = end
        self.header = header
        self.blocks = blocks
        self.filter = filter
        front = header.stored() + index + statistics + batches
    }

    mutating func free() { blocks.free() }

    var size: Int { Int(header.fileBytes) }

    /// Writes all of it.
    func write(to file: any DiskFile) throws(DiskFailure) {
        let pages = PageWriter(file)
        try pages.append(front)
        try pages.append(UnsafeRawBufferPointer(blocks.content.bytes))
        try pages.append(filter)
        try pages.finish()
    }

    /// Whether a file that was written and opened again is whole and says what the segment said that it was made of.
    /// All but the blocks must be what was written; the blocks must lead to every record of the segment.
    func isSame(as segment: SealedSegment, patience: Patience) throws(LogError) -> Bool {
        guard segment.header == header, try segment.read(at: 0, count: front.count) == front,
            try segment.read(at: header[.filter].offset, count: filter.count) == filter
        else { return false }
        return try origin.isSame(as: segment, patience: patience)
    }
}
