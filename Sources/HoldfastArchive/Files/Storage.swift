package import HoldfastLog

/// The files of an archive, by paths below its root.
package struct Storage: Sendable {
    package let root: String
    package let disk: any Disk

    package init(root: String, disk: any Disk) {
        self.root = root
        self.disk = disk
    }

    package func full(_ path: String) -> String { path.isEmpty ? root : root + "/" + path }

    package func fileExists(_ path: String) -> Bool { disk.fileExists(full(path)) && !directoryExists(path) }
    package func directoryExists(_ path: String) -> Bool { disk.directoryExists(full(path)) }

    package func list(_ path: String) throws(ArchiveError) -> [String] {
        try onDisk { () throws(DiskFailure) in try disk.list(full(path)) }
    }

    package func open(_ path: String, for use: FileUse = .reading) throws(ArchiveError) -> any DiskFile {
        try onDisk { () throws(DiskFailure) in try disk.open(full(path), for: use) }
    }

    package func read(_ path: String) throws(ArchiveError) -> [UInt8] {
        try onDisk { () throws(DiskFailure) in
            let file = try disk.open(full(path), for: .reading)
            return try file.bytes(at: 0, count: Int(file.size())) ?? []
        }
    }

    /// A small file, written whole and synced; its directory is the caller's to sync.
    package func write(_ bytes: [UInt8], to path: String) throws(ArchiveError) {
        try onDisk { () throws(DiskFailure) in
            if disk.fileExists(full(path)) { try disk.remove(full(path)) }
            let file = try disk.open(full(path), for: .creating)
            try file.writeAll(bytes, at: 0)
            try file.sync()
        }
    }

    package func rename(_ from: String, to: String) throws(ArchiveError) {
        try onDisk { () throws(DiskFailure) in try disk.rename(full(from), to: full(to)) }
    }

    /// False where the name was taken.
    package func link(_ from: String, to: String) throws(ArchiveError) -> Bool {
        do throws(DiskFailure) {
            try disk.link(full(from), to: full(to))
            return true
        } catch {
            if error.errno == SystemErrors.exists { return false }
            throw .io(error)
        }
    }

    package func remove(_ path: String) throws(ArchiveError) {
        try onDisk { () throws(DiskFailure) in try disk.remove(full(path)) }
    }

    package func removeDirectory(_ path: String) throws(ArchiveError) {
        try onDisk { () throws(DiskFailure) in try disk.removeDirectory(full(path)) }
    }

    package func syncDirectory(_ path: String) throws(ArchiveError) {
        try onDisk { () throws(DiskFailure) in try disk.syncDirectory(full(path)) }
    }

    /// Makes a directory and those above it. None of them is durable before `syncAbove` of what lies in it.
    package func makeDirectories(_ path: String) throws(ArchiveError) {
        for prefix in Self.prefixes(path) where !directoryExists(prefix) {
            try onDisk { () throws(DiskFailure) in try disk.makeDirectory(full(prefix)) }
        }
    }

    /// Makes durable that these directories are there, with the names in them: each is synced, and each above it once.
    package func syncTrees(_ paths: some Sequence<String>) throws(ArchiveError) {
        var all: Set<String> = [""]
        for path in paths { all.formUnion(Self.prefixes(path)) }
        // The deepest first: a directory is vouched for by the one above it.
        for path in all.sorted(by: { ($0.utf8.count, $0) > ($1.utf8.count, $1) }) { try syncDirectory(path) }
    }

    /// `a`, `a/b`, `a/b/c`.
    private static func prefixes(_ path: String) -> [String] {
        var prefix = ""
        return path.split(separator: "/").map { part in
            prefix += prefix.isEmpty ? String(part) : "/" + part
            return prefix
        }
    }

    /// The directory that a path lies in.
    package static func directory(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    }

    package static func name(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
    }
}
