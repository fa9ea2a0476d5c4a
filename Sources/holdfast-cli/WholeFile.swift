private import Glibc
import HoldfastLog
import HoldfastText

/// A file that a verb writes whole: under a temporary name first, synced, then renamed, so that a reader never meets
/// half of it.
enum WholeFile {
    static func write(_ json: borrowing JSONWriter, to path: String) throws {
        try json.withBytes { bytes throws(any Error) in try write(to: path) { put in try put(bytes) } }
    }

    static func write(_ text: String, to path: String) throws {
        var text = text
        try text.withUTF8 { utf8 in try write(to: path) { put in try put(UnsafeRawBufferPointer(utf8)) } }
    }

    /// Piece by piece; `body` is handed what takes the pieces. What was written of a file that fails is removed.
    static func write(
        to path: String, _ body: (@escaping (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws {
        let temporary = path + ".new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        // The name that whoever runs it knows.
        guard descriptor >= 0 else { throw DiskFailure(operation: "create", path: path, errno: errno) }
        defer { close(descriptor) }
        do {
            try body { bytes in try put(bytes, descriptor, path) }
            guard fsync(descriptor) == 0 else { throw DiskFailure(operation: "sync", path: path, errno: errno) }
            guard rename(temporary, path) == 0 else {
                throw DiskFailure(operation: "rename", path: temporary, errno: errno)
            }
        } catch {
            unlink(temporary)
            throw error
        }
    }

    private static func put(_ bytes: UnsafeRawBufferPointer, _ descriptor: Int32, _ path: String) throws {
        var done = 0
        while done < bytes.count {
            let put = Glibc.write(descriptor, bytes.baseAddress! + done, bytes.count - done)
            if put < 0 {
                if errno == EINTR { continue }
                throw DiskFailure(operation: "write", path: path, errno: errno)
            }
            done += put
        }
    }
}
