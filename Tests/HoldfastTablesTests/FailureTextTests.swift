import Glibc
import HoldfastLog
import HoldfastTestSupport
import Testing

@testable import HoldfastTables

@Suite("What SQLite refused")
struct FailureTextTests {
    private func failure(_ code: Int32, errno: Int32 = 0) -> SQLiteFailure {
        SQLiteFailure(
            file: "/data/tables/shard-00.sqlite", statement: "open", code: code,
            message: "unable to open database file", errno: errno)
    }

    @Test("names the directory that is the cause, and what to do", arguments: [14, 8, 1544, 1288])
    func directory(code: Int32) {
        let denied = PathRights { right, place in right == .write && place == "/data/tables" }
        let said = failure(code).mend(denied)
        #expect(said.contains("The directory /data/tables is not writable by this user"), "\(said)")
        #expect(said.contains("Change its owner or mode"), "\(said)")
        let closed = PathRights { right, place in right == .enter && place.hasPrefix("/data") }
        #expect(failure(code).mend(closed).contains("The directory /data may not be entered by this user"))
        #expect(failure(code).mend(PathRights { _, _ in false }).contains("Check that the file"))
        #expect(failure(code, errno: EMFILE).mend(denied).contains("has as many files open as it may"))
    }

    @Test("is really the directory, for a user that may read the file in it and not write beside it")
    func otherUser() async {
        // In a process of its own, that gives up the rights of whoever runs the tests.
        await #expect(processExitsWith: .success) {
            let place = TemporaryDirectory()
            chmod(place.path, 0o755)
            let tables = place.path + "/tables"
            try RealDisk().makeDirectory(tables)
            let file = tables + "/shard-00.sqlite"
            _ = try ShardFile(creating: file, .init(log: "l", number: 0, shards: 1, mapVersion: 1))
            chmod(file, 0o644)
            chmod(tables, 0o555)
            asAnotherUser {
                for use in [ShardFile.Use.reading, .following] {
                    do {
                        _ = try ShardFile(file, for: use).position()
                        Issue.record("the file was opened \(use)")
                    } catch {
                        #expect("\(error)".contains("The directory \(tables) is not writable by this user"), "\(error)")
                    }
                }
            }
            chmod(tables, 0o755)
        }
    }
}
