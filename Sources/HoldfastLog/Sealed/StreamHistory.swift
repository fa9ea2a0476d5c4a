/// All events of one stream in a lane's log, oldest first, for whoever does not know where the last one is: sealed
/// segments are asked by key, and only those that hold events of the stream; open ones are read through.
package struct StreamHistory {
    private let log: FileBatchLog
    private let key: [UInt8]
    private let end: UInt64
    private let keptBytesMax: Int

    /// Of the records that the search comes by, `keptBytes` are kept for the way back; the rest is unpacked again. What
    /// is unpacked ahead is in vain for a reader who has enough soon, so that it is not more than 13 000 of a wallet's.
    package init(_ key: [UInt8], in log: FileBatchLog, upTo end: UInt64, keptBytes: Int = 2 << 20) {
        self.key = key
        self.log = log
        self.end = end
        keptBytesMax = keptBytes
    }

    /// Calls `body` with each record and its address until it returns false.
    package func forEachRecord(_ body: (RecordView, UInt64) throws(LogError) -> Bool) throws(LogError) {
        // At one moment: a segment that is sealed meanwhile must be among these or those.
        let (sealed, firstOpen) = log.segmentsByForm
        let reader = SealedSegment.BlockReader(log.at.packing)
        let kept = KeptRecords(bytesMax: keptBytesMax)
        for found in try segments(among: sealed, reader, kept) {
            if let records = found.kept {
                if try !kept.forEach(in: records, body) { return }
            } else {
                if try !forEachRecord(of: found.number, reader, body) { return }
            }
        }
        try forEachOpenRecord(from: firstOpen, body)
    }

    /// A sealed segment that holds events of the stream, and which of the kept records those are: nil where there was no
    /// more room for them.
    private struct Found {
        let number: UInt64
        let kept: Range<Int>?
    }

    /// The sealed segments that hold events of the stream, oldest first. From the newest one that does on, each says
    /// where the stream's event before its own is. What was unpacked to learn that is kept, as far as there is room.
    private func segments(
        among sealed: [UInt64], _ reader: SealedSegment.BlockReader, _ kept: KeptRecords
    ) throws(LogError) -> [Found] {
        var found: [Found] = []
        var candidates = sealed[...]
        while let number = candidates.popLast() {
            let stream = SealedStream(key, in: try log.sealed(number), with: reader)
            guard let rows = try stream.nextRows() else { continue }
            let previous = rows[0].previous
            found.append(Found(number: number, kept: try kept.keep(rows, andRestOf: stream, upTo: end)))
            // Cut to the segment that holds the event before, as none in between does.
            let before = previous / log.at.segmentBytes
            candidates = previous == 0 ? [] : candidates.prefix { $0 <= before }
        }
        return found.reversed()
    }

    private func forEachRecord(
        of number: UInt64, _ reader: SealedSegment.BlockReader,
        _ body: (RecordView, UInt64) throws(LogError) -> Bool
    ) throws(LogError) -> Bool {
        let record = RowRecord()
        let stream = SealedStream(key, in: try log.sealed(number), with: reader)
        while let rows = try stream.nextRows() {
            for row in rows where row.address < end {
                if try !body(record.view(of: row), row.address) { return false }
            }
        }
        return true
    }

    private func forEachOpenRecord(
        from first: UInt64?, _ body: (RecordView, UInt64) throws(LogError) -> Bool
    ) throws(LogError) {
        guard let first else { return }
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

/// A stream's records out of sealed segments, for a while.
private final class KeptRecords {
    private var bytes = ByteColumn(capacity: 64 << 10)
    private var records: [(address: UInt64, offset: Int)] = []
    private let bytesMax: Int
    private var isFull = false

    init(bytesMax: Int) { self.bytesMax = bytesMax }

    deinit { bytes.free() }

    /// Keeps all of a stream's records in a segment that lie before `end`; `rows` are those of its first block. Nil where
    /// they don't fit, from where on nothing is kept any more.
    func keep(
        _ rows: UnsafeMutableBufferPointer<SealedRow>, andRestOf stream: SealedStream, upTo end: UInt64
    ) throws(LogError) -> Range<Int>? {
        if isFull { return nil }
        let first = records.count
        var rows: UnsafeMutableBufferPointer<SealedRow>? = rows
        while let block = rows {
            for row in block where row.address < end {
                records.append((row.address, bytes.count))
                row.store(at: bytes.room(row.recordBytes))
            }
            if bytes.count > bytesMax {
                isFull = true
                return nil
            }
            rows = try stream.nextRows()
        }
        return first..<records.count
    }

    /// False where `body` has enough.
    func forEach(
        in range: Range<Int>, _ body: (RecordView, UInt64) throws(LogError) -> Bool
    ) throws(LogError) -> Bool {
        for record in records[range] {
            let view = RecordView(bytes.bytes.baseAddress! + record.offset)
            if try !body(view, record.address) { return false }
        }
        return true
    }
}
