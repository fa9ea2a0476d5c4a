private import Glibc
package import HoldfastLog

/// Where the files of a set of tables lie.
package struct TablesPaths: Sendable {
    package let directory: String
    package static let shardsMax = 1024

    package init(_ directory: String) { self.directory = directory }

    package var global: String { directory + "/global.sqlite" }
    package func shard(_ number: Int) -> String { Self.shard(number, in: directory) }
    /// A set that is being built to take this one's place.
    package var next: String { directory + "/next" }
    func nextShard(_ number: Int) -> String { Self.shard(number, in: next) }
    var lock: String { directory + "/lock" }
    /// Held while one is being built.
    var nextLock: String { next + ".lock" }

    /// `shard-07.sqlite`; from a hundred on with as many digits as it takes.
    private static func shard(_ number: Int, in directory: String) -> String {
        "\(directory)/shard-\(number < 10 ? "0" : "")\(number).sqlite"
    }

    /// Whether a set of tables is kept here, however damaged.
    package func isSet(on disk: any Disk) -> Bool {
        disk.fileExists(global) || disk.fileExists(shard(0)) && disk.fileExists(lock)
    }

    /// The number of a shard's file, by its name.
    static func number(ofFile name: String) -> Int? {
        guard name.hasPrefix("shard-"), name.hasSuffix(".sqlite") else { return nil }
        return Int(name.dropFirst(6).dropLast(7))
    }

    /// Whether a file of a set may have this name, or one that SQLite keeps beside it.
    static func isOurs(_ name: String) -> Bool {
        ["lock", "next", "next.lock"].contains(name) || name.hasPrefix("global.sqlite")
            || (name.hasPrefix("shard-") && name.contains(".sqlite"))
    }

    /// What SQLite keeps beside a database.
    static func companions(of file: String) -> [String] { [file + "-wal", file + "-shm", file + "-journal"] }

    /// What a shard keeps open at most: its file, those two of them that are open at once, and one for a while.
    static let filesOfShard = 4

    /// Removes a database with what SQLite keeps beside it.
    static func remove(_ file: String, on disk: any Disk) throws(TablesError) {
        do throws(DiskFailure) {
            for path in [file] + companions(of: file) where disk.fileExists(path) { try disk.remove(path) }
        } catch {
            throw .file(error)
        }
    }
}

/// A moment in milliseconds since 1970.
func wallClock() -> Int64 {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Int64(now.tv_sec) * 1_000 + Int64(now.tv_nsec) / 1_000_000
}

extension LogID {
    /// 32 hexadecimal digits.
    package var text: String {
        func digits(_ word: UInt64) -> String {
            let text = String(word, radix: 16)
            return String(repeating: "0", count: 16 - text.count) + text
        }
        return digits(high) + digits(low)
    }
}
