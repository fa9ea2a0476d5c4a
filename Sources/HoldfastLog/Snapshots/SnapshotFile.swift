internal import CHoldfast

/// A snapshot of one lane's state: `snapshot-<address>` in the lane's directory.
///
///      0  u64  magic "HFsnaps1"    8  u32 format version   12  u32 lane
///     16  16 B id of the log      32  u64 address from which replay must begin
///     40  16 B zero   56  u32 zero   60  u32  CRC32C of bytes 0 ..< 60
///     then pieces: u32 bytes, u32 CRC32C of them, the bytes
///     then the end: u32 0xFFFFFFFF, u32 CRC32C of the next 16 bytes, u64 address up to which the state may already
///     hold events, u64 number of pieces
///
/// It is written to a temporary name and renamed once it is whole and the log is durable up to its end.
package enum SnapshotFile {
    static let magic: UInt64 = 0x3173_7061_6E73_4648  // "HFsnaps1"
    static let version: UInt32 = 1
    static let headerBytes = 64
    static let endMark: UInt32 = 0xFFFF_FFFF
    static let prefix = "snapshot-"

    static func name(start: UInt64) -> String {
        let digits = String(start)
        return prefix + String(repeating: "0", count: max(0, 16 - digits.count)) + digits
    }

    static func start(_ name: String) -> UInt64? {
        name.hasPrefix(prefix) ? UInt64(name.dropFirst(prefix.count)) : nil
    }

    /// The snapshots in a lane's directory, newest first.
    package static func list(in directory: String, on disk: any Disk) throws(LogError) -> [String] {
        do throws(DiskFailure) {
            return try disk.list(directory).filter { start($0) != nil }.sorted(by: >)
        } catch {
            throw .io(error)
        }
    }
}

/// Writes a snapshot file piece by piece.
final class SnapshotWriter {
    private let place: FileBatchLog.Place
    private let start: UInt64
    private let disk: any Disk
    private let file: any DiskFile
    private let pages: PageWriter
    private let temporary: String
    private var pieces: UInt64 = 0

    init(at place: FileBatchLog.Place, start: UInt64, on disk: any Disk) throws(DiskFailure) {
        self.place = place
        self.start = start
        self.disk = disk
        temporary = place.directory + "/" + SnapshotFile.name(start: start) + ".new"
        if disk.fileExists(temporary) { try disk.remove(temporary) }
        file = try disk.open(temporary, for: .creating)
        var header = [UInt8](repeating: 0, count: SnapshotFile.headerBytes)
        header.withUnsafeMutableBytes { raw in
            let base = raw.baseAddress!
            base.storeBytes(of: SnapshotFile.magic, toByteOffset: 0, as: UInt64.self)
            base.storeBytes(of: SnapshotFile.version, toByteOffset: 8, as: UInt32.self)
            base.storeBytes(of: UInt32(place.lane), toByteOffset: 12, as: UInt32.self)
            base.storeBytes(of: place.log.high, toByteOffset: 16, as: UInt64.self)
            base.storeBytes(of: place.log.low, toByteOffset: 24, as: UInt64.self)
            base.storeBytes(of: start, toByteOffset: 32, as: UInt64.self)
            base.storeBytes(of: hf_crc32c(0, base, 60), toByteOffset: 60, as: UInt32.self)
        }
        pages = PageWriter(file)
        do throws(DiskFailure) {
            try pages.append(header)
        } catch {
            try? disk.remove(temporary)
            throw error
        }
    }

    func write(_ piece: [UInt8]) throws(DiskFailure) {
        var frame = FieldWriter()
        frame.integer(UInt32(piece.count))
        frame.integer(piece.withUnsafeBytes { hf_crc32c(0, $0.baseAddress, $0.count) })
        try pages.append(frame.bytes)
        try pages.append(piece)
        pieces += 1
    }

    func finish(end: UInt64) throws(DiskFailure) {
        var fields = FieldWriter()
        fields.integer(end)
        fields.integer(pieces)
        var frame = FieldWriter()
        frame.integer(SnapshotFile.endMark)
        frame.integer(fields.bytes.withUnsafeBytes { hf_crc32c(0, $0.baseAddress, $0.count) })
        try pages.append(frame.bytes + fields.bytes)
        try pages.finish()
        try file.sync()
        let path = place.directory + "/" + SnapshotFile.name(start: start)
        try disk.rename(temporary, to: path)
        try disk.syncDirectory(place.directory)
        try removeOlder()
    }

    func discard() { try? disk.remove(temporary) }

    private func removeOlder() throws(DiskFailure) {
        let names = try disk.list(place.directory).filter { SnapshotFile.start($0) != nil }.sorted(by: >)
        for name in names.dropFirst(Limits.snapshotsKept) { try disk.remove(place.directory + "/" + name) }
    }
}

/// A part of a snapshot, and where in the file it stands.
struct SnapshotPiece: Sendable {
    let offset: UInt64
    let bytes: [UInt8]
}

extension LogError {
    /// What a machine throws that can't make sense of a piece, in which every bit is as it was written; whoever knows
    /// the file says where.
    package static func malformedPiece(_ reason: String) -> LogError {
        .damaged(Damage(file: "a snapshot", offset: 0, found: reason))
    }
}

/// Reads a snapshot file back, checking every piece.
package final class SnapshotReader {
    package let start: UInt64
    private let file: any DiskFile
    private let window: ReadWindow
    var path: String { file.path }
    private var at = UInt64(SnapshotFile.headerBytes)
    private var pieces: UInt64 = 0
    /// Set once the end has been read: up to where the state may already hold events.
    package private(set) var end: UInt64?

    package init(_ path: String, of place: FileBatchLog.Place, on disk: any Disk) throws(LogError) {
        let bytes: [UInt8]?
        do throws(DiskFailure) {
            file = try disk.open(path, for: .reading)
            bytes = try file.bytes(at: 0, count: SnapshotFile.headerBytes)
        } catch {
            throw .io(error)
        }
        func damaged(_ found: String) -> LogError { .damaged(Damage(file: path, offset: 0, found: found)) }
        guard let header = bytes else { throw damaged("the snapshot is too short") }
        var fields = FieldReader(header)
        guard fields.integer(UInt64.self) == SnapshotFile.magic, let version: UInt32 = fields.integer(),
            let lane: UInt32 = fields.integer(), let high: UInt64 = fields.integer(),
            let low: UInt64 = fields.integer(), let start: UInt64 = fields.integer()
        else { throw damaged("this is not a snapshot") }
        guard
            header.withUnsafeBytes({
                hf_crc32c(0, $0.baseAddress, 60) == $0.load(fromByteOffset: 60, as: UInt32.self)
            })
        else { throw damaged("the snapshot's header does not match its checksum") }
        guard version <= SnapshotFile.version else {
            throw .newerFormat(file: path, found: version, supported: SnapshotFile.version)
        }
        guard Int(lane) == place.lane, LogID(high: high, low: low) == place.log else {
            throw damaged("the snapshot belongs to another log or lane")
        }
        self.start = start
        window = ReadWindow(file, .once)
    }

    /// The next piece, or nil behind the last.
    func next() throws(LogError) -> SnapshotPiece? {
        if end != nil { return nil }
        var frame = FieldReader(Array(try window.bytes(at: at, count: 8)))
        guard let count: UInt32 = frame.integer(), let sum: UInt32 = frame.integer() else { throw damage }
        let size = count == SnapshotFile.endMark ? 16 : Int(count)
        guard try fileBytes() >= at + 8 + UInt64(size) else { throw damage }
        let bytes = try window.bytes(at: at + 8, count: size)
        guard bytes.count == size, hf_crc32c(0, bytes.baseAddress, size) == sum else { throw damage }
        let piece = [UInt8](bytes)
        if count == SnapshotFile.endMark {
            var end = FieldReader(piece)
            let address: UInt64 = end.integer()!
            guard end.integer(UInt64.self) == pieces else { throw damage }
            self.end = address
            return nil
        }
        defer { at += 8 + UInt64(size) }
        pieces += 1
        return SnapshotPiece(offset: at, bytes: piece)
    }

    private func fileBytes() throws(LogError) -> UInt64 {
        do throws(DiskFailure) { return try file.size() } catch { throw .io(error) }
    }

    private var damage: LogError {
        .damaged(Damage(file: file.path, offset: at, found: "a piece of the snapshot is missing or does not match"))
    }
}
