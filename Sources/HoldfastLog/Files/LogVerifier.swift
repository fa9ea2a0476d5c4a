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
        private var found = LogFaults()
        /// The first of them, of each lane and of what is sealed and what is not a share.
        package var faults: [LogError] { found.kept }
        package var faultCount: Int { found.count }

        package init() {}

        mutating func add(_ fault: LogError, lane: Int, ofSealed: Bool = false) {
            found.add(fault, lane: lane, ofSealed: ofSealed)
        }

        /// What was found in the lane behind those that are in the report.
        fileprivate mutating func add(_ lane: Report) {
            segments += lane.segments
            sealedSegments += lane.sealedSegments
            batches += lane.batches
            events += lane.events
            bytes += lane.bytes
            lastPosition = max(lastPosition, lane.lastPosition)
            chainHeads += lane.chainHeads
            found.add(lane.found)
        }
    }

    /// Who goes along with the way through a log.
    package protocol Companion: Sendable {
        /// Good records of a lane in their order, also those behind damage. Of several lanes on several threads; whether
        /// it is that of who asked for the verification is said.
        func take(_ records: RecordRun, lane: Int, isOwnThread: Bool)
        /// Nothing more comes of the lane.
        func end(lane: Int)
    }

    package static func verify(_ directory: LogDirectory, deep: Bool = false) throws(LogError) -> Report {
        var report = Report()
        report.lanes = directory.manifest.lanes
        do throws(LogError) {
            return try verify(directory.openLanes(for: .reading), deep: deep)
        } catch {
            report.add(error, lane: 0)
            return report
        }
    }

    /// The same for lanes that are open already, up to where they ended then: as many at a time as there are cores.
    package static func verify(
        _ logs: [FileBatchLog], deep: Bool = false, with companion: (any Companion)? = nil
    ) throws(LogError) -> Report {
        let lanes = LaneThreads.map(logs.count) { number, isOwnThread in
            let log = logs[number]
            defer { companion?.end(lane: log.at.lane) }
            return verify(log, deep: deep) { companion?.take($0, lane: log.at.lane, isOwnThread: isOwnThread) }
        }
        var report = Report()
        report.lanes = logs.count
        for (lane, damage) in LogDirectory.lostLanes(logs) { report.add(damage, lane: lane) }
        for lane in lanes { report.add(lane) }
        try checkPositions(logs, &report)
        return report
    }

    private static func verify(_ log: FileBatchLog, deep: Bool, each: (RecordRun) -> Void) -> Report {
        var report = Report()
        report.sealedSegments = log.sealedSegments.count
        // A sealed segment is looked at also where an inspection could not follow its lane so far.
        report.segments = log.openSegments.count + log.sealedSegments.count
        for fault in log.openedWith.damage { report.add(fault, lane: log.at.lane) }
        let ahead = SealedAhead(of: log, by: SealedVerifier(deep: deep))
        var pass = LanePass(log, ahead)
        do throws(LogError) {
            try pass.run(&report, each)
        } catch {
            report.add(error, lane: log.at.lane)
        }
        report.lastPosition = max(pass.position, 1) - 1
        report.chainHeads = [pass.hash]
        for fault in ahead.finish() { report.add(fault, lane: log.at.lane, ofSealed: true) }
        return report
    }

    /// Positions run through all lanes without a gap, so a lane that lost its end or all of it shows. Only in a log
    /// at rest: beside a running owner the lanes were looked at one after the other.
    private static func checkPositions(_ logs: [FileBatchLog], _ report: inout Report) throws(LogError) {
        let isWhole = logs.allSatisfy { $0.openedWith.closedCleanly && $0.firstAddress == SegmentHeader.blockBytes }
        guard isWhole, report.faultCount == 0, report.events != report.lastPosition else { return }
        report.add(
            logs[0].damage(
                at: 0, "the lanes hold \(report.events) events, but the last one has position \(report.lastPosition)"),
            lane: 0)
    }
}

/// One way through a lane. Each batch is checked against the one before it; what is wrong is noted, and the way goes on
/// behind it as long as there is anything to read.
private struct LanePass {
    private let log: FileBatchLog
    private let cursor: SegmentedCursor
    private var number: UInt64
    private(set) var position: UInt64 = 0
    private(set) var hash = Digest()
    private var end: UInt64
    /// Unknown at first where the log was trimmed behind the fence.
    private var epoch: UInt64?

    init(_ log: FileBatchLog, _ ahead: SealedAhead) {
        self.log = log
        cursor = SegmentedCursor(log: log, from: log.firstAddress, upTo: log.tail.address, .once, ahead: ahead)
        number = log.tail.number
        end = log.firstAddress
    }

    mutating func run(_ report: inout LogVerifier.Report, _ each: (RecordRun) -> Void) throws(LogError) {
        do throws(LogError) { try log.checkHeaders() } catch { report.add(error, lane: log.at.lane) }
        while true {
            let batch: BatchView?
            do throws(LogError) {
                batch = try cursor.next()
            } catch {
                guard case .damaged = error else { throw error }
                guard try pass(error, &report, each) else { return }
                continue
            }
            guard let batch else { break }
            do throws(LogError) { try check(batch) } catch { report.add(error, lane: log.at.lane) }
            each(RecordRun(batch))
            count(batch, events: batch.header.count, &report)
            hash = batch.hash
        }
        if number != log.tail.number {
            report.add(
                log.damage(at: log.tail.address, "the log ends behind batch \(number), not \(log.tail.number)"),
                lane: log.at.lane)
        }
    }

    private mutating func check(_ batch: BatchView) throws(LogError) {
        let header = batch.header
        defer { epoch = header.epoch }
        if !cursor.isChecked, batch.computedHash != batch.hash {
            throw log.damage(at: header.address, "batch \(header.number) does not match its own hash")
        }
        try log.checkUnused(from: end, upTo: header.address)
        let current = header.kind == .fence ? header.address : epoch
        if let current, header.epoch != current {
            throw log.damage(
                at: header.address, "a batch of epoch \(header.epoch) stands in epoch \(current)")
        }
        if header.position < position {
            throw log.damage(at: header.address, "positions go backwards from \(position)")
        }
    }

    /// Notes damage and goes on behind it. False where nothing is left to read.
    private mutating func pass(
        _ error: LogError, _ report: inout LogVerifier.Report, _ each: (RecordRun) -> Void
    ) throws(LogError) -> Bool {
        switch try cursor.passDamage() {
        case .batch(let batch):
            var events = 0
            var isNamed = false
            batch.salvage { run in
                events += run.count
                each(run)
            } _: { offset, what in
                isNamed = true
                report.add(
                    log.damage(at: batch.header.address + UInt64(offset), "batch \(batch.header.number): \(what)"),
                    lane: log.at.lane)
            }
            // All events are good: it is the frame around them, or its place.
            if !isNamed { report.add(error, lane: log.at.lane) }
            count(batch, events: events, &report)
            epoch = batch.header.epoch
            return true
        case .behind:
            report.add(error, lane: log.at.lane)
            end = .max
            return true
        case .nothingBehind:
            report.add(error, lane: log.at.lane)
            return false
        }
    }

    private mutating func count(_ batch: BatchView, events: Int, _ report: inout LogVerifier.Report) {
        report.batches += 1
        report.events += UInt64(events)
        report.bytes += UInt64(batch.header.size)
        position = max(position, batch.header.position + UInt64(batch.header.count))
        number = batch.header.number
        end = batch.header.address + UInt64(batch.header.size)
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
        // Behind damage nobody knows where the last batch ended.
        if end == .max { return }
        let number = end == 0 ? 0 : (end - 1) / at.segmentBytes
        // A sealed segment has no such bytes; putting it together again would only bring forth zeros.
        if isSealed(number) { return }
        guard next / at.segmentBytes > number, let header = state.with({ $0.segments.header(number) }) else { return }
        if let stray = try scanner(header).lastWritten(from: end - number * at.segmentBytes) {
            throw damage(
                at: number * at.segmentBytes + stray, "bytes behind the last batch of the segment are not zero")
        }
    }
}
