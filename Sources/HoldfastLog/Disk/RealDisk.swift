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
        return RealFile(path: path, descriptor: descriptor, for: use)
    }

    package func rename(_ from: String, to: String) throws(DiskFailure) {
        try Syscalls.check(Glibc.rename(from, to), "rename", from)
    }

    package func link(_ from: String, to: String) throws(DiskFailure) {
        try Syscalls.check(Glibc.link(from, to), "link", to)
    }

    package func removeDirectory(_ path: String) throws(DiskFailure) {
        try Syscalls.check(rmdir(path), "remove directory", path)
    }

    package func remove(_ path: String) throws(DiskFailure) { try Syscalls.check(unlink(path), "remove", path) }

    package func syncDirectory(_ path: String) throws(DiskFailure) {
        let descriptor = try Syscalls.open(path, O_RDONLY | O_DIRECTORY, "open directory")
        defer { Glibc.close(descriptor) }
        try Syscalls.check(fsync(descriptor), "sync directory", path)
    }

    package func fileSystem(of path: String) throws(DiskFailure) -> UInt64 {
        try Syscalls.fileSystem(of: path)
    }

    /// A quarter of a second.
    private static let lockTries = 25

    package func lock(_ path: String) throws(DiskFailure) -> (any DirectoryLock)? {
        let descriptor = try Syscalls.open(path, O_RDWR | O_CREAT, "open lock file")
        var code = hf_try_lock(descriptor)
        // A child of the process that just gave it up holds a copy of the lock until it has begun its own program.
        for _ in 0..<Self.lockTries where code == EWOULDBLOCK {
            Syscalls.pause(milliseconds: 10)
            code = hf_try_lock(descriptor)
        }
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
    private let direct: DirectWriter?

    init(path: String, descriptor: Int32, for use: FileUse) {
        self.path = path
        self.descriptor = descriptor
        direct =
            switch use {
            case .reading: nil
            case .writing, .creating: DirectWriter(descriptor)
            }
    }

    deinit { Glibc.close(descriptor) }

    func size() throws(DiskFailure) -> UInt64 { try Syscalls.size(descriptor, path) }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(DiskFailure) -> Int {
        try Syscalls.read(descriptor, buffer, offset, path)
    }

    /// What is in memory is copied from there, and what is not doesn't come there: a page of the cache must be found,
    /// filled and copied from, and for one that is used once that takes longer than the disk does.
    func readPages(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(DiskFailure) -> Int {
        let size = try size()
        guard offset < size else { return 0 }
        let wanted = Int(min(UInt64(buffer.count), size - offset))
        // Not kept: a log has many files that are read so, and each descriptor counts.
        var direct: Int32?
        defer { if let direct, direct >= 0 { Glibc.close(direct) } }
        var done = 0
        while done < wanted {
            var isCached: Int32 = 1
            let run = Int(hf_cached_run(descriptor, Int64(offset) + Int64(done), Int64(wanted - done), &isCached))
            var got = 0
            if isCached == 0 {
                let file = direct ?? hf_open_direct(descriptor, 0)
                direct = file
                // To the end of the last page: the file may end within it, the call may not.
                let count = min(run.roundedUp(to: Limits.pageBytes), buffer.count - done)
                let place = off_t(offset) + off_t(done)
                if file >= 0 { got = max(0, pread(file, buffer.baseAddress! + done, count, place)) }
            }
            // No direct reads here, or a short one, or a failure: the ordinary way works or reports what is wrong.
            if got < run {
                let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[(done + got)..<(done + run)])
                got += try read(into: rest, at: offset + UInt64(done + got))
            }
            done += min(got, run)
            if got < run { break }
        }
        return done
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(DiskFailure) {
        try Syscalls.write(descriptor, bytes, offset, path)
    }

    func writeBeforeZeros(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(DiskFailure) {
        let page = UInt64(Limits.pageBytes)
        let zeros = Int((page - (offset + UInt64(bytes.count)) % page) % page)
        let put = hf_write_two(
            descriptor, bytes.baseAddress!, bytes.count, Zeros.bytes.baseAddress!, zeros, Int64(offset))
        if put >= Int64(bytes.count) { return }
        // A short write, or none: the ordinary way goes on or reports what is wrong.
        let done = max(0, Int(put))
        try write(UnsafeRawBufferPointer(rebasing: bytes[done...]), at: offset + UInt64(done))
    }

    func sync() throws(DiskFailure) { try Syscalls.check(fdatasync(descriptor), "sync", path) }

    func forgetCached() { _ = posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED) }

    func expectScatteredReads() { _ = posix_fadvise(descriptor, 0, 0, POSIX_FADV_RANDOM) }

    func allocate(_ size: UInt64) throws(DiskFailure) {
        let code = hf_allocate(descriptor, Int64(size))
        if code != 0 { throw DiskFailure(operation: "allocate space for", path: path, errno: code) }
    }

    /// Past the page cache where the file system can do that: through it, zero-filling cost as much processor time
    /// as everything else that the log does for a byte.
    func fillWithZeros(_ range: Range<UInt64>) throws(DiskFailure) {
        var at = range.lowerBound
        while at < range.upperBound {
            let count = Int(min(UInt64(Zeros.bytes.count), range.upperBound - at))
            try writePages(UnsafeRawBufferPointer(rebasing: Zeros.bytes[..<count]), at: at)
            try sync()
            at += UInt64(count)
        }
    }

    /// Within the kernel where the file systems allow it: without a detour through this process, and where they can
    /// share blocks without copying anything.
    func copy(_ range: Range<UInt64>, to target: any DiskFile) throws(DiskFailure) {
        var at = range.lowerBound
        if let target = target as? RealFile {
            while at < range.upperBound {
                let copied = hf_copy_range(
                    descriptor, Int64(at), target.descriptor, Int64(at), Int64(range.upperBound - at))
                if copied == 0 { return }
                if copied == -Int64(EINTR) { continue }
                // Between two kinds of file system, say; if it is more than that, the ordinary way will tell.
                if copied < 0 { break }
                at += UInt64(copied)
            }
        }
        if at < range.upperBound { try copyThroughMemory(at..<range.upperBound, to: target) }
    }

    func writePages(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(DiskFailure) {
        if let direct, direct.write(bytes, at: offset) { return }
        // A file system without direct writes, or a short one, or a file that was opened for reading: the ordinary way
        // works or reports what is wrong.
        try write(bytes, at: offset)
    }
}

/// Writes a file past the page cache. Only of a file that was opened for writing is there one: it has a descriptor of
/// its own, which asks nobody what the first one may do.
private final class DirectWriter: Sendable {
    private let file: Int32
    /// Opened at the first need, -1 where the file system has no such thing.
    private let descriptor = Locked<Int32?>(nil)

    init(_ file: Int32) { self.file = file }

    deinit {
        if let descriptor = descriptor.with({ $0 }), descriptor >= 0 { Glibc.close(descriptor) }
    }

    /// False where it did not write all of it.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) -> Bool {
        let direct = descriptor.with { descriptor in
            if let descriptor { return descriptor }
            let opened = hf_open_direct(file, 1)
            descriptor = opened
            return opened
        }
        return direct >= 0 && pwrite(direct, bytes.baseAddress!, bytes.count, off_t(offset)) == bytes.count
    }
}

/// An advisory lock lives as long as its descriptor is open.
private final class RealLock: DirectoryLock {
    private let descriptor: Int32

    init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { Glibc.close(descriptor) }
}

/// A page-aligned stretch of zeros, as direct writes want it. Never written to.
private enum Zeros {
    nonisolated(unsafe) static let bytes: UnsafeRawBufferPointer = {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: Limits.fillStepBytes, alignment: 4096)
        memory.initializeMemory(as: UInt8.self, repeating: 0)
        return UnsafeRawBufferPointer(memory)
    }()
}
