import HoldfastTestSupport

@testable import HoldfastLog

/// A disk that can lose the answer of a commit: the next write is kept or lost, and the sync behind it fails either
/// way. Stands between the log and any other disk.
final class UnsureDisk: Disk {
    enum Fate: Sendable, CaseIterable {
        case kept
        case lost
    }

    private let disk: any Disk
    private let next = Locked<Fate?>(nil)

    /// Lives as long as a log uses the disk.
    private let directory: TemporaryDirectory?

    init(_ disk: any Disk, in directory: TemporaryDirectory? = nil) {
        self.disk = disk
        self.directory = directory
    }

    func loseNextAnswer(_ fate: Fate) { next.with { $0 = fate } }

    fileprivate var fate: Fate? { next.with { $0 } }
    fileprivate func done() { next.with { $0 = nil } }

    func makeDirectory(_ path: String) throws(DiskFailure) { try disk.makeDirectory(path) }
    func directoryExists(_ path: String) -> Bool { disk.directoryExists(path) }
    func fileExists(_ path: String) -> Bool { disk.fileExists(path) }
    func list(_ path: String) throws(DiskFailure) -> [String] { try disk.list(path) }
    func rename(_ from: String, to: String) throws(DiskFailure) { try disk.rename(from, to: to) }
    func link(_ from: String, to: String) throws(DiskFailure) { try disk.link(from, to: to) }
    func removeDirectory(_ path: String) throws(DiskFailure) { try disk.removeDirectory(path) }
    func remove(_ path: String) throws(DiskFailure) { try disk.remove(path) }
    func syncDirectory(_ path: String) throws(DiskFailure) { try disk.syncDirectory(path) }
    func lock(_ path: String) throws(DiskFailure) -> (any DirectoryLock)? { try disk.lock(path) }

    func open(_ path: String, for use: FileUse) throws(DiskFailure) -> any DiskFile {
        UnsureFile(try disk.open(path, for: use), on: self)
    }
}

private final class UnsureFile: DiskFile {
    private let file: any DiskFile
    private let disk: UnsureDisk

    init(_ file: any DiskFile, on disk: UnsureDisk) {
        self.file = file
        self.disk = disk
    }

    var path: String { file.path }
    func size() throws(DiskFailure) -> UInt64 { try file.size() }
    func allocate(_ size: UInt64) throws(DiskFailure) { try file.allocate(size) }
    func fillWithZeros(_ range: Range<UInt64>) throws(DiskFailure) { try file.fillWithZeros(range) }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(DiskFailure) -> Int {
        try file.read(into: buffer, at: offset)
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(DiskFailure) {
        if disk.fate != .lost { try file.write(bytes, at: offset) }
    }

    func writePages(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(DiskFailure) {
        if disk.fate != .lost { try file.writePages(bytes, at: offset) }
    }

    func sync() throws(DiskFailure) {
        try file.sync()
        guard disk.fate != nil else { return }
        disk.done()
        throw DiskFailure(operation: "sync", path: path, errno: SystemErrors.inputOutput)
    }
}
