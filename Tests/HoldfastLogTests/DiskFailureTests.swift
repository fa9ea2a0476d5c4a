import Glibc
import Testing

@testable import HoldfastLog

@Suite("What the system refused")
struct DiskFailureTests {
    @Test(
        "names the path, and what can be done about it",
        arguments: [
            ("make directory", ENOENT, "There is no directory /data/new: create it first"),
            ("create", ENOENT, "There is no directory /data/new: create it first"),
            ("create", EACCES, "/data/new is not writable by this user"),
            ("open lock file", EACCES, "/data/new is not writable by this user"),
            ("rename", EPERM, "/data/new is not writable by this user"),
            ("open for writing", EACCES, "/data/new/x is not writable by this user"),
            ("open", EACCES, "/data/new/x is not readable by this user"),
            ("make directory", EEXIST, "Something else is in its place"), ("create", EROFS, "mounted read-only"),
            ("make directory", ENOTDIR, "is a file, not a directory"), ("create", EISDIR, "a directory in its place"),
        ])
            ("open", EMFILE, "has as many files open as it may"),
            ("create", ENFILE, "has as many files open as it may"),
    func mends(operation: String, code: Int32, said: String) {
        let text = DiskFailure(operation: operation, path: "/data/new/x", errno: code).description
        #expect(text.hasPrefix("\(operation) /data/new/x failed: ") && text.contains(said), "\(text)")
    }

    @Test("a place without a directory before it lies in the current one")
    func current() {
        let text = DiskFailure(operation: "create", path: "x", errno: EACCES).description
        #expect(text.contains("the current directory is not writable by this user"), "\(text)")
    }

    @Test("says nothing more where the system's words are all there is to say", arguments: [ENOENT, EIO, ENOSPC])
    func plain(code: Int32) {
        let text = DiskFailure(operation: "open", path: "/x", errno: code).description
        #expect(text == "open /x failed: \(errorText(code)).")
    }
}
