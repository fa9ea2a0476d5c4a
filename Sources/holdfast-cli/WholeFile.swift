private import Glibc
import HoldfastText

/// A file that a verb writes whole: under a temporary name first, synced, then renamed, so that a reader never meets
/// half of it.
enum WholeFile {
    static func write(_ json: borrowing JSONWriter, to path: String) throws(SystemError) {
        try json.withBytes { bytes throws(SystemError) in try write(bytes, to: path) }
    }

    static func write(_ text: String, to path: String) throws(SystemError) {
        var text = text
        // `withUTF8` rethrows untyped, so the result carries the error out.
        let result = text.withUTF8 { utf8 in
            Result { () throws(SystemError) in try write(UnsafeRawBufferPointer(utf8), to: path) }
        }
        try result.get()
    }

    private static func write(_ bytes: UnsafeRawBufferPointer, to path: String) throws(SystemError) {
        let temporary = path + ".new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw SystemError(call: "create \(temporary)", code: errno) }
        defer { close(descriptor) }
        var done = 0
        while done < bytes.count {
            let put = Glibc.write(descriptor, bytes.baseAddress! + done, bytes.count - done)
            if put < 0 {
                if errno == EINTR { continue }
                throw SystemError(call: "write \(temporary)", code: errno)
            }
            done += put
        }
        guard fsync(descriptor) == 0 else { throw SystemError(call: "sync \(temporary)", code: errno) }
        guard rename(temporary, path) == 0 else { throw SystemError(call: "rename \(temporary)", code: errno) }
    }
}
