import Foundation
import Glibc

/// A file system of its own, small, in memory, that can be filled up for real. Only root may mount one.
final class SmallDisk {
    let path: String

    static let isPossible: Bool = {
        let place = NSTemporaryDirectory() + "/holdfast-disk-\(getpid())"
        guard let disk = try? SmallDisk(at: place, mebibytes: 1) else { return false }
        withExtendedLifetime(disk) {}
        return true
    }()

    struct Refused: Error {}

    init(at path: String, mebibytes: Int) throws {
        self.path = path
        mkdir(path, 0o755)
        guard mount("none", path, "tmpfs", 0, "size=\(mebibytes)m") == 0 else { throw Refused() }
    }

    deinit {
        umount2(path, Int32(MNT_DETACH))
        rmdir(path)
    }

    private var ballast: String { path + "/ballast" }

    /// Leaves so many KiB free.
    func fill(leaving kibibytes: Int) throws {
        try empty()
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { throw Refused() }
        let free = Int(status.f_bavail) * Int(status.f_bsize) - (kibibytes << 10)
        if free > 0 { try Data(count: free).write(to: URL(fileURLWithPath: ballast)) }
    }

    /// Takes away what `fill` put there.
    func empty() throws {
        // A program that another test starts at this moment may hold the file open, and its space with it.
        truncate(ballast, 0)
        if FileManager.default.fileExists(atPath: ballast) { try FileManager.default.removeItem(atPath: ballast) }
    }
}
