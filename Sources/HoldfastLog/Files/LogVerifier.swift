/// Reads a whole log and checks everything that can be checked without knowing what the events mean: every checksum,
/// the hash chain with each hash computed anew, addresses, positions, and the revisions of every stream.
package struct LogVerifier {
    package struct Report: Sendable {
        package var lanes = 0
        package var segments = 0
        package var batches: UInt64 = 0
        package var events: UInt64 = 0
        package var bytes: UInt64 = 0
        package var lastPosition: UInt64 = 0
        /// The hash of each lane's last batch: what the whole chain comes down to.
        package var chainHeads: [Digest] = []
        package var faults: [LogError] = []
    }

    /// `each` sees every event in the order of its lane, and may find faults of its own.
    package static func verify(
        _ directory: LogDirectory, each: (RecordView, UInt64) throws(LogError) -> Void = { _, _ in }
    ) throws(LogError) -> Report {
        var report = Report()
        report.lanes = directory.manifest.lanes
        let logs: [FileBatchLog]
        do throws(LogError) {
            logs = try directory.openLanes(for: .reading)
        } catch {
            report.faults.append(error)
            return report
        }
        for log in logs {
            do throws(LogError) {
                try verify(log, into: &report, each: each)
            } catch {
                report.faults.append(error)
            }
        }
        return report
    }

    private static func verify(
        _ log: FileBatchLog, into report: inout Report, each: (RecordView, UInt64) throws(LogError) -> Void
    ) throws(LogError) {
        report.segments += log.segmentCount
        let cursor = try log.batches(from: log.firstAddress, upTo: log.tail.address)
        var number = log.tail.number
        var position: UInt64 = 0
        var hash = Digest()
        while let batch = try cursor.next() {
            if batch.computedHash != batch.hash {
                throw log.damage(at: batch.header.address, "batch \(batch.header.number) does not match its own hash")
            }
            if batch.header.position < position {
                throw log.damage(at: batch.header.address, "positions go backwards from \(position)")
            }
            try batch.forEachRecord { (record, address) throws(LogError) in try each(record, address) }
            report.batches += 1
            report.events += UInt64(batch.header.count)
            report.bytes += UInt64(batch.header.size)
            position = batch.header.position + UInt64(batch.header.count)
            number = batch.header.number
            hash = batch.hash
        }
        if number != log.tail.number {
            throw log.damage(at: log.tail.address, "the log ends behind batch \(number), not \(log.tail.number)")
        }
        report.lastPosition = max(report.lastPosition, max(position, 1) - 1)
        report.chainHeads.append(hash)
        if let stray = try log.strayBytes() {
            throw log.damage(at: stray, "bytes behind the end of the log are not zero")
        }
    }
}

extension FileBatchLog {
    /// The address of the first byte behind the tail that is not zero, in the last segment; nil when all are.
    /// A torn batch there is no fault: it was never acknowledged.
    func strayBytes() throws(LogError) -> UInt64? {
        if openedWith.tornBytes > 0 { return nil }
        guard let last = state.with({ $0.segments.headers.last }) else { return nil }
        let scanner = try scanner(last)
        let end = max(tail.address % at.segmentBytes, UInt64(SegmentHeader.blockBytes))
        if tail.address / at.segmentBytes != last.number { return nil }
        return try scanner.lastWritten(from: end).map { last.number * at.segmentBytes + $0 }
    }
}
