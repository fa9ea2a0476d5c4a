import Glibc
import HoldfastTestSupport
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
            ("open", EMFILE, "has as many files open as it may"),
            ("create", ENFILE, "has as many files open as it may"),
        ])
    func mends(operation: String, code: Int32, said: String) {
        let text = DiskFailure(operation: operation, path: "/data/new/x", errno: code).description
        #expect(text.hasPrefix("\(operation) /data/new/x failed: ") && text.contains(said), "\(text)")
    }

    @Test("a place without a directory before it lies in the current one")
    func current() {
        let text = DiskFailure(operation: "create", path: "x", errno: EACCES).description
        #expect(text.contains("the current directory is not writable by this user"), "\(text)")
    }

    @Test(
        "names the outermost directory on the way that may not be entered",
        arguments: [
            ("/data/new/x", "/data/new"), ("/data/new/x", "/data"), ("/data/new/x", "/"), ("new/x", "new"),
            ("new/x", "."), ("x", "."),
        ])
    func closedDirectory(path: String, closed: String) {
        let rights = PathRights { right, place in
            right == .enter && (place == closed || place.hasPrefix(closed + "/"))
        }
        for operation in ["open", "open for writing", "create", "make directory", "list", "stat", "rename"] {
            let mend = DiskFailure(operation: operation, path: path, errno: EACCES).mend(rights)
            let name = closed == "." ? "the current directory" : closed
            #expect(mend == "\(name) may not be entered by this user: change its owner or mode.")
        }
        let other = DiskFailure(operation: "open", path: path, errno: EPERM).mend(rights)
        #expect(other?.contains("\(path) is not readable") == true)
    }

    @Test("really names the directory that another user may not enter")
    func otherUser() async {
        // In a process of its own, that gives up the rights of whoever runs the tests.
        await #expect(processExitsWith: .success) {
            let place = TemporaryDirectory()
            chmod(place.path, 0o755)
            let closed = place.path + "/closed"
            try RealDisk().makeDirectory(closed)
            try RealDisk().makeDirectory(closed + "/inner")
            chmod(closed, 0)
            asAnotherUser {
                do {
                    _ = try RealDisk().open(closed + "/inner/file", for: .creating)
                    Issue.record("the file was made")
                } catch {
                    #expect("\(error)".contains("\(closed) may not be entered by this user"), "\(error)")
                }
            }
            chmod(closed, 0o755)
        }
    }

    @Test("says nothing more where the system's words are all there is to say", arguments: [ENOENT, EIO, ENOSPC])
    func plain(code: Int32) {
        let text = DiskFailure(operation: "open", path: "/x", errno: code).description
        #expect(text == "open /x failed: \(errorText(code)).")
    }
}
