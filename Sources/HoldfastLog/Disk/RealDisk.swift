internal import CHoldfast
internal import Glibc

/// The disk of the operating system.
package struct RealDisk: Disk {
    package init() {}

    package func makeDirectory(_ path: String) throws(DiskFailure) {
        if Syscalls.isDirectory(path) { return }
        try Syscalls.check(mkdir(path, 0o755), "make directory", path)
    }

    package func directoryExists(_ path: String) -> Bool { Syscalls.isDirectory(path) }

    package func fileExists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    package func list(_ path: String) throws(DiskFailure) -> [String] { try Syscalls.list(path) }

    package func open(_ path: String, for use: FileUse) throws(DiskFailure) -> any DiskFile {
        let descriptor =
            switch use {
            case .reading: try Syscalls.open(path, O_RDONLY, "open")
            case .writing: try Syscalls.open(path, O_RDWR, "open for writing")
            case .creating: try Syscalls.open(path, O_RDWR | O_CREAT | O_EXCL, "create")
            }
        return RealFile(path: path, descriptor: descriptor)
    }

    package func rename(_ from: String, to: String) throws(DiskFailure) {
        try Syscalls.check(Glibc.rename(from, to), "rename", from)
    }

    package func remove(_ path: String) throws(DiskFailure) { try Syscalls.check(unlink(path), "remove", path) }

    package func syncDirectory(_ path: String) throws(DiskFailure) {
        let descriptor = try Syscalls.open(path, O_RDONLY | O_DIRECTORY, "open directory")
        defer { Glibc.close(descriptor) }
        try Syscalls.check(fsync(descriptor), "sync directory", path)
    }

    package func lock(_ path: String) throws(DiskFailure) -> (any DirectoryLock)? {
        let descriptor = try Syscalls.open(path, O_RDWR | O_CREAT, "open lock file")
        let code = hf_try_lock(descriptor)
        if code == 0 { return RealLock(descriptor: descriptor) }
        Glibc.close(descriptor)
        if code == EWOULDBLOCK { return nil }
        throw DiskFailure(operation: "lock", path: path, errno: code)
    }
}

/// One open file. Safe to share: pread and pwrite carry their own offset, and the descriptor never changes.
private final class RealFile: DiskFile {
    let path: String
    private let descriptor: Int32

    init(path: String, descriptor: Int32) {
        self.path = path
        self.descriptor = descriptor
    }

    deinit { Glibc.close(descriptor) }

    func size() throws(DiskFailure) -> UInt64 { try Syscalls.size(descriptor, path) }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(DiskFailure) -> Int {
        try Syscalls.read(descriptor, buffer, offset, path)
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(DiskFailure) {
        try Syscalls.write(descriptor, bytes, offset, path)
    }

    func sync() throws(DiskFailure) { try Syscalls.check(fdatasync(descriptor), "sync", path) }

    func allocate(_ size: UInt64) throws(DiskFailure) {
        let code = hf_allocate(descriptor, Int64(size))
        if code != 0 { throw DiskFailure(operation: "allocate space for", path: path, errno: code) }
    }
}

/// An advisory lock lives as long as its descriptor is open.
private final class RealLock: DirectoryLock {
    private let descriptor: Int32

    init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { Glibc.close(descriptor) }
}
