/// All events of one stream in a lane's log, oldest first, for whoever does not know where the last one is: sealed
/// segments are asked by key, and only those that hold events of the stream; open ones are read through.
package struct StreamHistory {
    private let log: FileBatchLog
    private let key: [UInt8]
    private let end: UInt64

    package init(_ key: [UInt8], in log: FileBatchLog, upTo end: UInt64) {
        self.key = key
        self.log = log
        self.end = end
    }

    /// Calls `body` with each record and its address until it returns false.
    package func forEachRecord(_ body: (RecordView, UInt64) throws(LogError) -> Bool) throws(LogError) {
        let record = RowRecord()
        let reader = SealedSegment.BlockReader(log.at.packing)
        for number in try sealedNumbers(reader) {
            let stream = SealedStream(key, in: try log.sealed(number), with: reader)
            while let rows = try stream.nextRows() {
                for row in rows where row.address < end {
                    if try !body(record.view(of: row), row.address) { return }
                }
            }
        }
        try forEachOpenRecord(body)
    }

    /// The sealed segments that hold events of the stream, oldest first. From the newest one that does on, each says
    /// where the stream's event before its own is.
    private func sealedNumbers(_ reader: SealedSegment.BlockReader) throws(LogError) -> [UInt64] {
        var found: [UInt64] = []
        var candidates = log.sealedSegments[...]
        while let number = candidates.popLast() {
            let stream = SealedStream(key, in: try log.sealed(number), with: reader)
            guard let first = try stream.nextRows()?.first else { continue }
            found.append(number)
            // Cut to the segment that holds the event before, as none in between does.
            let before = first.previous / log.at.segmentBytes
            candidates = first.previous == 0 ? [] : candidates.prefix { $0 <= before }
        }
        return found.reversed()
    }

    private func forEachOpenRecord(_ body: (RecordView, UInt64) throws(LogError) -> Bool) throws(LogError) {
        guard let first = log.openSegments.first else { return }
        let cursor = try log.batches(from: first * log.at.segmentBytes, upTo: end)
        var goesOn = true
        while goesOn, let batch = try cursor.next() {
            try batch.forEachRecord { (record, address) throws(LogError) in
                guard goesOn, record.keyCount == key.count, record.key.elementsEqual(key) else { return }
                goesOn = try body(record, address)
            }
        }
    }
}

/// Memory in which a row is made the record that it was.
final class RowRecord {
    private var bytes = ByteColumn(capacity: 1024)

    deinit { bytes.free() }

    /// Good until the next call.
    func view(of row: SealedRow) -> RecordView {
        bytes.count = 0
        let place = bytes.room(row.recordBytes)
        row.store(at: place)
        return RecordView(place)
    }
}
