/// How opening treats what it finds.
package enum OpenMode: Sendable {
    /// The owner of the log: it will write.
    case writing
    /// A reader, perhaps beside a running owner: it changes nothing, and reads up to the last whole batch.
    case reading
    /// A reader that lists what is wrong: damage to a segment does not keep it out.
    case inspecting
}

extension FileBatchLog {
    /// Creates the directory of an empty lane.
    package static func create(_ place: Place, on disk: any Disk) throws(LogError) {
        do throws(DiskFailure) {
            try disk.makeDirectory(place.directory)
        } catch {
            throw .io(error)
        }
    }

    /// Opens a lane: finds its segments, checks that none is missing, and finds the end of the log.
    package static func open(_ place: Place, on disk: any Disk, for mode: OpenMode) throws(LogError) -> FileBatchLog {
        var inventory = try SegmentInventory(place, on: disk, for: mode)
        var report = OpenReport()
        let headers = try inventory.begunHeaders()
        report.indexRebuilt = inventory.lacksTable && headers.count > 1
        var state = State(segments: SegmentTable(), tail: .start(lane: place), torn: nil)
        for header in headers { state.segments.append(header) }
        state.sealed = inventory.sealed
        state.leftovers = inventory.leftovers
        state.tableIsStale = inventory.tableIsStale

        let mark = place.directory + "/" + cleanMarkName
        var clean: [UInt8]?
        do throws(LogError) {
            clean = try SmallFile.read(mark, kind: .cleanClose, on: disk)
        } catch {
            try inventory.passOver(error)
        }
        var givenUp: SegmentHeader?
        while let last = state.segments.headers.last {
            if state.sealed.contains(last.number) {
                (state.tail, state.last) = try inventory.sealedEnd(last)
                break
            }
            let scan = try inventory.scanTail(last)
            report.tornBytes += UInt64(scan.torn?.count ?? 0)
            state.tail = scan.tail
            state.torn = scan.torn
            state.last = scan.last
            if scan.last != nil { break }
            try inventory.checkEnd(of: state, before: givenUp)
            // The header came with a first batch that was torn: the segment was never part of the log.
            givenUp = last
            state.giveUpLastSegment(startingAt: .start(lane: place))
        }
        try inventory.checkEnd(of: state, before: givenUp)
        report.damage = inventory.damage
        // An owner that opened the log meanwhile has removed the mark before it wrote anything.
        if let clean, mode != .inspecting, try SmallFile.read(mark, kind: .cleanClose, on: disk) == clean {
            try checkCleanMark(clean, state: state, place: place)
            if let stray = inventory.stray { throw .damaged(stray) }
            report.closedCleanly = true
        }
        return FileBatchLog(at: place, disk: disk, state: state, report: report)
    }

    private static func checkCleanMark(_ clean: [UInt8], state: State, place: Place) throws(LogError) {
        let path = place.directory + "/" + cleanMarkName
        guard let marked = LogTail(clean) else {
            throw .damaged(Damage(file: path, offset: 0, found: "the mark of the clean close can't be read"))
        }
        if state.torn == nil, state.tail == marked { return }
        let file = SegmentNames.path(state.tail.address / place.segmentBytes, in: place.directory)
        throw .damaged(
            Damage(
                file: file, offset: state.tail.address % place.segmentBytes,
                found: "the log was closed cleanly behind batch \(marked.number) at address \(marked.address), "
                    + "but its last good batch is \(state.tail.number)"))
    }

    /// Takes the last batch off the tail: its round was not completed by the other lanes.
    package func dropLastBatch() throws(LogError) {
        guard let last = state.with({ $0.segments.headers.last }) else { return }
        if isSealed(last.number) {
            throw damage(at: tail.address, "the segment is sealed, but the round of its last batch is not whole")
        }
        var scan = try TailScan(scanner(last))
        scan.dropLast()
        let isEmpty = scan.tail.number + 1 == last.firstBatch
        state.with { [scan] state in
            state.tail = scan.tail
            state.torn = scan.torn
            state.last = scan.last
            if isEmpty { state.giveUpLastSegment(startingAt: .start(lane: at)) }
        }
        guard isEmpty, let before = state.with({ $0.segments.headers.last }) else { return }
        preparer.forget(last.number)
        let isSealed = isSealed(before.number)
        var torn: Range<UInt64>?
        let tail: LogTail
        if isSealed {
            tail = try sealed(before.number).header.tail
        } else {
            let scan = try TailScan(scanner(before))
            (tail, torn) = (scan.tail, scan.torn)
        }
        if let damage = try tail.damage(torn, before: last, in: at, isSealed: isSealed, on: disk) {
            throw .damaged(damage)
        }
        state.with { $0.tail = tail }
    }

    /// The header of the last batch, if its segment holds one.
    package var lastBatch: BatchHeader? { state.with { $0.last } }
}

extension LogTail {
    /// The tail of a log in which nothing was written yet.
    static func start(lane place: FileBatchLog.Place) -> LogTail {
        LogTail(
            address: UInt64(SegmentHeader.blockBytes), number: 0, hash: Digest(), round: 0, nextPosition: 1, time: 0)
    }
}

/// The segment files of a lane as they lie in its directory.
private struct SegmentInventory {
    let place: FileBatchLog.Place
    let disk: any Disk
    let mode: OpenMode
    /// Segment numbers, ascending and without a gap.
    private(set) var numbers: [UInt64]
    /// Those of which only a sealed file is there. Where both are, the open one is what counts until it goes.
    let sealed: Set<UInt64>
    /// Files that a crash left unfinished. None of them was ever part of the log.
    private(set) var leftovers: [String] = []
    /// The table of segments is missing or unreadable, or not up to date.
    private(set) var lacksTable = false
    private(set) var tableIsStale = false
    /// Bytes in a segment that was never begun: the rest of a torn first batch or, after a clean close, damage.
    private(set) var stray: Damage?
    /// What `.inspecting` passed over.
    private(set) var damage: [LogError] = []

    init(_ place: FileBatchLog.Place, on disk: any Disk, for mode: OpenMode) throws(LogError) {
        self.place = place
        self.disk = disk
        self.mode = mode
        var names: [String] = []
        do throws(DiskFailure) {
            names = try disk.list(place.directory)
        } catch {
            switch (error.errno, mode) {
            case (SystemErrors.missing, .inspecting), (SystemErrors.notADirectory, .inspecting):
                let found = "the directory of lane \(place.lane) is missing"
                damage.append(.damaged(Damage(file: place.directory, offset: 0, found: found)))
            case (SystemErrors.missing, _):
                throw .notALog(
                    path: place.directory,
                    reason: "the directory of lane \(place.lane) is missing. Restore it from a backup")
            default: throw .io(error)
            }
        }
        leftovers = names.filter { $0.hasSuffix(".new") }
        let first = try TrimmedRecord.read(in: place.directory, on: disk)?.first ?? 0
        let open = names.compactMap(SegmentNames.number).filter { $0 >= first }
        sealed = Set(names.compactMap(SegmentNames.sealedNumber).filter { $0 >= first }).subtracting(open)
        numbers = (open + sealed).sorted()
        for (index, number) in numbers.enumerated() where number != first + UInt64(index) {
            let missing = Damage(
                file: SegmentNames.path(first + UInt64(index), in: place.directory), offset: 0,
                found: "the segment is missing, though segment \(number) is there")
            try passOver(.damaged(missing))
            numbers.removeAll { $0 >= number }
            break
        }
        if numbers.isEmpty, first > 0 {
            // Trimming leaves the last segment, whatever it may drop.
            let missing = Damage(
                file: SegmentNames.path(first, in: place.directory), offset: 0,
                found: "the segment is missing, though the log begins with it since older ones were dropped")
            try passOver(.damaged(missing))
        }
        // A crash in the middle of trimming leaves segments that the log has already given up.
        leftovers += names.filter { name in
            (SegmentNames.number(name) ?? SegmentNames.sealedNumber(name)).map { $0 < first } ?? false
        }
    }

    /// Where the log ends whose last segment is sealed. To an inspection, where nothing says so, at that one's beginning.
    mutating func sealedEnd(_ last: SegmentHeader) throws(LogError) -> (LogTail, BatchHeader?) {
        do throws(LogError) {
            let segment = try SealedSegment(last.number, of: place, on: disk)
            return (segment.header.tail, try segment.batches().headers.last)
        } catch {
            try passOver(error)
            return (SealedSegment.header(last.number, of: place, on: disk)?.tail ?? LogTail(before: last), nil)
        }
    }

    /// The segment that was given up continues a batch: that, and nothing else, must be where the log ends now.
    mutating func checkEnd(of state: FileBatchLog.State, before givenUp: SegmentHeader?) throws(LogError) {
        guard let givenUp else { return }
        let isSealed = state.segments.headers.last.map { sealed.contains($0.number) } ?? false
        // Of a sealed segment that is damaged itself nobody knows how it ends.
        if isSealed, state.last == nil { return }
        let damage = try state.tail.damage(state.torn, before: givenUp, in: place, isSealed: isSealed, on: disk)
        if let damage { try passOver(.damaged(damage)) }
    }

    /// Notes damage that an inspection lists and goes on behind; everybody else is refused.
    mutating func passOver(_ error: LogError) throws(LogError) {
        guard mode == .inspecting, case .damaged = error else { throw error }
        if !damage.contains(error) { damage.append(error) }
    }

    /// The headers of the segments that have been written to; the blank ones behind them are ready for use.
    mutating func begunHeaders() throws(LogError) -> [SegmentHeader] {
        var cached = SegmentTable.load(from: place.directory, on: disk)
        if let list = cached {
            cached = list.filter { $0.number >= numbers.first ?? 0 }
            let fits = zip(cached!, numbers).allSatisfy { $0.isSegment($1, of: place) }
            if !fits || cached!.count > numbers.count { cached = nil }
        }
        // The last header in the cache was noted before its first batch was durable: look at the file itself.
        var headers = Array((cached ?? []).dropLast())
        let known = headers.count
        for (index, number) in numbers.enumerated().dropFirst(known) {
            do throws(LogError) {
                guard let header = try begunHeader(number) else { continue }
                guard index == headers.count else {
                    throw LogError.damaged(
                        Damage(
                            file: SegmentNames.path(numbers[headers.count], in: place.directory), offset: 0,
                            found: "the segment is blank, though segment \(number) is not"))
                }
                headers.append(header)
            } catch {
                try passOver(error)
                // Where nothing tells what the segment begins with, the lane can't be followed any further.
                guard index == headers.count, let header = remembered(number, in: cached) else { break }
                headers.append(header)
            }
        }
        lacksTable = cached == nil
        tableIsStale = cached?.count != headers.count
        return headers
    }

    /// The header of a segment; nil where it is blank.
    private mutating func begunHeader(_ number: UInt64) throws(LogError) -> SegmentHeader? {
        if sealed.contains(number) { return try SealedSegment(number, of: place, on: disk).header.segment }
        let path = SegmentNames.path(number, in: place.directory)
        switch try read(path) {
        case .header(let header):
            guard header.isSegment(number, of: place) else {
                throw .damaged(
                    Damage(file: path, offset: 0, found: "the segment belongs to another log, lane or place"))
            }
            return header
        case .blank:
            try checkBlank(path, number: number)
            return nil
        case .newer(let version):
            throw .newerFormat(file: path, found: version, supported: SegmentHeader.version)
        case .damaged(let offset, let what):
            throw .damaged(Damage(file: path, offset: UInt64(offset), found: what))
        }
    }

    /// What else tells how a segment begins that can't be opened.
    private func remembered(_ number: UInt64, in table: [SegmentHeader]?) -> SegmentHeader? {
        if let header = table?.first(where: { $0.number == number }) { return header }
        return sealed.contains(number) ? SealedSegment.header(number, of: place, on: disk)?.segment : nil
    }

    private func read(_ path: String) throws(LogError) -> SegmentHeader.Reading {
        do throws(DiskFailure) {
            let file = try disk.open(path, for: .reading)
            guard let block = try file.bytes(at: 0, count: SegmentHeader.blockBytes),
                try file.size() == place.segmentBytes
            else {
                return .damaged(
                    offset: Int(try file.size()), what: "the file has not the size of a segment (\(place.segmentBytes))"
                )
            }
            return block.withUnsafeBytes { SegmentHeader.read($0) }
        } catch {
            throw .io(error)
        }
    }

    /// A segment without a header is ready for use, or its first write was torn. If two batches stand in it, the
    /// first was acknowledged, and the header with it.
    private mutating func checkBlank(_ path: String, number: UInt64) throws(LogError) {
        let blank = SegmentHeader(
            lane: place.lane, log: place.log, number: number, segmentBytes: place.segmentBytes, firstPosition: 1,
            firstBatch: 1, previousHash: Digest(), time: 0)
        let file: any DiskFile
        do throws(DiskFailure) { file = try disk.open(path, for: .reading) } catch { throw .io(error) }
        let scanner = SegmentScanner(file: file, header: blank)
        guard let written = try scanner.lastWritten(from: 0) else { return }
        let start = UInt64(SegmentHeader.blockBytes)
        if try scanner.hasLaterBatch(from: start + UInt64(Limits.batchAlignment), atLeast: 1) {
            throw .damaged(Damage(file: path, offset: 0, found: "the header is blank, but batches stand behind it"))
        }
        leftovers.append(SegmentNames.name(number))
        stray = Damage(file: path, offset: written, found: "bytes stand in a segment that was not begun")
    }

    func scanTail(_ last: SegmentHeader) throws(LogError) -> TailScan {
        let path = SegmentNames.path(last.number, in: place.directory)
        // Beside a running owner a scan may meet batches while they are being written. Then the log has grown at the
        // next look, and what is whole of it will do; damage stays where it is.
        var tries = mode == .reading ? Limits.readingTries : 1
        var known: UInt64 = 0
        while true {
            let file: any DiskFile
            do throws(DiskFailure) { file = try disk.open(path, for: .reading) } catch { throw LogError.io(error) }
            do throws(LogError) {
                return try TailScan(SegmentScanner(file: file, header: last))
            } catch {
                tries -= 1
                guard case .damaged = error else { throw error }
                if mode == .inspecting {
                    return try TailScan(passingDamageIn: SegmentScanner(file: file, header: last))
                }
                if tries == 0 { throw error }
                let whole = try TailScan(wholeBatchesOf: SegmentScanner(file: file, header: last))
                if known > 0, whole.tail.number > known { return whole }
                known = whole.tail.number
            }
        }
    }
}
