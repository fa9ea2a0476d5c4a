/// Writes the part of a lane that is cut: whole batches as they are, and behind them those that are made anew.
final class RestoredLane {
    private let place: FileBatchLog.Place
    private let disk: any Disk
    /// Behind the last batch that was written.
    private(set) var tail: LogTail
    private var file: (number: UInt64, file: any DiskFile)?

    /// `tail` is what the segments that were copied whole end with.
    init(_ place: FileBatchLog.Place, behind tail: LogTail, on disk: any Disk) {
        self.place = place
        self.disk = disk
        self.tail = tail
    }

    func put(_ batch: BatchView) throws(DiskFailure) {
        let number = batch.header.address / place.segmentBytes
        if file?.number != number {
            try finish()
            let created = try disk.open(SegmentNames.path(number, in: place.directory), for: .creating)
            try created.allocate(place.segmentBytes)
            let header = SegmentHeader(
                lane: place.lane, log: place.log, number: number, segmentBytes: place.segmentBytes,
                firstPosition: batch.header.position, firstBatch: batch.header.number, previousHash: tail.hash,
                time: batch.header.time)
            try created.writeAll(header.block(), at: 0)
            file = (number, created)
        }
        try file!.file.write(batch.bytes, at: batch.header.address % place.segmentBytes)
        tail = tail.advanced(past: batch)
    }

    /// Writes the first `events` events of a batch as a batch of their own at the same place.
    func remake(_ batch: [UInt8], events: Int, position: UInt64, batchesInRound: Int) throws(DiskFailure) {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: batch.count, alignment: 128)
        defer { memory.deallocate() }
        memory.copyBytes(from: batch)
        guard var header = BatchHeader(at: memory.baseAddress!, available: batch.count) else {
            preconditionFailure("only good batches are made anew")
        }
        var used = BatchHeader.bytes
        var time = tail.time
        for _ in 0..<events {
            let record = RecordView(memory.baseAddress! + used)
            time = max(time, record.time)
            used += record.size
        }
        if events < header.count {
            header.size = BatchHeader.size(used: used, at: header.address)
            header.time = time
        }
        header.count = events
        header.position = position
        header.batchesInRound = batchesInRound
        header.previousHash = tail.hash
        _ = BatchView.finish(at: memory.baseAddress!, header: header, used: used)
        try put(BatchView(header: header, base: UnsafeRawPointer(memory.baseAddress!)))
    }

    func finish() throws(DiskFailure) { try file?.file.sync() }
}
