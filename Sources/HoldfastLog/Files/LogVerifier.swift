/// Reads a whole log and checks everything that can be checked without knowing what the events mean: every checksum,
/// the hash chain with each hash computed anew, addresses, positions, and that nothing stands where nothing should.
package struct LogVerifier {
    package struct Report: Sendable {
        package var lanes = 0
        package var segments = 0
        package var sealedSegments = 0
        package var batches: UInt64 = 0
        package var events: UInt64 = 0
        package var bytes: UInt64 = 0
        package var lastPosition: UInt64 = 0
        /// The hash of each lane's last batch: what the whole chain comes down to.
        package var chainHeads: [Digest] = []
        package var faults: [LogError] = []

        package init() {}
    }

    /// `each` sees every batch in the order of its lane, once it was found good.
    package static func verify(
        _ directory: LogDirectory, deep: Bool = false,
        each: (BatchView, _ lane: Int) -> Void = { _, _ in }
    ) throws(LogError) -> Report {
        var report = Report()
        report.lanes = directory.manifest.lanes
        do throws(LogError) {
            return try verify(directory.openLanes(for: .reading), deep: deep, each: each)
        } catch {
            report.faults.append(error)
            return report
        }
    }

    /// The same for lanes that are open already, up to where they ended then.
    package static func verify(
        _ logs: [FileBatchLog], deep: Bool = false,
        each: (BatchView, _ lane: Int) -> Void = { _, _ in }
    ) throws(LogError) -> Report {
        var report = Report()
        report.lanes = logs.count
        for log in logs {
            let faults = SealedVerifier(deep: deep).verify(log)
            report.sealedSegments += log.sealedSegments.count
            report.faults += faults
            if !faults.isEmpty { continue }
            do throws(LogError) {
                try verify(log, into: &report, each: each)
            } catch {
                report.faults.append(error)
            }
        }
        try checkPositions(logs, &report)
        return report
    }

    private static func verify(
        _ log: FileBatchLog, into report: inout Report, each: (BatchView, Int) -> Void
    ) throws(LogError) {
        report.segments += log.segmentCount
        try log.checkHeaders()
        let cursor = try log.batches(from: log.firstAddress, upTo: log.tail.address)
        var number = log.tail.number
        var position: UInt64 = 0
        var hash = Digest()
        var end = log.firstAddress
        // Unknown at first where the log was trimmed behind the fence.
        var epoch: UInt64?
        while let batch = try cursor.next() {
            if batch.computedHash != batch.hash {
                throw log.damage(at: batch.header.address, "batch \(batch.header.number) does not match its own hash")
            }
            try log.checkUnused(from: end, upTo: batch.header.address)
            if batch.header.kind == .fence { epoch = batch.header.address }
            if let epoch, batch.header.epoch != epoch {
                throw log.damage(
                    at: batch.header.address, "a batch of epoch \(batch.header.epoch) stands in epoch \(epoch)")
            }
            epoch = batch.header.epoch
            if batch.header.position < position {
                throw log.damage(at: batch.header.address, "positions go backwards from \(position)")
            }
            each(batch, log.at.lane)
            report.batches += 1
            report.events += UInt64(batch.header.count)
            report.bytes += UInt64(batch.header.size)
            position = batch.header.position + UInt64(batch.header.count)
            number = batch.header.number
            hash = batch.hash
            end = batch.header.address + UInt64(batch.header.size)
        }
        if number != log.tail.number {
            throw log.damage(at: log.tail.address, "the log ends behind batch \(number), not \(log.tail.number)")
        }
        report.lastPosition = max(report.lastPosition, max(position, 1) - 1)
        report.chainHeads.append(hash)
    }

    /// Positions run through all lanes without a gap, so a lane that lost its end or all of it shows. Only in a log
    /// at rest: beside a running owner the lanes were looked at one after the other.
    private static func checkPositions(_ logs: [FileBatchLog], _ report: inout Report) throws(LogError) {
        let isWhole = logs.allSatisfy { $0.openedWith.closedCleanly && $0.firstAddress == SegmentHeader.blockBytes }
        guard isWhole, report.faults.isEmpty, report.events != report.lastPosition else { return }
        report.faults.append(
            logs[0].damage(
                at: 0, "the lanes hold \(report.events) events, but the last one has position \(report.lastPosition)"))
    }
}

extension FileBatchLog {
    /// The table of segments is what opening goes by; each segment must say the same of itself.
    func checkHeaders() throws(LogError) {
        for header in state.with({ $0.segments.headers }) {
            if isSealed(header.number) {
                let segment = try sealed(header.number)
                if segment.header.segment == header { continue }
                throw segment.damage(384, "the segment's header is not what the table of segments says")
            }
            let block: [UInt8]?
            do throws(DiskFailure) {
                let file = try disk.open(SegmentNames.path(header.number, in: at.directory), for: .reading)
                block = try file.bytes(at: 0, count: SegmentHeader.blockBytes)
            } catch {
                throw .io(error)
            }
            if block == header.block() { continue }
            throw damage(
                at: header.number * at.segmentBytes, "the segment's header is not what the table of segments says")
        }
    }

    /// What lies between two batches is the end of a segment, and a header: no byte of that end was ever written.
    func checkUnused(from end: UInt64, upTo next: UInt64) throws(LogError) {
        let number = end == 0 ? 0 : (end - 1) / at.segmentBytes
        guard next / at.segmentBytes > number, let header = state.with({ $0.segments.header(number) }) else { return }
        if let stray = try scanner(header).lastWritten(from: end - number * at.segmentBytes) {
            throw damage(
                at: number * at.segmentBytes + stray, "bytes behind the last batch of the segment are not zero")
        }
    }
}
