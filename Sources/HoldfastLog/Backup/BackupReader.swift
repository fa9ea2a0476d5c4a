/// The log as a backup holds it at its newest point, read in place.
struct BackupReader {
    let manifest: BackupManifest
    let mirror: LogDirectory
    let logs: [FileBatchLog]

    /// Only what the list names is looked at: behind the newest point may stand what a backup that died has left.
    init(_ target: BackupTarget, _ manifest: BackupManifest) throws(LogError) {
        self.manifest = manifest
        mirror = try LogDirectory.open(target.logPath, kind: manifest.kind, on: target.disk)
        guard mirror.manifest.log.hexadecimal == manifest.log,
            let point = manifest.points.last, point.lanes.count == mirror.manifest.lanes
        else { throw .invalid(argument: target.path, reason: "its files and its list are of different logs") }
        var logs: [FileBatchLog] = []
        for place in mirror.places {
            logs.append(try Self.log(at: place, of: mirror, manifest, point.lanes[place.lane].tail))
        }
        self.logs = logs
    }

    /// The files of a lane's segments, in their order.
    static func segments(
        of place: FileBatchLog.Place, in mirror: LogDirectory, _ manifest: BackupManifest
    ) -> [(number: UInt64, file: BackupManifest.StoredFile)] {
        let folder = String(place.directory.dropFirst(mirror.path.count + 1)) + "/"
        return manifest.files.compactMap { file in
            guard file.path.hasPrefix(folder),
                let number = SegmentNames.number(String(file.path.dropFirst(folder.count)))
            else { return nil }
            return (number, file)
        }.sorted { $0.number < $1.number }
    }

    private static func log(
        at place: FileBatchLog.Place, of mirror: LogDirectory, _ manifest: BackupManifest, _ tail: LogTail
    ) throws(LogError) -> FileBatchLog {
        var state = FileBatchLog.State(segments: SegmentTable(), tail: tail)
        for (number, file) in segments(of: place, in: mirror, manifest) {
            let path = mirror.path + "/" + file.path
            if let last = state.segments.headers.last, last.number + 1 != number {
                throw .invalid(argument: path, reason: "the segment before it is not in the backup's list")
            }
            let block: [UInt8]?
            do throws(DiskFailure) {
                block = try mirror.disk.open(path, for: .reading).bytes(at: 0, count: SegmentHeader.blockBytes)
            } catch {
                throw .io(error)
            }
            guard case .header(let header)? = block?.withUnsafeBytes({ SegmentHeader.read($0) }),
                header.log == place.log, header.lane == place.lane, header.number == number
            else { throw .invalid(argument: path, reason: "it is not the segment that the backup's list says") }
            state.segments.append(header)
        }
        return FileBatchLog(at: place, disk: mirror.disk, state: state, report: FileBatchLog.OpenReport())
    }
}
