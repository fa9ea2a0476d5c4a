import SimulatedDisk

@testable import HoldfastLog

/// A simulated disk on which something happens in the middle of what somebody else does: before the n-th operation
/// that comes by here, `body` is called once.
final class MeddlingDisk: Disk {
    private let disk: SimulatedDisk
    private let countdown: Locked<Int>
    private let body: Locked<(@Sendable () -> Void)?>
    private let count = Locked(0)

    init(_ disk: SimulatedDisk, before operation: Int, _ body: @escaping @Sendable () -> Void) {
        self.disk = disk
        countdown = Locked(operation)
        self.body = Locked(body)
    }

    /// How many operations came by.
    var operations: Int { count.with { $0 } }

    fileprivate func pass() {
        count.with { $0 += 1 }
        let isDue = countdown.with { left in
            left -= 1
            return left == -1
        }
        if isDue { body.with { $0 }?() }
    }

    func makeDirectory(_ path: String) throws(DiskFailure) {
        pass()
        try disk.makeDirectory(path)
    }

    func directoryExists(_ path: String) -> Bool {
        pass()
        return disk.directoryExists(path)
    }

    func fileExists(_ path: String) -> Bool {
        pass()
        return disk.fileExists(path)
    }

    func list(_ path: String) throws(DiskFailure) -> [String] {
        pass()
        return try disk.list(path)
    }

    func open(_ path: String, for use: FileUse) throws(DiskFailure) -> any DiskFile {
        pass()
        return MeddlingFile(try disk.open(path, for: use), on: self)
    }

    func rename(_ from: String, to: String) throws(DiskFailure) {
        pass()
        try disk.rename(from, to: to)
    }

    func link(_ from: String, to: String) throws(DiskFailure) {
        pass()
        try disk.link(from, to: to)
    }

    func removeDirectory(_ path: String) throws(DiskFailure) {
        pass()
        try disk.removeDirectory(path)
    }

    func remove(_ path: String) throws(DiskFailure) {
        pass()
        try disk.remove(path)
    }

    func syncDirectory(_ path: String) throws(DiskFailure) {
        pass()
        try disk.syncDirectory(path)
    }

    func lock(_ path: String) throws(DiskFailure) -> (any DirectoryLock)? {
        pass()
        return try disk.lock(path)
    }
}

private final class MeddlingFile: DiskFile {
    private let file: any DiskFile
    private let disk: MeddlingDisk
    var path: String { file.path }

    init(_ file: any DiskFile, on disk: MeddlingDisk) {
        self.file = file
        self.disk = disk
    }

    func size() throws(DiskFailure) -> UInt64 {
        disk.pass()
        return try file.size()
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(DiskFailure) -> Int {
        disk.pass()
        return try file.read(into: buffer, at: offset)
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(DiskFailure) {
        disk.pass()
        try file.write(bytes, at: offset)
    }

    func writePages(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(DiskFailure) {
        disk.pass()
        try file.writePages(bytes, at: offset)
    }

    func sync() throws(DiskFailure) {
        disk.pass()
        try file.sync()
    }

    func allocate(_ size: UInt64) throws(DiskFailure) {
        disk.pass()
        try file.allocate(size)
    }

    func fillWithZeros(_ range: Range<UInt64>) throws(DiskFailure) {
        disk.pass()
        try file.fillWithZeros(range)
    }
}
