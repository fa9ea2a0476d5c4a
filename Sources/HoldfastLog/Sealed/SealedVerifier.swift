internal import CHoldfast
private import Synchronization

/// Checks sealed segments: every checksum, that the blocks hold what the Merkle root says, and that each root is
/// chained to the one before. `deep` computes everything anew that was computed when the segment was sealed: the hash
/// of each batch, the filter, the statistics, the index.
package struct SealedVerifier: Sendable {
    private let isDeep: Bool
    /// Told how many events were checked since the last time. Called by several threads, one at a time.
    private let progress: @Sendable (Int) -> Void

    package init(deep: Bool = false, progress: @escaping @Sendable (Int) -> Void = { _ in }) {
        isDeep = deep
        self.progress = progress
    }

    /// All faults of a lane's sealed segments, in their order.
    package func verify(_ log: FileBatchLog, threads: Int = 2) -> [LogError] {
        let numbers = log.sealedSegments
        if numbers.isEmpty { return [] }
        let next = Atomic<Int>(0)
        let found = Locked<[(Int, LogError)]>([])
        let work: @Sendable () -> Void = {
            while true {
                let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                if index >= numbers.count { return }
                do throws(LogError) {
                    let segment = try log.sealed(numbers[index])
                    try verify(segment, seed: log.at.hashSeed)
                    found.with { _ in progress(Int(segment.header.events)) }
                } catch {
                    found.with { $0.append((index, error)) }
                }
            }
        }
        withoutActuallyEscaping(work) { work in
            let others = (1..<max(1, min(threads, numbers.count))).map { number in
                WorkerThread(name: "hf-verify-\(number)", run: work)
            }
            work()
            for thread in others { thread.join() }
        }
        let faults = found.with { $0 }.sorted { $0.0 < $1.0 }.map(\.1)
        return faults.isEmpty ? chainFaults(log, numbers) : faults
    }

    /// Each segment must continue the one before it, and its root that one's.
    private func chainFaults(_ log: FileBatchLog, _ numbers: [UInt64]) -> [LogError] {
        do throws(LogError) {
            var previous = try log.trimmedRecord().roots.last
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

    /// Checks one segment by itself.
    package func verify(_ segment: SealedSegment, seed: UInt64) throws(LogError) {
        let statistics = try segment.part(.statistics)
        let filter = try segment.filter()
        let batches = try segment.batches()
        let image = try segment.image()
        let base = UnsafeRawPointer(image.bytes.baseAddress!)
        let start = segment.header.segment.number * segment.header.segment.segmentBytes
        var tree = MerkleTree()
        var counts = SealedCounts()
        for (batch, hash) in zip(batches.headers, batches.hashes) {
            let view = BatchView(header: batch, base: base + Int(batch.address - start))
            var position = batch.position
            try view.forEachRecord { (record, address) throws(LogError) in
                if record.position != position {
                    throw segment.damage(
                        segment.header[.blocks].offset,
                        "the event at address \(address) has position \(record.position), not \(position)")
                }
                position += 1
                tree.append(record.bytes)
                if isDeep { counts.addAll(record) }
            }
            if isDeep, view.computedHash != hash {
                throw segment.damage(
                    segment.header[.batches].offset, "batch \(batch.number) does not match its own hash")
            }
        }
        guard tree.root == segment.header.root.root, tree.count == segment.header.events else {
            throw segment.damage(0, "its events do not lead to its Merkle root")
        }
        if isDeep { try recompute(segment, counts, statistics, filter, seed) }
    }

    private func recompute(
        _ segment: SealedSegment, _ counts: SealedCounts, _ statistics: [UInt8], _ filter: [UInt8], _ seed: UInt64
    ) throws(LogError) {
        let header = segment.header
        guard counts.statistics == statistics, counts.firstTime == header.firstTime,
            counts.lastTime == header.lastTime, counts.firstPosition == header.firstPosition,
            counts.lastPosition == header.lastPosition
        else { throw segment.damage(header[.statistics].offset, "its statistics are not those of its events") }
        var names = ByteColumn(capacity: 64 << 10)
        defer { names.free() }
        let reader = SealedSegment.BlockReader(segment.packing)
        var rowCount: UInt64 = 0
        var last: (key: [UInt8], address: UInt64)?
        for block in 0..<segment.index.count {
            let rows = try segment.rows(of: block, with: reader)
            rowCount += UInt64(rows.count)
            // Within a block keys can't but ascend, or the index would not find them: see to its first and last.
            for row in rows where row.beginsCluster {
                if let last, !Self.precedes(last, row) {
                    throw segment.damage(segment.index[block].offset, "block \(block) is not in the order of its keys")
                }
                last = (Array(row.keyBytes), row.address)
            }
            segment.packing.addNames(of: UnsafeBufferPointer(rows), seed: seed, to: &names)
        }
        let expected = names.bytes.withMemoryRebound(to: UInt64.self) { RequestFilter.build($0) }
        guard rowCount == header.events, names.count / 8 == Int(header.nameCount), expected == filter else {
            throw segment.damage(header[.filter].offset, "its filter is not that of its events")
        }
    }

    private static func precedes(_ last: (key: [UInt8], address: UInt64), _ row: SealedRow) -> Bool {
        let order = last.key.withUnsafeBytes { compareBytes($0, row.keyBytes) }
        return order < 0 || (order == 0 && last.address < row.address)
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

extension SealedCounts {
    /// Counts a record by its type, too.
    mutating func addAll(_ record: RecordView) {
        add(record)
        byType[record.type, default: 0] += 1
    }
}
