/// Copies a log into a backup, beside whoever owns it.
///
///     let report = try LogBackup.run(directory, into: BackupTarget("/mnt/backup/ledger", on: disk), at: now)
///
/// What never changes again is copied once: sealed segments, and full ones as they are until they are sealed. Of the
/// segments that are being filled the bytes that are new are appended to the copy. What a backup that dies has done is
/// not in the list, so the older backup stays what it was.
package final class LogBackup {
    package struct Report: Sendable {
        package internal(set) var point: BackupPoint
        /// Files that were written to, and how many bytes that took.
        package internal(set) var copiedFiles = 0
        package internal(set) var copiedBytes: UInt64 = 0
        /// Files that were replaced or that a backup which died had left.
        package internal(set) var removed: [String] = []
        /// What the whole backup takes.
        package internal(set) var bytes: UInt64 = 0
    }

    private let source: LogDirectory
    private let target: BackupTarget
    private let mirror: LogDirectory
    private let disk: any Disk
    private var manifest: BackupManifest
    private var report: Report
    private let progress: (Int) -> Void

    /// `progress` hears how many bytes were copied or hashed.
    package static func run(
        _ source: LogDirectory, into target: BackupTarget, at time: Int64, progress: (Int) -> Void = { _ in }
    ) throws(LogError) -> Report {
        try withoutActuallyEscaping(progress) { progress throws(LogError) in
            let mirror = LogDirectory(
                path: target.logPath, manifest: source.manifest, disk: target.disk, packing: source.packing)
            if try target.manifest() == nil { try target.create(mirror) }
            let lock = try target.lock()
            defer { withExtendedLifetime(lock) {} }
            // Read again: whoever had the lock until now may have changed the list.
            let backup = try LogBackup(source, target, mirror, try target.manifest(), progress)
            return try backup.run(at: time)
        }
    }

    private init(
        _ source: LogDirectory, _ target: BackupTarget, _ mirror: LogDirectory, _ known: BackupManifest?,
        _ progress: @escaping (Int) -> Void
    ) throws(LogError) {
        let log = source.manifest.log.hexadecimal
        if let known, known.log != log {
            throw .invalid(
                argument: target.path, reason: "it holds the backup of another log (\(known.log)); choose another place"
            )
        }
        if let known, known.points.contains(where: { $0.lanes.count != source.manifest.lanes }) {
            throw .invalid(
                argument: target.path, reason: "its list is of a log with another number of lanes; choose another place"
            )
        }
        manifest = known ?? BackupManifest(log: log, kind: source.manifest.kind)
        self.source = source
        self.target = target
        self.mirror = mirror
        self.progress = progress
        disk = target.disk
        report = Report(point: BackupPoint(taken: 0, lanes: []))
    }

    private func run(at time: Int64) throws(LogError) -> Report {
        let logs = try source.openLanes(for: .reading)
        // A reader sees what the owner has written but not yet synced. Once the same file is synced from here, it can't
        // be lost by the owner's machine any more, and may be kept.
        for log in logs { try log.syncTail() }
        let lost = try forgetLost()
        let last = manifest.points.last
        var lanes: [BackupPoint.Lane] = []
        for log in logs {
            if let last { try checkThat(log, continues: last.lanes[log.at.lane].tail) }
            try copySegments(of: log)
            lanes.append(
                BackupPoint.Lane(
                    tail: log.tail, firstSegment: log.firstAddress / log.at.segmentBytes,
                    snapshot: try copySnapshot(of: log)))
        }
        try copySmallFiles(logs)
        let missed = putBack(lost)
        let report = try finish(BackupPoint(taken: time, lanes: lanes))
        if let first = missed.first(where: { manifest.file($0.path) != nil }) { throw gone(first) }
        return report
    }

    // MARK: What the backup has lost

    /// Takes files that are missing in the backup, or shorter than its list says, off that list: they are copied anew
    /// as far as the log still has them.
    private func forgetLost() throws(LogError) -> [BackupManifest.StoredFile] {
        var lost: [BackupManifest.StoredFile] = []
        do throws(DiskFailure) {
            for file in manifest.files where try !isThere(file) { lost.append(file) }
        } catch {
            throw .io(error)
        }
        manifest.files.removeAll { lost.contains($0) }
        return lost
    }

    private func isThere(_ file: BackupManifest.StoredFile) throws(DiskFailure) -> Bool {
        let path = target.place(file)
        guard disk.fileExists(path) else { return false }
        return try disk.open(path, for: .reading).size() >= file.bytes
    }

    /// What could not be copied anew stays on the list, so that it is missed by whoever reads the backup. A segment that
    /// is there in its sealed form is not missed.
    private func putBack(_ lost: [BackupManifest.StoredFile]) -> [BackupManifest.StoredFile] {
        let missed = lost.filter { file in
            let sealed = SegmentNames.sealedPath(ofOpen: file.path)
            return manifest.file(file.path) == nil && (sealed.map { manifest.file($0) == nil } ?? true)
        }
        manifest.files += missed
        return missed
    }

    private func gone(_ file: BackupManifest.StoredFile) -> LogError {
        .damaged(
            Damage(
                file: target.place(file), offset: 0,
                found: "it is missing in the backup, or cut short, and the log does not have it any more. The point "
                    + "that was made now is whole; older ones that need this file can't be restored. Look for another "
                    + "copy of it, or give them up with --keep"))
    }

    /// The list becomes the new one; then what it does not name any more goes.
    private func finish(_ point: BackupPoint) throws(LogError) -> Report {
        // Where nothing happened since, the last point has moved on.
        if manifest.points.last?.lanes == point.lanes { manifest.points.removeLast() }
        manifest.points.append(point)
        manifest.dropNeedlessSnapshots(mirror)
        do throws(DiskFailure) {
            for place in mirror.places { try disk.syncDirectory(place.directory) }
            try disk.syncDirectory(target.logPath)
            try target.store(manifest)
        } catch {
            throw .io(error)
        }
        report.point = point
        report.removed = try target.removeStrays(manifest, mirror)
        report.bytes = manifest.files.reduce(0) { $0 + $1.bytes }
        return report
    }

    /// A log that was restored to an earlier time and went on from there, or that has lost its end, is no continuation
    /// of what was backed up: to go on would spoil the older points.
    private func checkThat(_ log: FileBatchLog, continues old: LogTail) throws(LogError) {
        let other = LogError.invalid(
            argument: target.path,
            reason:
                "lane \(log.at.lane) of \(source.path) does not continue what was backed up to batch \(old.number). "
                + "It was restored to an earlier time, or has lost its end; back it up to another place")
        guard log.tail.number >= old.number else { throw other }
        if old.number == 0 { return }
        let segment = (old.address - 1) / log.at.segmentBytes
        // What was given up since can't be compared; the segments behind it are chained to it.
        if segment < log.firstAddress / log.at.segmentBytes { return }
        var hash: Digest?
        try log.forEachBatch(of: segment, upTo: old.address) { batch in
            if batch.header.number == old.number { hash = batch.hash }
        }
        guard hash == old.hash else { throw other }
    }

    // MARK: Segments

    private func copySegments(of log: FileBatchLog) throws(LogError) {
        let headers = log.state.with { $0.segments.headers }
        for (index, header) in headers.enumerated() {
            let next = index + 1 < headers.count ? headers[index + 1] : nil
            if !log.isSealed(header.number), try copyOpen(header, before: next, of: log) { continue }
            try copySealed(header.number, of: log)
        }
    }

    /// A sealed segment takes the place of the copy of its open form.
    private func copySealed(_ number: UInt64, of log: FileBatchLog) throws(LogError) {
        let place = mirror.place(lane: log.at.lane)
        let copy = SegmentNames.sealedPath(number, in: place.directory)
        if manifest.file(path(copy)) == nil {
            guard try copyWhole(SegmentNames.sealedPath(number, in: log.at.directory), to: copy) else {
                throw log.damage(at: number * log.at.segmentBytes, "the segment is missing")
            }
        }
        let open = path(SegmentNames.path(number, in: place.directory))
        manifest.files.removeAll { $0.path == open }
    }

    /// False where the segment is not open any more: its owner has sealed it meanwhile.
    private func copyOpen(
        _ header: SegmentHeader, before next: SegmentHeader?, of log: FileBatchLog
    ) throws(LogError) -> Bool {
        let place = mirror.place(lane: log.at.lane)
        let open = path(SegmentNames.path(header.number, in: place.directory))
        let known = manifest.file(open)
        if next != nil, let known, !known.isPartial { return true }
        let end =
            next.map { (number: $0.firstBatch - 1, hash: $0.previousHash) } ?? (log.tail.number, log.tail.hash)
        let upTo = next == nil ? (log.tail.address - 1) % log.at.segmentBytes + 1 : log.at.segmentBytes
        if let known, known.isPartial, next == nil, known.bytes == upTo { return true }
        let start = known?.bytes ?? 0
        let copyPath = target.logPath + "/" + open
        let original = SegmentNames.path(header.number, in: log.at.directory)
        guard source.disk.fileExists(original) else { return false }
        let file: any DiskFile
        do throws(DiskFailure) {
            let from = try source.disk.open(original, for: .reading)
            file = try known == nil ? newSegment(copyPath, log.at.segmentBytes) : disk.open(copyPath, for: .writing)
            try from.copy(start..<upTo, to: file)
            try file.sync()
        } catch {
            if error.path == original, error.errno == SystemErrors.missing { return false }
            throw SystemErrors.meansFull(error.errno) ? .storageFull(path: target.path) : .io(error)
        }
        progress(Int(upTo - start))
        let bytes = try checkedEnd(of: file, header, end)
        manifest.replace(try stored(open, file, bytes: bytes, isPartial: next == nil, continuing: known))
        report.copiedFiles += 1
        report.copiedBytes += bytes - min(bytes, start)
        return true
    }

    private func newSegment(_ path: String, _ bytes: UInt64) throws(DiskFailure) -> any DiskFile {
        // One that the list does not name is what a backup that died has left.
        if disk.fileExists(path) { try disk.remove(path) }
        let file = try disk.open(path, for: .creating)
        try file.allocate(bytes)
        return file
    }

    /// Reads a copied segment back: every batch of it must be good, and the last one the one that was to be copied.
    /// Returns where that ends.
    private func checkedEnd(
        of file: any DiskFile, _ header: SegmentHeader, _ end: (number: UInt64, hash: Digest)
    ) throws(LogError) -> UInt64 {
        let scanner = SegmentScanner(file: file, header: header)
        while scanner.number <= end.number {
            guard case .batch = try scanner.step() else {
                throw .invalid(
                    argument: "batch \(scanner.number) of segment \(header.number) in lane \(header.lane)",
                    reason: "it could not be read back from \(file.path): the disk of the backup or the ledger's own "
                        + "is failing. `holdfast verify` tells which")
            }
        }
        guard scanner.hash == end.hash else {
            throw .invalid(
                argument: file.path, reason: "batch \(end.number) was copied, but it is not the one of the ledger")
        }
        return scanner.offset
    }

    /// Hashes a file of the copy anew, and with it what an older list says of its beginning.
    private func stored(
        _ path: String, _ file: any DiskFile, bytes: UInt64, isPartial: Bool,
        continuing known: BackupManifest.StoredFile? = nil
    ) throws(LogError) -> BackupManifest.StoredFile {
        let found: (whole: Digest, shorter: Digest?)?
        do throws(DiskFailure) {
            found = try HashedFile.digest(of: file, first: bytes, andOfFirst: known?.bytes, progress)
        } catch {
            throw .io(error)
        }
        guard let found, known == nil || found.shorter == known?.digest else {
            throw .invalid(
                argument: file.path,
                reason: "what was backed up before is damaged: its SHA-256 is not the one in the backup's list. Check "
                    + "the backup with `holdfast restore --check`, and begin a new one elsewhere")
        }
        return BackupManifest.StoredFile(path: path, bytes: bytes, digest: found.whole, isPartial: isPartial)
    }

    private func path(_ path: String) -> String { String(path.dropFirst(mirror.path.count + 1)) }

    // MARK: Other files

    /// The newest snapshot that holds nothing beyond the tail; none is needed, but they make opening fast.
    private func copySnapshot(of log: FileBatchLog) throws(LogError) -> BackupPoint.Snapshot? {
        for name in try SnapshotFile.list(in: log.at.directory, on: source.disk) {
            let from = log.at.directory + "/" + name
            let copy = mirror.place(lane: log.at.lane).directory + "/" + name
            if manifest.file(path(copy)) != nil {
                let known = manifest.points.last { $0.lanes[log.at.lane].snapshot?.name == name }
                if let snapshot = known?.lanes[log.at.lane].snapshot { return snapshot }
            }
            // The owner may take away an old one, and one may be damaged: then an older one will do, or none.
            guard let end = try? Self.end(ofSnapshot: from, of: log, on: source.disk), end <= log.tail.address,
                try copyWhole(from, to: copy)
            else { continue }
            return BackupPoint.Snapshot(name: name, end: end)
        }
        return nil
    }

    static func end(ofSnapshot path: String, of log: FileBatchLog, on disk: any Disk) throws(LogError) -> UInt64? {
        let reader = try SnapshotReader(path, of: log.at, on: disk)
        while try reader.next() != nil {}
        return reader.end
    }

    private func copySmallFiles(_ logs: [FileBatchLog]) throws(LogError) {
        let manifestFile = target.logPath + "/" + LogDirectory.manifestName
        if manifest.file(path(manifestFile)) == nil {
            _ = try copyWhole(source.path + "/" + LogDirectory.manifestName, to: manifestFile)
        }
        for log in logs {
            manifest.trimmed[log.at.lane] = try SmallFile.read(
                log.at.directory + "/trimmed", kind: .trimmed, on: source.disk)
        }
        // A consumer may be beyond what is backed up; then it will have to go back.
        manifest.checkpoints = try source.checkpoints()
    }

    /// Copies a file that never changes, and compares the copy with it. False where it is gone.
    private func copyWhole(_ from: String, to path: String) throws(LogError) -> Bool {
        let temporary = path + ".new"
        do throws(DiskFailure) {
            guard source.disk.fileExists(from) else { return false }
            let original = try source.disk.open(from, for: .reading)
            if disk.fileExists(temporary) { try disk.remove(temporary) }
            let file = try disk.open(temporary, for: .creating)
            let bytes = try original.size()
            try original.copy(0..<bytes, to: file)
            try file.sync()
            let expected = try HashedFile.digest(of: original, first: bytes, { _ in })
            let found = try HashedFile.digest(of: file, first: bytes, progress)
            guard let found, found.whole == expected?.whole else {
                throw DiskFailure(operation: "compare", path: path, errno: SystemErrors.inputOutput)
            }
            try disk.rename(temporary, to: path)
            manifest.replace(
                BackupManifest.StoredFile(
                    path: self.path(path), bytes: bytes, digest: found.whole, isPartial: false))
            report.copiedFiles += 1
            report.copiedBytes += bytes
            return true
        } catch {
            throw SystemErrors.meansFull(error.errno) ? .storageFull(path: target.path) : .io(error)
        }
    }
}

extension FileBatchLog {
    /// Makes durable what this reader has seen of the segment that is being filled, whoever wrote it.
    func syncTail() throws(LogError) {
        guard let last = state.with({ $0.segments.headers.last }), !isSealed(last.number) else { return }
        do throws(DiskFailure) {
            try disk.open(SegmentNames.path(last.number, in: at.directory), for: .reading).sync()
        } catch {
            throw .io(error)
        }
    }
}

extension BackupManifest {
    /// Opening needs the newest snapshot only; older ones are kept where the log's beginning is gone, so that every
    /// point has one to begin with.
    mutating func dropNeedlessSnapshots(_ mirror: LogDirectory) {
        for place in mirror.places {
            let lane = place.lane
            let isWhole = points.allSatisfy { $0.lanes[lane].firstSegment == 0 }
            let needed = Set((isWhole ? points.suffix(1) : points[...]).compactMap { $0.lanes[lane].snapshot?.name })
            let folder = String(place.directory.dropFirst(mirror.path.count + 1)) + "/"
            files.removeAll { file in
                guard file.path.hasPrefix(folder), SnapshotFile.start(String(file.path.dropFirst(folder.count))) != nil
                else { return false }
                return !needed.contains(String(file.path.dropFirst(folder.count)))
            }
        }
    }
}
