internal import CHoldfast

/// Checks sealed segments: every checksum, the hash of each batch, that the blocks hold what the Merkle root says, in
/// the order in which they are searched, and that each root is chained to the one before. `deep` computes everything
/// anew that was computed when the segment was sealed: the filter, the statistics, the index.
package struct SealedVerifier: Sendable {
    private let isDeep: Bool

    package init(deep: Bool = false) { isDeep = deep }

    /// All faults of a lane's sealed segments, in their order.
    package func verify(_ log: FileBatchLog, threads: Int = 2) -> [LogError] {
        SealedAhead(of: log, by: self, threads: threads).finish()
    }

    /// Each segment must continue the one before it, and its root that one's.
    func chainFaults(_ log: FileBatchLog, _ numbers: [UInt64]) -> [LogError] {
        do throws(LogError) {
            let record = try log.trimmedRecord()
            if let fault = record.chainFault {
                throw LogError.damaged(
                    Damage(file: log.at.directory + "/" + TrimmedRecord.name, offset: 0, found: fault))
            }
            var previous = record.roots.last
            for number in numbers {
                let segment = try log.sealed(number)
                let root = segment.header.root
                if let previous, previous.number + 1 == number {
                    if root.previousChained != previous.chained {
                        throw segment.damage(0, "its root is not chained to that of segment \(previous.number)")
                    }
                    if segment.header.segment.previousHash != previous.lastBatchHash {
                        throw segment.damage(384, "it does not continue the last batch of segment \(previous.number)")
                    }
                }
                previous = root
            }
            return []
        } catch {
            return [error]
        }
    }

    /// Checks one segment by itself. Its blocks are read and unpacked once.
    package func verify(_ segment: SealedSegment, seed: UInt64) throws(LogError) {
        _ = try image(of: segment, seed: seed, from: nil)
    }

    /// The same, for whoever wants to go through the segment afterwards.
    func image(
        of segment: SealedSegment, seed: UInt64, from pool: SegmentMemoryPool?
    ) throws(LogError) -> SegmentImage {
        let statistics = try segment.part(.statistics)
        let filter = try segment.filter()
        let batches = try segment.batches()
        var order = SealedOrder()
        defer { order.free() }
        let image = try segment.image(from: pool) { [isDeep] (block, rows) throws(LogError) in
            try order.take(rows, of: block, in: segment)
            if isDeep { order.takeNames(rows, of: segment, seed: seed) }
        }
        let base = UnsafeRawPointer(image.bytes.baseAddress!)
        var tree = MerkleTree()
        var counts = SealedCounts()
        var types = TypeTally()
        for batch in batches.headers {
            let view = BatchView(header: batch, base: base + Int(batch.address - segment.start))
            var position = batch.position
            try view.forEachRecord { (record, address) throws(LogError) in
                if record.position != position {
                    throw segment.damage(
                        segment.header[.blocks].offset,
                        "the event at address \(address) has position \(record.position), not \(position)")
                }
                position += 1
                if isDeep {
                    counts.add(record)
                    types.add(record.type)
                }
            }
            tree.append(recordsOf: view)
        }
        if let wrong = BatchHashes(batches, base: base, start: segment.start).firstWrong {
            throw segment.damage(segment.header[.batches].offset, "batch \(wrong) does not match its own hash")
        }
        guard tree.root == segment.header.root.root, tree.count == segment.header.events else {
            throw segment.damage(0, "its events do not lead to its Merkle root")
        }
        if !isDeep { return image }
        counts.byType = types.byType
        let header = segment.header
        guard counts.statistics == statistics, counts.firstTime == header.firstTime,
            counts.lastTime == header.lastTime, counts.firstPosition == header.firstPosition,
            counts.lastPosition == header.lastPosition
        else { throw segment.damage(header[.statistics].offset, "its statistics are not those of its events") }
        guard order.rows == header.events, order.nameCount == header.nameCount, order.filter == filter else {
            throw segment.damage(header[.filter].offset, "its filter is not that of its events")
        }
        return image
    }
}

/// What is seen of the blocks as they pass: that their rows ascend and, for a deep look, the names that the filter is of.
private struct SealedOrder {
    private(set) var rows: UInt64 = 0
    private var names = ByteColumn(capacity: 64 << 10)
    /// Where the last cluster of the block before began.
    private var lastKey: [UInt8] = []
    private var lastAddress: UInt64 = 0

    mutating func free() { names.free() }

    var nameCount: UInt64 { UInt64(names.count / 8) }
    var filter: [UInt8] { names.bytes.withMemoryRebound(to: UInt64.self) { RequestFilter.build($0) } }

    mutating func take(
        _ block: UnsafeBufferPointer<SealedRow>, of number: Int, in segment: SealedSegment
    ) throws(LogError) {
        rows += UInt64(block.count)
        // Within a cluster keys are one and addresses ascend, or the index would not find them.
        var before: SealedRow?
        for row in block where row.beginsCluster {
            let ascends =
                if let before {
                    Self.precedes(before.keyBytes, before.address, row)
                } else {
                    lastKey.isEmpty || lastKey.withUnsafeBytes { Self.precedes($0, lastAddress, row) }
                }
            if !ascends {
                throw segment.damage(segment.index[number].offset, "block \(number) is not in the order of its keys")
            }
            before = row
        }
        if let before {
            lastKey.removeAll(keepingCapacity: true)
            lastKey.append(contentsOf: before.keyBytes)
            lastAddress = before.address
        }
    }

    mutating func takeNames(_ block: UnsafeBufferPointer<SealedRow>, of segment: SealedSegment, seed: UInt64) {
        segment.packing.addNames(of: block, seed: seed, to: &names)
    }

    private static func precedes(_ key: UnsafeRawBufferPointer, _ address: UInt64, _ row: SealedRow) -> Bool {
        let order = compareBytes(key, row.keyBytes)
        return order < 0 || (order == 0 && address < row.address)
    }
}

/// The hashes of a segment's batches, computed anew, several batches at a time.
private struct BatchHashes {
    private let batches: SealedBatches
    private let base: UnsafeRawPointer
    private let start: UInt64
    private static let group = 64

    init(_ batches: SealedBatches, base: UnsafeRawPointer, start: UInt64) {
        self.batches = batches
        self.base = base
        self.start = start
    }

    /// Number of the first batch that does not match its hash.
    var firstWrong: UInt64? {
        var contents: [UnsafeRawPointer?] = []
        var sizes: [Int] = []
        var digests = [Digest](repeating: Digest(), count: Self.group)
        for first in stride(from: 0, to: batches.headers.count, by: Self.group) {
            let group = batches.headers[first..<min(first + Self.group, batches.headers.count)]
            contents.removeAll(keepingCapacity: true)
            sizes.removeAll(keepingCapacity: true)
            for batch in group {
                contents.append(base + Int(batch.address - start))
                sizes.append(batch.size - BatchHeader.trailerBytes)
            }
            Digest.sha256(of: contents, sizes, into: &digests)
            for index in group.indices where digests[index - first] != batches.hashes[index] {
                return batches.headers[index].number
            }
        }
        return nil
    }
}

extension SealedSegment {
    /// All pages of the filter, checked.
    func filter() throws(LogError) -> [UInt8] {
        let place = header[.filter]
        let bytes = try read(at: place.offset, count: Int(place.size))
        for page in 0..<bytes.count / RequestFilter.pageBytes {
            let start = page * RequestFilter.pageBytes
            let isGood = bytes.withUnsafeBytes { raw in
                RequestFilter.isGood(
                    page: UnsafeRawBufferPointer(rebasing: raw[start..<start + RequestFilter.pageBytes]))
            }
            if !isGood {
                throw damage(place.offset + UInt64(start), "page \(page) of the filter does not match its checksum")
            }
        }
        guard bytes.count == RequestFilter.pages(names: header.nameCount) * RequestFilter.pageBytes else {
            throw damage(place.offset, "the filter has not the size that its names need")
        }
        return bytes
    }
}
