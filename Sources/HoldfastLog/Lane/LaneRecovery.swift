/// Brings a machine to the state that the log says: from the newest good snapshot, or from the beginning, and every
/// record since, through the same `apply` that served it live.
package struct LaneRecovery {
    package struct Report: Sendable, Equatable {
        /// The snapshot that was used.
        package var snapshot: String?
        /// Snapshots that were damaged and passed over, with what was wrong.
        package var passedOver: [Damage] = []
        package var replayed: UInt64 = 0
        /// Where replay begins.
        package var start: UInt64 = 0
        /// Up to where the snapshot may hold events.
        package var end: UInt64 = 0
    }

    /// `makeMachine` is called again where a snapshot turns out damaged half-way.
    package static func recover<Machine: LaneMachine>(
        _ log: FileBatchLog, useSnapshots: Bool = true, makeMachine: () -> Machine
    ) throws(LogError) -> (Machine, Report) {
        var (machine, report) = try start(log, useSnapshots ? .newest : .none, makeMachine: makeMachine)
        report.replayed = try replay(log, from: report.start, into: machine)
        return (machine, report)
    }

    /// Which snapshot a machine starts from.
    package enum Start: Sendable { case none, oldest, newest }

    /// A machine as a snapshot left it, or as the log began; from `report.start` on it is to be given every record.
    package static func start<Machine: LaneMachine>(
        _ log: FileBatchLog, _ choice: Start, makeMachine: () -> Machine
    ) throws(LogError) -> (Machine, Report) {
        var report = Report()
        let tail = log.tail
        var names = choice == .none ? [] : try SnapshotFile.list(in: log.at.directory, on: log.disk)
        if choice == .oldest { names.reverse() }
        for name in names {
            let machine = makeMachine()
            do throws(LogError) {
                let reader = try SnapshotReader(log.at.directory + "/" + name, of: log.at, on: log.disk)
                if log.isTrimmed, reader.start < log.firstAddress {
                    report.passedOver.append(
                        Damage(
                            file: reader.path, offset: 0,
                            found: "it begins before the log does, which has given up its beginning"))
                    continue
                }
                try load(reader, into: machine)
                if let end = reader.end, end > tail.address {
                    // A snapshot becomes valid only when the log is durable up to its end. So the log has lost some.
                    throw LogError.damaged(
                        Damage(
                            file: SegmentNames.path(tail.address / log.at.segmentBytes, in: log.at.directory),
                            offset: tail.address % log.at.segmentBytes,
                            found: "the log ends at address \(tail.address), but \(name) was taken when it "
                                + "was durable up to \(end)"))
                }
                report.snapshot = name
                report.start = reader.start
                report.end = reader.end ?? reader.start
                return (machine, report)
            } catch {
                guard case .damaged(let damage) = error, damage.file.hasSuffix(name) else { throw error }
                report.passedOver.append(damage)
            }
        }
        if log.isTrimmed {
            let words = report.passedOver.map(\.words).joined(separator: "; ")
            let reasons = words.isEmpty ? "" : " (\(words))"
            throw .givenUp(
                needed: "the state of lane \(log.at.lane) without a snapshot",
                remains: "it begins at position \(log.firstPosition), and no good snapshot\(reasons) is left to start "
                    + "from. Restore one from a backup")
        }
        report.start = log.firstAddress
        return (makeMachine(), report)
    }

    /// Pieces are read and checked on a thread of their own, a few ahead.
    private static func load<Machine: LaneMachine>(
        _ reader: SnapshotReader, into machine: Machine
    ) throws(LogError) {
        let pieces = ThreadPipe<SnapshotPiece>(capacity: 8)
        let source = PieceSource(reader: reader, pieces: pieces)
        let thread = WorkerThread(name: "hf-read-ahead") { source.run() }
        defer {
            pieces.abandon()
            thread.join()
        }
        var offset: UInt64 = 0
        while let piece = try pieces.take() {
            offset = piece.offset
            let loaded = piece.bytes.withUnsafeBytes { raw in
                Result { () throws(LogError) in try machine.loadSnapshotChunk(raw) }
            }
            try placed(at: offset, in: reader, loaded)
        }
        try placed(
            at: offset, in: reader,
            Result { () throws(LogError) in try machine.finishLoading(end: reader.end ?? reader.start) })
    }

    /// Says of damage that a machine finds where it is.
    private static func placed(
        at offset: UInt64, in reader: SnapshotReader, _ loaded: Result<Void, LogError>
    ) throws(LogError) {
        switch loaded {
        case .failure(.damaged(let damage)):
            throw .damaged(Damage(file: reader.path, offset: offset, found: damage.found))
        // It doesn't fit. If the log doesn't either, replaying it says so.
        case .failure(.invalid(let what, let reason)):
            throw .damaged(Damage(file: reader.path, offset: offset, found: "\(what): \(reason)"))
        default: try loaded.get()
        }
    }

    /// Hands every record from `start` on to the machine, and to the share that it lends: one thread reads and checks,
    /// one applies, one is the share's.
    package static func replay<Machine: LaneMachine>(
        _ log: FileBatchLog, from start: UInt64, into machine: Machine
    ) throws(LogError) -> UInt64 {
        let share = machine.lendShare()
        var takers: [any RecordTaker] = [MachineTaker(machine: machine)]
        if let share { takers.append(ShareTaker(share: share)) }
        let relay = RecordRelay(takers: takers, from: start)
        defer { share?.giveBack() }
        var damage: LogError?
        do throws(LogError) {
            let cursor = log.batchesOnce(from: start, upTo: log.tail.address)
            while let batch = try cursor.next(), relay.put(RecordRun(batch), of: log.at.lane) {}
        } catch {
            damage = error
        }
        // What does not fit stands before what could not be read.
        try relay.finish()
        if let damage { throw damage }
        return relay.count
    }
}

/// The machine on the thread that applies.
private final class MachineTaker<Machine: LaneMachine>: RecordTaker, @unchecked Sendable {
    // @unchecked: the machine is used by this taker's thread alone until that has ended.
    private let machine: Machine

    init(machine: Machine) { self.machine = machine }

    func take(_ block: RecordBlock) throws(LogError) { try machine.apply(block.records) }
}

/// What the machine lent, on a thread of its own.
private final class ShareTaker: RecordTaker {
    private let share: any RecoveryShare

    init(share: any RecoveryShare) { self.share = share }

    func take(_ block: RecordBlock) throws(LogError) { try share.apply(block.records) }
}

private final class PieceSource: @unchecked Sendable {
    // @unchecked: the reader is touched by its own thread until that has ended.
    private let reader: SnapshotReader
    private let pieces: ThreadPipe<SnapshotPiece>

    init(reader: SnapshotReader, pieces: ThreadPipe<SnapshotPiece>) {
        self.reader = reader
        self.pieces = pieces
    }

    func run() {
        do throws(LogError) {
            while let piece = try reader.next() {
                if !pieces.put(piece) { return }
            }
            pieces.finish(.success(()))
        } catch {
            pieces.finish(.failure(error))
        }
    }
}
