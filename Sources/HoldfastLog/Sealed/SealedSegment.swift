internal import CHoldfast
internal import CLz4

/// A sealed segment opened for reading: its header and index in memory, everything else read as it is needed and
/// checked against its sum each time.
package final class SealedSegment: Sendable {
    let file: any DiskFile
    let header: SealedHeader
    let index: SealedIndex
    let packing: any PayloadPacking

    /// Opening reads so much at once: header and index of a small segment in one go, and of a large one not much in
    /// vain. A page that comes from the disk costs as long as it takes to unpack half a block.
    private static let firstRead = 16 << 10

    /// Opens segment `number` of a lane, and checks that the file is that segment.
    convenience init(_ file: any DiskFile, number: UInt64, of place: FileBatchLog.Place) throws(LogError) {
        try self.init(file, packing: place.packing)
        guard header.segment.isSegment(number, of: place) else {
            throw damage(384, "the segment belongs to another log, lane or place")
        }
    }

    convenience init(_ number: UInt64, of place: FileBatchLog.Place, on disk: any Disk) throws(LogError) {
        let file: any DiskFile
        do throws(DiskFailure) {
            file = try disk.open(SegmentNames.sealedPath(number, in: place.directory), for: .reading)
        } catch {
            throw .io(error)
        }
        // Whoever goes through all of it reads in large pieces anyway.
        file.expectScatteredReads()
        try self.init(file, number: number, of: place)
    }

    init(_ file: any DiskFile, packing: any PayloadPacking) throws(LogError) {
        self.file = file
        self.packing = packing
        func damage(_ offset: UInt64, _ what: String) -> LogError {
            .damaged(Damage(file: file.path, offset: offset, found: what))
        }
        let size: UInt64
        let first: [UInt8]
        do throws(DiskFailure) {
            size = try file.size()
            first = try file.bytes(at: 0, count: Int(min(size, UInt64(Self.firstRead)))) ?? []
        } catch {
            throw .io(error)
        }
        switch SealedHeader.read(first) {
        case .header(let found): header = found
        case .newer(let version):
            throw .newerFormat(file: file.path, found: version, supported: SealedHeader.version)
        case .damaged(let offset, let what): throw damage(UInt64(offset), what)
        }
        if size != header.fileBytes {
            throw damage(min(size, header.fileBytes), "the file has \(size) bytes, not the \(header.fileBytes) it says")
        }
        if header.packing != packing.id {
            throw .invalid(
                argument: file.path,
                reason: "its payloads are packed in the way \(header.packing) of another kind of store")
        }
        let part = header[.index]
        var stored: [UInt8]?
        if part.range.upperBound <= UInt64(first.count) {
            stored = Array(first[Int(part.offset)..<Int(part.range.upperBound)])
        } else {
            do throws(DiskFailure) {
                stored = try file.bytes(at: part.offset, count: Int(part.size))
            } catch {
                throw .io(error)
            }
        }
        guard let stored, stored.withUnsafeBytes({ hf_crc32c(0, $0.baseAddress, $0.count) }) == part.checksum else {
            throw damage(part.offset, "the index does not match its checksum")
        }
        guard let index = SealedIndex(stored, count: Int(part.count), filling: header[.blocks].range) else {
            throw damage(part.offset, "the index can't be read")
        }
        // Where each event is there once no row can be one that the root does not vouch for.
        guard index.rows == header.events else {
            throw damage(part.offset, "the blocks have \(index.rows) rows for \(header.events) events")
        }
        self.index = index
    }

    /// The header of a sealed segment, whether or not the rest of the file is good; nil where it isn't good itself.
    static func header(_ number: UInt64, of place: FileBatchLog.Place, on disk: any Disk) -> SealedHeader? {
        let path = SegmentNames.sealedPath(number, in: place.directory)
        guard let bytes = try? disk.open(path, for: .reading).bytes(at: 0, count: SealedHeader.bytes),
            case .header(let header) = SealedHeader.read(bytes), header.segment.isSegment(number, of: place)
        else { return nil }
        return header
    }

    /// Address of the segment's first byte.
    var start: UInt64 { header.segment.number * header.segment.segmentBytes }

    func damage(_ offset: UInt64, _ found: String) -> LogError {
        .damaged(Damage(file: file.path, offset: offset, found: found))
    }

    func read(at offset: UInt64, count: Int) throws(LogError) -> [UInt8] {
        do throws(DiskFailure) {
            if let bytes = try file.bytes(at: offset, count: count) { return bytes }
        } catch {
            throw .io(error)
        }
        throw damage(offset, "the file ends before the \(count) bytes that should stand here")
    }

    /// A part that has one checksum for all of it.
    func part(_ part: SealedHeader.Part) throws(LogError) -> [UInt8] {
        let place = header[part]
        let bytes = try read(at: place.offset, count: Int(place.size))
        guard bytes.withUnsafeBytes({ hf_crc32c(0, $0.baseAddress, $0.count) }) == place.checksum else {
            throw damage(place.offset, "\(part.name) of the sealed segment does not match its checksum")
        }
        return bytes
    }

    func batches() throws(LogError) -> SealedBatches {
        let place = header[.batches]
        guard place.count == header.batches,
            let batches = SealedBatches(
                try part(.batches), count: Int(place.count), of: header.segment, end: header.tail.address),
            batches.hashes.last == header.tail.hash,
            batches.headers.reduce(0, { $0 + UInt64($1.count) }) == header.events
        else { throw damage(place.offset, "the table of batches can't be read") }
        return batches
    }

    func statistics() throws(LogError) -> [UInt16: UInt64] { SealedCounts.types(try part(.statistics)) }

    // MARK: Blocks

    /// Memory for reading blocks, one at a time, of any segments of one kind of store.
    final class BlockReader {
        fileprivate let decoder: BlockDecoder
        fileprivate var packed = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
        fileprivate var unpacked = UnsafeMutableRawBufferPointer.allocate(byteCount: 128 << 10, alignment: 16)
        /// Of the one segment whose blocks are read in their order.
        fileprivate let window: ReadWindow?

        init(_ packing: any PayloadPacking) {
            decoder = BlockDecoder(packing: packing)
            window = nil
        }

        init(goingThrough segment: SealedSegment) {
            decoder = BlockDecoder(packing: segment.packing)
            window = ReadWindow(segment.file, .once)
        }

        deinit {
            packed.deallocate()
            unpacked.deallocate()
        }

        fileprivate static func make(_ buffer: inout UnsafeMutableRawBufferPointer, hold count: Int) {
            if buffer.count >= count { return }
            buffer.deallocate()
            buffer = .allocate(byteCount: count, alignment: 16)
        }
    }

    /// The rows of a block. Good until the reader's next block.
    func rows(of block: Int, with reader: BlockReader) throws(LogError) -> UnsafeMutableBufferPointer<SealedRow> {
        let entry = index[block]
        let packed = try packed(entry, with: reader)
        guard packed.count == entry.bytes, hf_crc32c(0, packed.baseAddress, packed.count) == entry.checksum else {
            throw damage(entry.offset, "block \(block) of the sealed segment does not match its checksum")
        }
        return try rows(of: block, entry, in: packed, with: reader)
    }

    private func packed(
        _ entry: SealedIndex.Entry, with reader: BlockReader
    ) throws(LogError) -> UnsafeRawBufferPointer {
        if let window = reader.window { return try window.bytes(at: entry.offset, count: entry.bytes) }
        BlockReader.make(&reader.packed, hold: entry.bytes)
        let packed = UnsafeMutableRawBufferPointer(rebasing: reader.packed[..<entry.bytes])
        let got: Int
        do throws(DiskFailure) { got = try file.read(into: packed, at: entry.offset) } catch { throw .io(error) }
        return UnsafeRawBufferPointer(rebasing: packed[..<got])
    }

    private func rows(
        of block: Int, _ entry: SealedIndex.Entry, in packed: UnsafeRawBufferPointer, with reader: BlockReader
    ) throws(LogError) -> UnsafeMutableBufferPointer<SealedRow> {
        var raw = packed
        if entry.unpackedBytes > entry.bytes {
            BlockReader.make(&reader.unpacked, hold: entry.unpackedBytes)
            let got = LZ4_decompress_safe(
                packed.baseAddress!.assumingMemoryBound(to: CChar.self),
                reader.unpacked.baseAddress!.assumingMemoryBound(to: CChar.self), Int32(entry.bytes),
                Int32(entry.unpackedBytes))
            raw = UnsafeRawBufferPointer(rebasing: reader.unpacked[..<Int(max(0, got))])
        }
        guard raw.count == entry.unpackedBytes,
            let rows = reader.decoder.decode(
                raw, rows: entry.rows, payloadBytes: entry.payloadBytes, widths: header.widths),
            rows[0].address == entry.firstAddress, rows[0].revision == entry.firstRevision,
            index.withFirstKey(block, { compareBytes($0, rows[0].keyBytes) == 0 })
        else { throw damage(entry.offset, "block \(block) of the sealed segment can't be unpacked") }
        return rows
    }

    // MARK: The whole

    /// The segment as it stood in its open file, byte for byte. `each` sees the rows of every block on the way.
    func image(
        patience: Patience = .endless, from pool: SegmentMemoryPool? = nil,
        each: (_ block: Int, UnsafeBufferPointer<SealedRow>) throws(LogError) -> Void = { _, _ in }
    ) throws(LogError) -> SegmentImage {
        let image = SegmentImage(path: file.path, size: Int(header.segment.segmentBytes), from: pool)
        let base = image.bytes.baseAddress!
        let start = header.segment.number * header.segment.segmentBytes
        let end = Int(header.tail.address - start)
        image.willBeFilled(upTo: end)
        let reader = BlockReader(goingThrough: self)
        for block in 0..<index.count {
            let rows = try rows(of: block, with: reader)
            for (number, row) in rows.enumerated() {
                // Rows of one player lie all over the segment: the places of those that follow are asked for ahead.
                let next = rows[min(number + SegmentEncoder.recordsAhead, rows.count - 1)].address &- start
                if next < UInt64(end) { RecordView(base + Int(next)).prefetchToWrite() }
                let offset = Int(row.address &- start)
                guard row.address >= start, offset <= end, offset >= SegmentHeader.blockBytes,
                    row.recordBytes <= end - offset
                else { throw damage(index[block].offset, "block \(block) names a place outside the segment") }
                row.store(at: base + offset)
            }
            try each(block, UnsafeBufferPointer(rows))
            if block & 15 == 15 { try patience.check() }
        }
        header.segment.block().withUnsafeBytes { base.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
        let batches = try batches()
        for (batch, hash) in zip(batches.headers, batches.hashes) { try frame(batch, hash, in: image, start: start) }
        image.clear(from: end)
        return image
    }

    /// Puts a batch's header, padding and trailer around its records.
    private func frame(_ batch: BatchHeader, _ hash: Digest, in image: SegmentImage, start: UInt64) throws(LogError) {
        let base = image.bytes.baseAddress! + Int(batch.address - start)
        let trailer = batch.size - BatchHeader.trailerBytes
        var at = BatchHeader.bytes
        for _ in 0..<batch.count {
            guard trailer - at >= RecordLayout.headerBytes, RecordView(base + at).size <= trailer - at else {
                throw damage(header[.blocks].offset, "events of batch \(batch.number) are missing in the blocks")
            }
            at += RecordView(base + at).size
        }
        memset(base + at, Int32(BatchHeader.padding), trailer - at)
        batch.store(at: base)
        hash.store(at: base + trailer)
        base.storeBytes(of: hf_crc32c(0, base + trailer, 32), toByteOffset: batch.size - 8, as: UInt32.self)
        base.storeBytes(of: BatchHeader.endMagic, toByteOffset: batch.size - 4, as: UInt32.self)
    }

    // MARK: Names

    /// False where the segment surely has no event with a name of this hash.
    func mayHold(name hash: UInt64) throws(LogError) -> Bool {
        if header.nameCount == 0 { return false }
        let (page, offset) = RequestFilter.place(hash, names: header.nameCount)
        let place = header[.filter].offset + UInt64(page * RequestFilter.pageBytes)
        return try withUnsafeTemporaryAllocation(byteCount: RequestFilter.pageBytes, alignment: 16) {
            (memory) throws(LogError) in
            let got: Int
            do throws(DiskFailure) { got = try file.read(into: memory, at: place) } catch { throw .io(error) }
            let bytes = UnsafeRawBufferPointer(memory)
            guard got == bytes.count, RequestFilter.isGood(page: bytes) else {
                throw damage(place, "page \(page) of the filter does not match its checksum")
            }
            return RequestFilter.mayHold(hash, page: bytes, offset: offset)
        }
    }
}
