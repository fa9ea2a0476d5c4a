/// Good records that lie one behind the other in a batch.
package struct RecordRun {
    package private(set) var base: UnsafeRawPointer
    package private(set) var address: UInt64
    package private(set) var count: Int

    /// All of a good batch.
    package init(_ batch: BatchView) {
        self.init(batch, at: BatchHeader.bytes, count: batch.header.count)
    }

    fileprivate init(_ batch: BatchView, at offset: Int, count: Int) {
        base = batch.base + offset
        address = batch.header.address + UInt64(offset)
        self.count = count
    }

    mutating func drop(_ dropped: Int, bytes: Int) {
        base += bytes
        address += UInt64(bytes)
        count -= dropped
    }
}

extension BatchView {
    /// What can be read of a damaged batch: runs of good records, and where in the batch something is wrong. A record
    /// that is not as it was written is passed over by the size that it says, where a good one follows there, and else
    /// by looking for the next.
    func salvage(_ good: (RecordRun) -> Void, _ bad: (_ offset: Int, _ what: String) -> Void) {
        let end = header.size - BatchHeader.trailerBytes
        var at = BatchHeader.bytes
        var index = 0
        var start = at
        var first = 0
        while index < header.count {
            if let record = record(at, index: index) {
                at += record.size
                index += 1
                continue
            }
            if index > first { good(RecordRun(self, at: start, count: index - first)) }
            let place = at
            let damaged = index
            (at, index) = next(behind: at, index, end)
            let lost = index - damaged
            bad(
                place,
                lost == 1
                    ? BatchView.mismatch
                    : "\(lost) events can't be read from here on")
            start = at
            first = index
        }
        if index > first { good(RecordRun(self, at: start, count: index - first)) }
    }

    /// The good record at an offset that is the batch's with this index.
    private func record(_ at: Int, index: Int) -> RecordView? {
        let available = header.size - BatchHeader.trailerBytes - at
        guard available >= RecordLayout.headerBytes else { return nil }
        // Looked at before the checksum is computed: where records are searched for, it nearly always says no.
        guard RecordView(base + at).position == header.position + UInt64(index) else { return nil }
        return RecordView.validated(base + at, available: available)
    }

    private func next(behind at: Int, _ index: Int, _ end: Int) -> (at: Int, index: Int) {
        if end - at >= RecordLayout.headerBytes {
            let behind = at + RecordView(base + at).size
            if index + 1 == header.count, behind <= end { return (behind, index + 1) }
            if index + 1 < header.count, record(behind, index: index + 1) != nil { return (behind, index + 1) }
        }
        var place = at + 8
        while place + RecordLayout.headerBytes <= end {
            let position = RecordView(base + place).position
            if position > header.position + UInt64(index), position < header.position + UInt64(header.count) {
                let found = Int(position - header.position)
                if record(place, index: found) != nil { return (place, found) }
            }
            place += 8
        }
        return (end, header.count)
    }
}
