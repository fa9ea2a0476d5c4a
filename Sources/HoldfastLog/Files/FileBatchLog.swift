private import Synchronization

/// A lane's log in segment files of one directory: the `BatchLog` of one machine.
///
/// Addresses run through the segments: segment n holds the addresses from n × size on. The writer's side (`acquire`,
/// `append`) is used by one committing thread; reading is safe from any thread.
package final class FileBatchLog: BatchLog {
    package struct Place: Sendable {
        package let directory: String
        package let lane: Int
        package let log: LogID
        package let segmentBytes: UInt64
        /// Seeds the hash of keys.
        package let hashSeed: UInt64
        /// How payloads are made small in sealed segments.
        package let packing: any PayloadPacking

        package init(
            directory: String, lane: Int, log: LogID, segmentBytes: UInt64, hashSeed: UInt64 = 0,
            packing: any PayloadPacking = PlainPacking()
        ) {
            self.directory = directory
            self.lane = lane
            self.log = log
            self.segmentBytes = segmentBytes
            self.hashSeed = hashSeed
            self.packing = packing
        }
    }

    package let at: Place
    let disk: any Disk
    let preparer: SegmentPreparer
    let state: Locked<State>
    let files: SegmentFiles
    let sealedFiles: SealedFiles
    private let room = OpenFiles(Limits.laneFilesOpen)
    package let openedWith: OpenReport

    /// What opening found out, beyond the tail.
    package struct OpenReport: Sendable, Equatable {
        package var closedCleanly = false
        package var tornBytes: UInt64 = 0
        package var indexRebuilt = false
        /// What an inspection passed over.
        package var damage: [LogError] = []
    }

    struct State: Sendable {
        var segments: SegmentTable
        /// The segments whose open file is gone: they are read from their sealed one.
        var sealed: Set<UInt64> = []
        var tail: LogTail
        /// The header of the last batch, where its segment holds one.
        var last: BatchHeader?
        var epoch: UInt64 = 0
        /// Remains of a torn batch in the last segment, zeroed by `acquire` before anything is written.
        var torn: Range<UInt64>?
        /// Files that are no part of the log: unfinished ones, and segments that hold nothing but what a crash left
        /// of their first batch. `acquire` removes them; opening alone changes nothing.
        var leftovers: [String] = []
        /// The table of segments on disk is to be written anew by `acquire`.
        var tableIsStale = false
        /// A failed write or sync: nothing more is ever written through this object.
        var broken: DiskFailure?

        mutating func giveUpLastSegment(startingAt start: LogTail) {
            guard let last = segments.removeLast() else { return }
            leftovers.append(SegmentNames.name(last.number))
            tableIsStale = true
            torn = nil
            if segments.headers.isEmpty { tail = start }
        }
    }

    init(at place: Place, disk: any Disk, state: State, report: OpenReport) {
        at = place
        self.disk = disk
        self.state = Locked(state)
        openedWith = report
        files = SegmentFiles(directory: place.directory, disk: disk)
        sealedFiles = SealedFiles(place, disk: disk)
        preparer = SegmentPreparer(
            directory: place.directory, segmentBytes: place.segmentBytes, disk: disk)
    }

    package var tail: LogTail { state.with { $0.tail } }
    package var segmentCount: Int { state.with { $0.segments.headers.count } }
    package var firstAddress: UInt64 {
        state.with { state in
            (state.segments.headers.first?.number ?? 0) * at.segmentBytes + UInt64(SegmentHeader.blockBytes)
        }
    }

    /// Whether the log has given up its beginning.
    package var isTrimmed: Bool { firstAddress >= at.segmentBytes }
    /// Of the first event that it has, or at the earliest can have.
    package var firstPosition: UInt64 { state.with { $0.segments.headers.first?.firstPosition ?? 1 } }
    /// When the first segment that it has was begun.
    package var beginning: Int64 { state.with { $0.segments.headers.first?.time ?? 0 } }

    package var batchBytesMax: Int {
        min(Limits.batchBytesMax, Int(at.segmentBytes) - SegmentHeader.blockBytes)
    }

    // MARK: Writing

    package func acquire(at time: Int64, round: UInt64, position: UInt64) throws(LogError) -> Tenure {
        try removeCleanMark()
        try tidyUp()
        let place = try place(after: tail.address, atLeast: BatchHeader.smallest)
        let before = tail
        let header = BatchHeader(
            size: BatchHeader.smallest, number: before.number + 1, epoch: place.address,
            round: round, address: place.address, position: position, time: max(time, before.time), count: 0,
            lane: at.lane, batchesInRound: 1, previousHash: before.hash, kind: .fence)
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: header.size, alignment: 128)
        defer { memory.deallocate() }
        _ = BatchView.finish(at: memory.baseAddress!, header: header, used: BatchHeader.bytes)
        state.with { $0.epoch = place.address }
        switch append(
            BatchView(header: header, base: memory.baseAddress!), epoch: place.address, expected: place.address)
        {
        case .committed: return Tenure(epoch: place.address, tail: tail)
        case .fenced: throw .fenced(lane: at.lane)
        case .unknown(let failure): throw .io(failure)
        }
    }

    package func append(_ batch: BatchView, epoch: UInt64, expected address: UInt64) -> AppendOutcome {
        let (current, tail, broken) = state.with { ($0.epoch, $0.tail, $0.broken) }
        if let broken { return .unknown(broken) }
        guard epoch == current else { return .fenced }
        if batch.header.number <= tail.number {
            // A repeated call, or a writer that has lost track. The same batch in the same place is committed.
            return batch.header.number == tail.number && batch.hash == tail.hash ? .committed : .fenced
        }
        guard batch.header.number == tail.number + 1, batch.header.previousHash == tail.hash,
            batch.header.address == address, continues(tail, address)
        else { return .fenced }
        do throws(DiskFailure) {
            try write(batch, after: tail)
        } catch {
            state.with { $0.broken = error }
            return .unknown(error)
        }
        state.with { $0.tail = tail.advanced(past: batch) }
        return .committed
    }

    /// A batch with a gap before it could never be found again: it follows the last one, or begins a segment.
    private func continues(_ tail: LogTail, _ address: UInt64) -> Bool {
        address == tail.address
            || (address > tail.address && address % at.segmentBytes == UInt64(SegmentHeader.blockBytes))
    }

    private func write(_ batch: BatchView, after tail: LogTail) throws(DiskFailure) {
        let number = batch.header.address / at.segmentBytes
        let file = try files.writing(number)
        if state.with({ $0.segments.headers.last?.number != number }) {
            let header = SegmentHeader(
                lane: at.lane, log: at.log, number: number, segmentBytes: at.segmentBytes,
                firstPosition: batch.header.position, firstBatch: batch.header.number, previousHash: tail.hash,
                time: batch.header.time)
            try file.writeAll(header.block(), at: 0)
            state.with { $0.segments.append(header) }
            SegmentTable.remember(header, in: at.directory, on: disk)
        }
        let offset = batch.header.address % at.segmentBytes
        if batch.isPageAligned {
            try file.writePages(batch.bytes, at: offset)
        } else {
            try file.writeBeforeZeros(batch.bytes, at: offset)
        }
        try file.sync()
    }

    package func place(after address: UInt64, atLeast bytes: Int) throws(LogError) -> BatchPlace {
        precondition(bytes <= batchBytesMax, "no segment can hold a batch of \(bytes) bytes")
        let offset = address % at.segmentBytes
        let used = offset == 0 && address > 0 ? at.segmentBytes : max(offset, UInt64(SegmentHeader.blockBytes))
        let number = offset == 0 && address > 0 ? address / at.segmentBytes - 1 : address / at.segmentBytes
        let room = at.segmentBytes - used
        if room >= UInt64(bytes), !isSealed(number) {
            try preparer.prepare(number)
            return BatchPlace(address: number * at.segmentBytes + used, bytes: min(Int(room), batchBytesMax))
        }
        try preparer.prepare(number + 1)
        return BatchPlace(
            address: (number + 1) * at.segmentBytes + UInt64(SegmentHeader.blockBytes), bytes: batchBytesMax)
    }

    /// Makes the segment behind the present one ready. Called ahead of need, on a background thread.
    package func prepareAhead() throws(LogError) { try preparer.prepare(nextSegment) }
    package var isPreparedAhead: Bool { preparer.isReady(nextSegment) }

    /// Behind the one that holds the last batch, which may end exactly where its segment does.
    private var nextSegment: UInt64 { (tail.address - 1) / at.segmentBytes + 1 }

    /// Does away with what a crash left behind. For whoever owns the log.
    package func tidyUp() throws(LogError) {
        try removeLeftovers()
        try clearTornBytes()
    }

    private func removeLeftovers() throws(LogError) {
        let (leftovers, tableIsStale) = state.with { ($0.leftovers, $0.tableIsStale) }
        do throws(DiskFailure) {
            for name in leftovers { try disk.remove(at.directory + "/" + name) }
            if !leftovers.isEmpty { try disk.syncDirectory(at.directory) }
        } catch {
            throw .io(error)
        }
        if tableIsStale { SegmentTable.store(state.with { $0.segments.headers }, in: at.directory, on: disk) }
        state.with { state in
            state.leftovers = []
            state.tableIsStale = false
        }
    }

    /// Removes what a crash left behind the tail, so that the next batch meets zeros.
    private func clearTornBytes() throws(LogError) {
        guard let torn = state.with({ $0.torn }), let last = state.with({ $0.segments.headers.last }) else { return }
        do throws(DiskFailure) {
            let file = try files.writing(last.number)
            try file.writeAll([UInt8](repeating: 0, count: torn.count), at: torn.lowerBound)
            try file.sync()
        } catch {
            throw .io(error)
        }
        state.with { $0.torn = nil }
    }

    // MARK: Reading

    package func read(into buffer: UnsafeMutableRawBufferPointer, at address: UInt64) throws(LogError) -> Int {
        let file = try file(address / at.segmentBytes, keepsImage: true)
        do throws(DiskFailure) {
            return try file.read(into: buffer, at: address % at.segmentBytes)
        } catch {
            throw .io(error)
        }
    }

    package func address(near position: UInt64) throws(LogError) -> UInt64 {
        let header = state.with { $0.segments.holding(position: position) }
        return (header?.number ?? 0) * at.segmentBytes + UInt64(SegmentHeader.blockBytes)
    }

    package func batches(from address: UInt64, upTo end: UInt64) throws(LogError) -> any BatchCursor {
        SegmentedCursor(log: self, from: address, upTo: end)
    }

    /// The same for one who goes through much of the log and does not come back soon: past the page cache.
    package func batchesOnce(from address: UInt64, upTo end: UInt64) -> any BatchCursor {
        SegmentedCursor(log: self, from: address, upTo: end, .once)
    }

    func scanner(
        _ header: SegmentHeader, _ manner: ReadWindow.Manner = .asItGrows
    ) throws(LogError) -> SegmentScanner {
        SegmentScanner(file: try file(header.number), header: header, manner: manner)
    }

    func scanner(_ header: SegmentHeader, behind tail: LogTail) throws(LogError) -> SegmentScanner {
        SegmentScanner(file: try file(header.number), header: header, behind: tail)
    }

    package func damage(at address: UInt64, _ found: String) -> LogError {
        let number = address / at.segmentBytes
        let isSealed = isSealed(number)
        let path = (isSealed ? SegmentNames.sealedPath : SegmentNames.path)(number, at.directory)
        return .damaged(
            Damage(file: path, offset: address % at.segmentBytes, isBeforeSealing: isSealed, found: found))
    }

    package func trim(before address: UInt64) throws(LogError) {
        let dropped = state.with { state in
            state.segments.headers.prefix(while: { ($0.number + 1) * at.segmentBytes <= address }).map(\.number)
        }
        try drop(dropped.prefix(segmentCount - 1))
    }

    // MARK: Closing

    static let cleanMarkName = "clean"
    private var cleanMark: String { at.directory + "/" + Self.cleanMarkName }

    /// Marks where the log ends, so that the next opening knows that nothing may be missing or torn.
    package func closeCleanly() throws(LogError) {
        guard state.with({ $0.broken == nil }) else { return }
        do throws(DiskFailure) {
            try SmallFile.write(tail.fields, kind: .cleanClose, to: cleanMark, in: at.directory, on: disk)
        } catch {
            throw .io(error)
        }
    }

    private func removeCleanMark() throws(LogError) {
        guard disk.fileExists(cleanMark) else { return }
        do throws(DiskFailure) {
            try disk.remove(cleanMark)
            try disk.syncDirectory(at.directory)
        } catch {
            throw .io(error)
        }
    }
}

/// Open segment files. A bounded number stays open for reading; the writer keeps its own.
final class SegmentFiles: Sendable {
    private let directory: String
    private let disk: any Disk
    private let open = Locked<[UInt64: any DiskFile]>([:])
    private let current = Locked<(number: UInt64, file: any DiskFile)?>(nil)

    init(directory: String, disk: any Disk) {
        self.directory = directory
        self.disk = disk
    }

    func reading(_ number: UInt64) throws(DiskFailure) -> any DiskFile {
        if let file = open.with({ $0[number] }) { return file }
        let file = try disk.open(SegmentNames.path(number, in: directory), for: .reading)
        open.with { files in
            if files.count >= Limits.openSegmentsOpen { files.removeAll() }
            files[number] = file
        }
        return file
    }

    func writing(_ number: UInt64) throws(DiskFailure) -> any DiskFile {
        if let current = current.with({ $0 }), current.number == number { return current.file }
        let file = try disk.open(SegmentNames.path(number, in: directory), for: .writing)
        current.with { $0 = (number, file) }
        return file
    }

    func forget(_ number: UInt64) { open.with { _ = $0.removeValue(forKey: number) } }
}
