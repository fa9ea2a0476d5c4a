internal import CHoldfast

/// What a sealed segment was made of, to tell whether it says the same: the segment in memory, checked, its batches,
/// and where its records stand in the order of the rows.
///
/// Each row that is read back is compared with the record that it was made of. As the order names each record once,
/// that is as good as putting the whole segment together again and comparing that, at a third of the cost.
struct SealedOrigin {
    let image: SegmentImage
    let segment: SegmentHeader
    let batches: [BatchHeader]
    /// In units of eight bytes.
    let order: [UInt32]

    func isSame(as sealed: SealedSegment, patience: Patience) throws(LogError) -> Bool {
        guard try haveSameRecords(sealed, patience) else { return false }
        return try haveSameFrames(sealed)
    }

    private func haveSameRecords(_ sealed: SealedSegment, _ patience: Patience) throws(LogError) -> Bool {
        let base = UnsafeRawPointer(image.bytes.baseAddress!)
        let reader = SealedSegment.BlockReader(goingThrough: sealed)
        var next = 0
        for block in 0..<sealed.index.count {
            let rows = try sealed.rows(of: block, with: reader)
            guard rows.count <= order.count - next else { return false }
            for row in rows {
                let ahead = min(next + SegmentEncoder.recordsAhead, order.count - 1)
                RecordView(base + Int(order[ahead]) << 3).prefetch()
                let offset = Int(order[next]) << 3
                guard row.address == sealed.start + UInt64(offset), row.isSame(as: RecordView(base + offset))
                else { return false }
                next += 1
            }
            if block & 15 == 15 { try patience.check() }
        }
        return next == order.count
    }

    /// Headers of segment and batches. What else stands around the records was seen to be what it always is.
    private func haveSameFrames(_ sealed: SealedSegment) throws(LogError) -> Bool {
        let header = sealed.header.segment.block()
        let table = try sealed.batches()
        guard table.headers == batches, header.withUnsafeBytes({ image.holds($0, at: 0) }) else { return false }
        return withUnsafeTemporaryAllocation(byteCount: BatchHeader.bytes, alignment: 16) { block in
            for (batch, hash) in zip(table.headers, table.hashes) {
                batch.store(at: block.baseAddress!)
                let offset = Int(batch.address - sealed.start)
                guard image.holds(UnsafeRawBufferPointer(block), at: offset),
                    BatchView(header: batch, base: image.bytes.baseAddress! + offset).hash == hash
                else { return false }
            }
            return true
        }
    }
}

extension SegmentImage {
    fileprivate func holds(_ content: UnsafeRawBufferPointer, at offset: Int) -> Bool {
        memcmp(bytes.baseAddress! + offset, content.baseAddress!, content.count) == 0
    }
}

extension RecordView {
    /// Most records are in four lines of the cache at most.
    @inline(__always)
    func prefetch() {
        hf_prefetch(base)
        hf_prefetch(base + 64)
        hf_prefetch(base + 128)
        hf_prefetch(base + 192)
    }

    /// Only its place is known: nothing is read.
    @inline(__always)
    func prefetchToWrite() {
        hf_prefetch_write(base)
        hf_prefetch_write(base + 64)
        hf_prefetch_write(base + 128)
        hf_prefetch_write(base + 192)
    }
}
