/// A backup's directory.
///
///     backup     what it holds (`BackupManifest`); a directory without it is no backup
///     lock       empty; held while a backup or its expiry runs
///     log/       the files, laid out as in the log itself
package struct BackupTarget: Sendable {
    package let path: String
    let disk: any Disk
    /// How this kind of store makes payloads small in sealed segments.
    let packing: any PayloadPacking

    var logPath: String { path + "/log" }
    var manifestPath: String { path + "/" + BackupManifest.fileName }

    package init(_ path: String, packing: any PayloadPacking = PlainPacking(), on disk: any Disk) {
        self.path = path
        self.packing = packing
        self.disk = disk
    }

    /// Whether a backup is kept here, however damaged.
    package static func isBackup(_ path: String, on disk: any Disk) -> Bool {
        disk.fileExists(path + "/" + BackupManifest.fileName) && disk.directoryExists(path + "/log")
    }

    /// The folder `log`, laid out as a log.
    func mirror(_ kind: String) throws(LogError) -> LogDirectory {
        try LogDirectory.open(logPath, kind: kind, packing: packing, on: disk)
    }

    func place(_ file: BackupManifest.StoredFile) -> String { logPath + "/" + file.path }

    /// The list of what is there; nil where nothing was backed up yet.
    func manifest() throws(LogError) -> BackupManifest? {
        let bytes: [UInt8]?
        do throws(DiskFailure) { bytes = try disk.readWhole(manifestPath) } catch { throw .io(error) }
        return try bytes.map { bytes throws(LogError) in try BackupManifest(reading: bytes, at: manifestPath) }
    }

    /// The list of what is there, for those who want something from it.
    package func existingManifest() throws(LogError) -> BackupManifest {
        guard let manifest = try manifest(), !manifest.points.isEmpty else {
            throw .invalid(
                argument: path, reason: "it holds no backup: there is no file named \(BackupManifest.fileName) in it")
        }
        return manifest
    }

    /// Makes a new list the one that counts. All that it names must be durable.
    func store(_ manifest: BackupManifest) throws(DiskFailure) {
        try disk.writeWhole(Array(manifest.text.utf8), to: manifestPath, in: path)
    }

    /// Two backups at once would step on each other's files.
    func lock() throws(LogError) -> any DirectoryLock {
        do throws(DiskFailure) {
            if let lock = try disk.lock(path + "/lock") { return lock }
        } catch {
            throw .io(error)
        }
        throw .invalid(argument: path, reason: "another backup into it is under way; wait for its end")
    }

    /// Creates what is missing of a new backup, in a directory that is missing or empty.
    func create(_ mirror: LogDirectory) throws(LogError) {
        do throws(DiskFailure) {
            try disk.makeDirectory(path)
            for name in try disk.list(path) where !["log", "lock", BackupManifest.fileName + ".new"].contains(name) {
                throw DiskFailure(operation: "use", path: path + "/" + name, errno: SystemErrors.exists)
            }
            try disk.makeDirectory(logPath)
            for place in mirror.places { try disk.makeDirectory(place.directory) }
            try disk.syncDirectory(LogDirectory.parent(of: path))
            try disk.syncDirectory(path)
            try disk.syncDirectory(logPath)
        } catch {
            if error.operation == "use" {
                throw .invalid(argument: path, reason: "it is neither a backup nor empty: \(error.path) is in it")
            }
            throw .io(error)
        }
    }

    /// Removes the files that the list does not name: what a backup that died has left, and what was replaced.
    func removeStrays(_ manifest: BackupManifest, _ mirror: LogDirectory) throws(LogError) -> [String] {
        let known = Set(manifest.files.map { place($0) })
        var removed: [String] = []
        do throws(DiskFailure) {
            for folder in mirror.places.map(\.directory) {
                let strays = try disk.list(folder).map { folder + "/" + $0 }.filter { !known.contains($0) }
                for path in strays { try disk.remove(path) }
                removed += strays.map { String($0.dropFirst(logPath.count + 1)) }
                if !strays.isEmpty { try disk.syncDirectory(folder) }
            }
        } catch {
            throw .io(error)
        }
        return removed
    }
}
