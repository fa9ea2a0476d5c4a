internal import CHoldfast
internal import Glibc

/// Every system call of the log. Each captures errno at once, before anything else can change it.
enum Syscalls {
    static func open(_ path: String, _ flags: Int32, _ operation: String) throws(DiskFailure) -> Int32 {
        while true {
            let descriptor = Glibc.open(path, flags | O_CLOEXEC, 0o644)
            if descriptor >= 0 { return descriptor }
            let code = errno
            if code != EINTR { throw DiskFailure(operation: operation, path: path, errno: code) }
        }
    }

    static func check(_ result: Int32, _ operation: String, _ path: String) throws(DiskFailure) {
        if result != 0 {
            let code = errno
            throw DiskFailure(operation: operation, path: path, errno: code)
        }
    }

    static func read(
        _ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer, _ offset: UInt64, _ path: String
    ) throws(DiskFailure) -> Int {
        var done = 0
        while done < buffer.count {
            let got = pread(descriptor, buffer.baseAddress! + done, buffer.count - done, off_t(offset) + off_t(done))
            if got < 0 {
                let code = errno
                if code == EINTR { continue }
                throw DiskFailure(operation: "read", path: path, errno: code)
            }
            if got == 0 { break }
            done += got
        }
        return done
    }

    static func write(
        _ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, _ offset: UInt64, _ path: String
    ) throws(DiskFailure) {
        var done = 0
        while done < bytes.count {
            let put = pwrite(descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(offset) + off_t(done))
            if put < 0 {
                let code = errno
                if code == EINTR { continue }
                throw DiskFailure(operation: "write", path: path, errno: code)
            }
            done += put
        }
    }

    static func fileSystem(of path: String) throws(DiskFailure) -> UInt64 {
        var status = stat()
        try check(stat(path, &status), "stat", path)
        return UInt64(status.st_dev)
    }

    static func size(_ descriptor: Int32, _ path: String) throws(DiskFailure) -> UInt64 {
        var status = stat()
        try check(fstat(descriptor, &status), "stat", path)
        return UInt64(status.st_size)
    }

    /// For another process to get on with what it is doing; less than a second.
    static func pause(milliseconds: Int) {
        var time = timespec(tv_sec: 0, tv_nsec: milliseconds * 1_000_000)
        nanosleep(&time, nil)
    }

    /// Raises the limit of open files to so many, or as far as the system lets this process.
    static func allowOpenFiles(_ count: Int) {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < count else {
            return
        }
        limit.rlim_cur = min(rlim_t(count), limit.rlim_max)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    static var openFilesAllowed: Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
        return Int(clamping: limit.rlim_cur)
    }

    /// Whether the rights of this user are what keeps it from doing that with a file or directory.
    static func isDenied(_ what: Int32, _ path: String) -> Bool {
        faccessat(AT_FDCWD, path, what, AT_EACCESS) != 0 && errno == EACCES
    }

    static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    static func list(_ path: String) throws(DiskFailure) -> [String] {
        guard let directory = opendir(path) else {
            let code = errno
            throw DiskFailure(operation: "list", path: path, errno: code)
        }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { raw in
                String(decoding: raw.prefix(while: { $0 != 0 }), as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}

/// The system's words for an error number.
package func errorText(_ code: Int32) -> String { String(cString: strerror(code)) }

package enum SystemErrors {
    package static var noSpace: Int32 { ENOSPC }
    package static var quotaExceeded: Int32 { EDQUOT }
    package static var missing: Int32 { ENOENT }
    package static var exists: Int32 { EEXIST }
    package static var inputOutput: Int32 { EIO }
    package static var notEmpty: Int32 { ENOTEMPTY }
    package static var otherFileSystem: Int32 { EXDEV }
    package static var readOnly: Int32 { EROFS }
    package static var noPermission: Int32 { EACCES }
    package static var notPermitted: Int32 { EPERM }
    package static var notADirectory: Int32 { ENOTDIR }
    package static var isADirectory: Int32 { EISDIR }
    package static var notOpenForThat: Int32 { EBADF }
    package static var tooManyOpen: Int32 { EMFILE }
    package static var tooManyOpenInSystem: Int32 { ENFILE }

    package static func meansFull(_ code: Int32) -> Bool { code == ENOSPC || code == EDQUOT }
}
