import CHoldfast
import CSQLite
import Foundation
import Testing

@testable import HoldfastTables

/// What a thread writes steadily is what it would have written anyway.
@Suite struct PacedWritingTests {
    @Test("leaves the bytes, the counts and the errors of pwrite")
    func isPwrite() throws {
        let paths = (0..<2).map { NSTemporaryDirectory() + "holdfast-paced-\(getpid())-\($0)" }
        defer { for path in paths { unlink(path) } }
        let files = paths.map { open($0, O_RDWR | O_CREAT | O_TRUNC, 0o600) }
        defer { for file in files { close(file) } }
        hf_write_steadily(1)
        defer { hf_write_steadily(0) }
        // More than a piece of each, the second one backwards, in turns.
        let page = 4096
        let pages = 100
        for number in 0..<pages {
            let bytes = [UInt8](repeating: UInt8(number), count: page)
            #expect(hf_paced_pwrite(files[0], bytes, page, off_t(number * page)) == page)
            #expect(hf_paced_pwrite(files[1], bytes, page, off_t((pages - 1 - number) * page)) == page)
        }
        for number in 0..<30 {
            #expect(hf_paced_pwrite(files[0], [UInt8](repeating: 7, count: page), page, off_t(number * page)) == page)
        }
        for number in 0..<pages {
            let first = [UInt8](repeating: number < 30 ? 7 : UInt8(number), count: page)
            let second = [UInt8](repeating: UInt8(pages - 1 - number), count: page)
            #expect(content(files[0], number * page, page) == first)
            #expect(content(files[1], number * page, page) == second)
        }
        #expect(hf_paced_pwrite(-1, [1], 1, 0) == -1 && errno == EBADF)
    }

    @Test("is how SQLite writes")
    func isInstalled() throws {
        _ = try Database(":memory:", for: .creating)
        let files = try #require(sqlite3_vfs_find(nil))
        let paced: @convention(c) (Int32, UnsafeRawPointer?, Int, off_t) -> Int = hf_paced_pwrite
        for name in ["pwrite", "pwrite64"] {
            let current = files.pointee.xGetSystemCall(files, name)
            // A build of SQLite may know only one of the two.
            if current == nil { continue }
            #expect(unsafeBitCast(current, to: Int.self) == unsafeBitCast(paced, to: Int.self))
        }
    }

    private func content(_ file: Int32, _ offset: Int, _ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        return pread(file, &bytes, count, off_t(offset)) == count ? bytes : []
    }
}
