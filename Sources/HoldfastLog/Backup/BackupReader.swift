/// The log as a backup holds it at its newest point, read in place.
struct BackupReader {
    let manifest: BackupManifest
    let mirror: LogDirectory
    let logs: [FileBatchLog]

    /// Only what the list names is looked at: behind the newest point may stand what a backup that died has left.
    init(_ target: BackupTarget, _ manifest: BackupManifest) throws(LogError) {
        self.manifest = manifest
        mirror = try target.mirror(manifest.kind)
        guard mirror.manifest.log.hexadecimal == manifest.log,
            let point = manifest.points.last, point.lanes.count == mirror.manifest.lanes
        else { throw .invalid(argument: target.path, reason: "its files and its list are of different logs") }
        var logs: [FileBatchLog] = []
        for place in mirror.places {
            logs.append(try Self.log(at: place, of: mirror, manifest, point.lanes[place.lane].tail))
        }
        self.logs = logs
    }

    /// One segment of a lane as the backup has it.
    struct Segment {
        let number: UInt64
        let isSealed: Bool
        let file: BackupManifest.StoredFile
    }

    /// A lane's segments, in their order.
    static func segments(
        of place: FileBatchLog.Place, in mirror: LogDirectory, _ manifest: BackupManifest
    ) -> [Segment] {
        let folder = String(place.directory.dropFirst(mirror.path.count + 1)) + "/"
        return manifest.files.compactMap { file in
            guard file.path.hasPrefix(folder) else { return nil }
            let name = String(file.path.dropFirst(folder.count))
            if let number = SegmentNames.number(name) { return Segment(number: number, isSealed: false, file: file) }
            return SegmentNames.sealedNumber(name).map { Segment(number: $0, isSealed: true, file: file) }
        }.sorted { $0.number < $1.number }
    }

    private static func log(
        at place: FileBatchLog.Place, of mirror: LogDirectory, _ manifest: BackupManifest, _ tail: LogTail
    ) throws(LogError) -> FileBatchLog {
        var state = FileBatchLog.State(segments: SegmentTable(), tail: tail)
        for segment in segments(of: place, in: mirror, manifest) {
            let path = mirror.path + "/" + segment.file.path
            if let last = state.segments.headers.last, last.number + 1 != segment.number {
                throw .invalid(argument: path, reason: "the segment before it is not in the backup's list")
            }
            let file: any DiskFile
            do throws(DiskFailure) { file = try mirror.disk.open(path, for: .reading) } catch { throw .io(error) }
            if segment.isSealed {
                state.sealed.insert(segment.number)
                state.segments.append(
                    try SealedSegment(file, number: segment.number, of: place).header.segment)
            } else {
                state.segments.append(try header(of: file, segment.number, at: place))
            }
        }
        return FileBatchLog(at: place, disk: mirror.disk, state: state, report: FileBatchLog.OpenReport())
    }

    private static func header(
        of file: any DiskFile, _ number: UInt64, at place: FileBatchLog.Place
    ) throws(LogError) -> SegmentHeader {
        let block: [UInt8]?
        do throws(DiskFailure) {
            block = try file.bytes(at: 0, count: SegmentHeader.blockBytes)
        } catch {
            throw .io(error)
        }
        guard case .header(let header)? = block?.withUnsafeBytes({ SegmentHeader.read($0) }),
            header.log == place.log, header.lane == place.lane, header.number == number
        else { throw .invalid(argument: file.path, reason: "it is not the segment that the backup's list says") }
        return header
    }
}
