import HoldfastArchive
import HoldfastLog
import HoldfastTables

/// A directory that Holdfast keeps its own files in: nothing else belongs there, and each file in it matters.
struct KeptDirectory {
    let kind: String
    let path: String

    /// The nearest one that a path without links lies in.
    static func around(_ path: String, on disk: any Disk = RealDisk()) -> KeptDirectory? {
        var directory = path[...]
        while let slash = directory.lastIndex(of: "/") {
            directory = directory[..<slash]
            let path = directory.isEmpty ? "/" : String(directory)
            if let kind = kind(of: path, on: disk) { return KeptDirectory(kind: kind, path: path) }
        }
        return nil
    }

    private static func kind(of path: String, on disk: any Disk) -> String? {
        if LogDirectory.isLog(path, on: disk) { return "a ledger" }
        if BackupTarget.isBackup(path, on: disk) { return "a backup" }
        if Archive.isArchive(path, on: disk) { return "an archive" }
        if TablesPaths(path).isSet(on: disk) { return "a set of tables" }
        return nil
    }
}
