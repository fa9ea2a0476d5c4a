private import Glibc
import HoldfastText

/// A file that a verb writes whole: under a temporary name first, synced, then renamed, so that a reader never meets
/// half of it.
enum WholeFile {
    static func write(_ json: borrowing JSONWriter, to path: String) throws(SystemError) {
        let temporary = path + ".new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw SystemError(call: "create \(temporary)", code: errno) }
        defer { close(descriptor) }
        try json.withBytes { bytes throws(SystemError) in
            var done = 0
            while done < bytes.count {
                let put = Glibc.write(descriptor, bytes.baseAddress! + done, bytes.count - done)
                if put < 0 {
                    if errno == EINTR { continue }
                    throw SystemError(call: "write \(temporary)", code: errno)
                }
                done += put
            }
        }
        guard fsync(descriptor) == 0 else { throw SystemError(call: "sync \(temporary)", code: errno) }
        guard rename(temporary, path) == 0 else { throw SystemError(call: "rename \(temporary)", code: errno) }
    }
}
