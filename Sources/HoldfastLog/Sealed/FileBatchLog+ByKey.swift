internal import HoldfastMemory

/// Reading a lane stream by stream instead of in the order of the log.
extension FileBatchLog {
    /// The segments that may have events of these times, oldest first. Sealed ones say from when to when they reach.
    package func segments(from first: Int64, to last: Int64) throws(LogError) -> [UInt64] {
        var found: [UInt64] = []
        for number in state.with({ $0.segments.headers.map(\.number) }) {
            if isSealed(number) {
                let header = try sealed(number).header
                if header.events == 0 || header.lastTime < first || header.firstTime > last { continue }
            }
            found.append(number)
        }
        return found
    }

    /// Calls `body` with all rows of a segment, some at a time, in the order of their keys, a key's rows in that of the
    /// log. They are good until it returns. A sealed segment is read as it lies; one that is not is sorted in memory.
    package func forEachRowsByKey(
        of number: UInt64, _ body: (UnsafeBufferPointer<SealedRow>) throws(LogError) -> Void
    ) throws(LogError) {
        guard isSealed(number) else { return try forEachOpenRowsByKey(of: number, body) }
        let segment = try sealed(number)
        let reader = SealedSegment.BlockReader(goingThrough: segment)
        for block in 0..<segment.index.count {
            try body(UnsafeBufferPointer(segment.rows(of: block, with: reader)))
        }
    }

    private func forEachOpenRowsByKey(
        of number: UInt64, _ body: (UnsafeBufferPointer<SealedRow>) throws(LogError) -> Void
    ) throws(LogError) {
        let start = number * at.segmentBytes
        // Each record at the place that it has in the segment, as that is where the order finds it.
        let image = MappedRegion(size: Int(at.segmentBytes))
        defer { withExtendedLifetime(image) {} }
        var offsets: [UInt32] = []
        let cursor = batchesOnce(from: start, upTo: min(start + at.segmentBytes, tail.address))
        while let batch = try cursor.next() {
            batch.forEachRecord { record, address in
                let offset = Int(address - start)
                (image.base + offset).copyMemory(from: record.base, byteCount: record.size)
                offsets.append(UInt32(offset >> 3))
            }
        }
        let order = KeyOrder(image: UnsafeRawPointer(image.base), offsets: offsets)
        let rows = UnsafeMutableBufferPointer<SealedRow>.allocate(capacity: SealedBlock.rowsMax)
        defer { rows.deallocate() }
        var next = 0
        while next < order.count {
            let count = min(order.count - next, SealedBlock.rowsMax)
            for index in 0..<count {
                order.prefetch(next + index + SegmentEncoder.recordsAhead)
                rows.initializeElement(
                    at: index, to: SealedRow(order.record(next + index), at: start + order.offset(next + index)))
            }
            try body(UnsafeBufferPointer(rebasing: rows[..<count]))
            next += count
        }
    }
}
