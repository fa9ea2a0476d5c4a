/// Brings a log back from a backup: as it was at the newest point, or at an earlier moment.
///
/// Every file of the backup is checked against its SHA-256 first, and the restored log is verified as a whole,
/// every hash of its chain computed anew, before its manifest is written. Until then the directory is no log, and the
/// same restore into it can be run again.
package final class LogRestore {
    package struct Report: Sendable {
        /// Of the last event, and of the last batch.
        package internal(set) var position: UInt64 = 0
        package internal(set) var time: Int64 = 0
        package internal(set) var events: UInt64 = 0
        /// Whether events of the backup were left out.
        package internal(set) var isCut = false
        /// Consumers that had come further than the log goes now.
        package internal(set) var checkpointsLeftOut: [String] = []
    }

    static let markName = "restoring"

    private let target: BackupTarget
    private let manifest: BackupManifest
    private let reader: BackupReader
    private let moment: RestoreMoment
    private let new: LogDirectory
    private let disk: any Disk
    private let progress: (Int) -> Void
    private var report = Report()

    /// Checks every file of a backup, and returns how many bytes these are.
    package static func check(
        _ target: BackupTarget, progress: (Int) -> Void = { _ in }
    ) throws(LogError) -> (files: Int, bytes: UInt64) {
        let manifest = try target.existingManifest()
        for file in manifest.files {
            try HashedFile.check(file, at: target.place(file), on: target.disk, progress)
        }
        return (manifest.files.count, manifest.files.reduce(0) { $0 + $1.bytes })
    }

    /// What is wrong with one file of a backup, for those who want to hear of each; nil where it is sound.
    package static func damage(
        to file: BackupManifest.StoredFile, of target: BackupTarget, progress: (Int) -> Void = { _ in }
    ) throws(LogError) -> Damage? {
        try HashedFile.damage(to: file, at: target.place(file), on: target.disk, progress)
    }

    /// `progress` hears how many bytes were checked or written.
    package static func run(
        _ target: BackupTarget, into path: String, to moment: RestoreMoment = .newest, on disk: any Disk,
        bond: @escaping EventBond = { _ in nil }, progress: (Int) -> Void = { _ in }
    ) throws(LogError) -> Report {
        try withoutActuallyEscaping(progress) { progress throws(LogError) in
            _ = try check(target, progress: progress)
            let restore = try LogRestore(target, path, moment, disk, progress)
            return try restore.run(bond)
        }
    }

    private init(
        _ target: BackupTarget, _ path: String, _ moment: RestoreMoment, _ disk: any Disk,
        _ progress: @escaping (Int) -> Void
    ) throws(LogError) {
        self.target = target
        self.moment = moment
        self.disk = disk
        self.progress = progress
        manifest = try target.existingManifest()
        reader = try BackupReader(target, manifest)
        new = LogDirectory(path: path, manifest: reader.mirror.manifest, disk: disk, packing: target.packing)
    }

    private var point: BackupPoint { manifest.points.last! }

    private func run(_ bond: @escaping EventBond) throws(LogError) -> Report {
        let cut = try RestoreCut(reader.logs, at: moment, bond: bond)
        report.isCut = cut.round != nil
        let addresses = try cut.addresses(reader.logs)
        try prepare()
        let tails: [LogTail]
        do throws(DiskFailure) {
            for log in reader.logs { try copySegments(of: log, before: firstCut(log, addresses, cut)) }
        } catch {
            throw full(error)
        }
        tails = cut.round == nil ? point.lanes.map(\.tail) : try write(cut, from: addresses)
        report.position = (tails.map(\.nextPosition).max() ?? 1) - 1
        report.time = tails.map(\.time).max() ?? 0
        try copyOtherFiles(tails, upTo: cut.round == nil ? tails.map(\.address) : addresses)
        try verify(tails)
        try finish()
        return report
    }

    private func full(_ failure: DiskFailure) -> LogError {
        SystemErrors.meansFull(failure.errno) ? .storageFull(path: new.path) : .io(failure)
    }

    // MARK: The directory

    private func prepare() throws(LogError) {
        let mark = new.path + "/" + Self.markName
        do throws(DiskFailure) {
            if disk.fileExists(new.path + "/" + LogDirectory.manifestName) { throw DiskFailure.alreadyThere }
            try disk.makeDirectory(new.path)
            if disk.fileExists(mark) {
                try removeUnfinished()
            } else {
                let names = try disk.list(new.path).filter { $0 != Self.markName + ".new" }
                if !names.isEmpty { throw DiskFailure.notEmpty }
                try disk.syncDirectory(LogDirectory.parent(of: new.path))
                try disk.writeWhole(Array("from \(target.path)\n".utf8), to: mark, in: new.path)
            }
            for place in new.places { try disk.makeDirectory(place.directory) }
            try disk.makeDirectory(new.checkpointsPath)
            try disk.syncDirectory(new.path)
        } catch {
            if error == .alreadyThere { throw .alreadyExists(path: new.path) }
            if error == .notEmpty {
                throw .invalid(
                    argument: new.path, reason: "it is not empty; a backup is restored into a new or empty directory")
            }
            throw full(error)
        }
    }

    /// What an earlier restore that died has left.
    private func removeUnfinished() throws(DiskFailure) {
        for folder in new.places.map(\.directory) + [new.checkpointsPath] where disk.directoryExists(folder) {
            for name in try disk.list(folder) { try disk.remove(folder + "/" + name) }
        }
    }

    /// The log is complete: its manifest makes it one.
    private func finish() throws(LogError) {
        do throws(DiskFailure) {
            let bytes = try target.disk.readWhole(target.logPath + "/" + LogDirectory.manifestName) ?? []
            try disk.writeWhole(bytes, to: new.path + "/" + LogDirectory.manifestName, in: new.path)
            try disk.remove(new.path + "/" + Self.markName)
            try disk.syncDirectory(new.path)
        } catch {
            throw full(error)
        }
    }

    // MARK: Segments

    /// The first segment of a lane that is restored. The newest point has what the log had then; an earlier moment all
    /// that the backup has.
    private func firstSegment(_ log: FileBatchLog) -> UInt64 {
        let kept = log.firstAddress / log.at.segmentBytes
        return report.isCut ? kept : max(kept, point.lanes[log.at.lane].firstSegment)
    }

    /// The segment that is written batch by batch.
    private func firstCut(_ log: FileBatchLog, _ addresses: [UInt64], _ cut: RestoreCut) -> UInt64 {
        cut.round == nil ? .max : (addresses[log.at.lane] - 1) / log.at.segmentBytes
    }

    private func copySegments(of log: FileBatchLog, before end: UInt64) throws(DiskFailure) {
        let first = firstSegment(log)
        let last = log.state.with { $0.segments.headers.last?.number }
        for segment in BackupReader.segments(of: log.at, in: reader.mirror, manifest)
        where segment.number >= first && segment.number < end {
            let file = segment.file
            let from = try target.disk.open(target.place(file), for: .reading)
            let to = try disk.open(new.path + "/" + file.path, for: .creating)
            if !segment.isSealed { try to.allocate(log.at.segmentBytes) }
            try from.copy(0..<file.bytes, to: to)
            if segment.number == last, !segment.isSealed {
                try makeReady(to, behind: file.bytes, of: log.at.segmentBytes)
            }
            try to.sync()
            progress(Int(file.bytes))
        }
    }

    /// The log goes on in this segment, and writes faster over zeros than over space that was only reserved.
    private func makeReady(_ file: any DiskFile, behind used: UInt64, of size: UInt64) throws(DiskFailure) {
        let start = used.roundedUp(to: UInt64(Limits.pageBytes))
        if start < size { try file.fillWithZeros(start..<size) }
    }

    /// The cut segments, and the rounds that are made anew. Returns where the lanes end then.
    private func write(_ cut: RestoreCut, from addresses: [UInt64]) throws(LogError) -> [LogTail] {
        var lanes: [RestoredLane] = []
        for log in reader.logs {
            let address = addresses[log.at.lane]
            let number = firstCut(log, addresses, cut)
            let lane = RestoredLane(new.place(lane: log.at.lane), behind: try log.tail(before: number), on: disk)
            try log.forEachBatch(of: number, upTo: address) { batch throws(LogError) in
                do throws(DiskFailure) { try lane.put(batch) } catch { throw full(error) }
            }
            lanes.append(lane)
        }
        var position = lanes.map(\.tail.nextPosition).max() ?? 1
        try cut.forEachRound(reader.logs, from: addresses) { round throws(LogError) in
            let parts = round.parts.filter { $0.events > 0 }
            do throws(DiskFailure) {
                for part in parts {
                    for fence in part.fences {
                        try lanes[part.lane].remake(fence, events: 0, position: position, batchesInRound: 1)
                    }
                    try lanes[part.lane].remake(
                        part.batch, events: part.events, position: position, batchesInRound: parts.count)
                    position += UInt64(part.events)
                }
            } catch {
                throw full(error)
            }
        }
        do throws(DiskFailure) { for lane in lanes { try lane.finish() } } catch { throw full(error) }
        return lanes.map(\.tail)
    }

    // MARK: What goes with the segments

    private func copyOtherFiles(_ tails: [LogTail], upTo ends: [UInt64]) throws(LogError) {
        do throws(DiskFailure) {
            for log in reader.logs {
                let lane = log.at.lane
                let place = new.place(lane: lane)
                let first = firstSegment(log)
                let snapshot = snapshot(lane, from: first * log.at.segmentBytes, upTo: ends[lane])
                if first > 0, snapshot == nil { throw DiskFailure.noSnapshot }
                if first > 0, let payload = manifest.trimmed[lane] {
                    try SmallFile.write(
                        Self.trimmed(payload, to: first), kind: .trimmed, to: place.directory + "/trimmed",
                        in: place.directory, on: disk)
                }
                if let snapshot { try copy(snapshot) }
                try SmallFile.write(
                    tails[lane].fields, kind: .cleanClose, to: place.directory + "/" + FileBatchLog.cleanMarkName,
                    in: place.directory, on: disk)
            }
            for (name, position) in manifest.checkpoints.sorted(by: { $0.key < $1.key }) {
                // One beyond the end would say that the log has lost events.
                if position > report.position {
                    report.checkpointsLeftOut.append(name)
                    continue
                }
                var fields = FieldWriter()
                fields.integer(position)
                try SmallFile.write(
                    fields.bytes, kind: .checkpoint, to: new.checkpointsPath + "/" + name, in: new.checkpointsPath,
                    on: disk)
            }
        } catch {
            if error == .noSnapshot {
                throw .invalid(
                    argument: "the moment to restore to",
                    reason: "the log's beginning was given up before the oldest point that the backup keeps, and no "
                        + "snapshot in it is as old as that moment. Choose a later one")
            }
            throw full(error)
        }
    }

    /// The newest snapshot that holds nothing from `end` on, and needs nothing before `start`.
    private func snapshot(_ lane: Int, from start: UInt64, upTo end: UInt64) -> BackupManifest.StoredFile? {
        let folder = String(new.place(lane: lane).directory.dropFirst(new.path.count + 1)) + "/"
        let usable = manifest.points.compactMap { $0.lanes[lane].snapshot }.filter {
            $0.end <= end && SnapshotFile.start($0.name) ?? 0 >= start
        }
        return usable.sorted { $0.name > $1.name }.lazy.compactMap { self.manifest.file(folder + $0.name) }.first
    }

    private func copy(_ file: BackupManifest.StoredFile) throws(DiskFailure) {
        let to = try disk.open(new.path + "/" + file.path, for: .creating)
        try target.disk.open(target.place(file), for: .reading).copy(0..<file.bytes, to: to)
        try to.sync()
        progress(Int(file.bytes))
    }

    /// What `trimmed` said when `first` was the first segment.
    private static func trimmed(_ payload: [UInt8], to first: UInt64) -> [UInt8] {
        var fields = FieldWriter()
        fields.integer(first)
        var bytes = fields.bytes
        for at in stride(from: 8, to: payload.count, by: SegmentRoot.fieldsBytes) {
            let root = Array(payload[at..<min(payload.count, at + SegmentRoot.fieldsBytes)])
            if let number = SegmentRoot(fields: root)?.number, number < first { bytes += root }
        }
        return bytes
    }

    // MARK: Checking

    /// Reads the restored log as whoever opens it will, and computes all of its hashes anew.
    private func verify(_ tails: [LogTail]) throws(LogError) {
        do throws(DiskFailure) {
            for place in new.places { try disk.syncDirectory(place.directory) }
        } catch {
            throw full(error)
        }
        let logs = try new.openLanes(for: .reading)
        for log in logs where log.tail != tails[log.at.lane] {
            throw log.damage(at: log.tail.address, "the restored log does not end where it should")
        }
        let found = try LogVerifier.verify(logs, deep: true)
        if let fault = found.faults.first { throw fault }
        report.events = found.events
        for log in logs { SegmentTable.store(log.state.with { $0.segments.headers }, in: log.at.directory, on: disk) }
    }
}

extension FileBatchLog {
    /// Where the log would end if segment `number` had not been begun.
    fileprivate func tail(before number: UInt64) throws(LogError) -> LogTail {
        var tail = LogTail.start(lane: at)
        if number == 0 { return tail }
        // Nothing is known of the end of a segment that was given up but what the next one says.
        if let header = state.with({ $0.segments.headers.first }), number == header.number {
            return LogTail(before: header)
        }
        try forEachBatch(of: number - 1) { batch in tail = tail.advanced(past: batch) }
        return tail
    }
}

extension DiskFailure {
    /// Not failures of the disk but findings, told apart before they leave this file.
    fileprivate static let alreadyThere = DiskFailure(operation: "restore", path: "", errno: -1)
    fileprivate static let notEmpty = DiskFailure(operation: "restore", path: "", errno: -2)
    fileprivate static let noSnapshot = DiskFailure(operation: "restore", path: "", errno: -3)
}
