package import HoldfastLog

/// An archive on disk: the files in their places and the chain of snapshots that vouches for them.
///
///     let archive = try Archive.open("archive", for: .writing)
///     let run = ArchiveRun(archive, shelves, options)
///     let report = try run.run()
package final class Archive {
    package let storage: Storage
    package internal(set) var chain: SnapshotChain
    var identifiers: Identifiers
    /// Held while this one may write.
    private let lock: (any DirectoryLock)?
    /// What opening had to finish or clear away after a run that died.
    package private(set) var recovered: [String] = []
    /// What an inspection found wrong with the chain of snapshots. What it misses belongs to nobody then.
    package private(set) var chainFaults: [ArchiveError] = []

    package enum Use: Sendable {
        case reading
        /// A reader that lists what is wrong: damage to the chain of snapshots does not keep it out.
        case inspecting
        /// Takes the lock, and makes the archive where there is none.
        case writing
        /// Takes the lock of an archive that must be there.
        case upkeep

        var changesIt: Bool {
            switch self {
            case .reading, .inspecting: false
            case .writing, .upkeep: true
            }
        }
    }

    package static func open(
        _ root: String, for use: Use, on disk: any Disk = RealDisk(), identifiers: Identifiers = Identifiers()
    ) throws(ArchiveError) -> Archive {
        let storage = Storage(root: root, disk: disk)
        if !storage.directoryExists(Layout.metadata) {
            guard use == .writing else { throw .notAnArchive(root: root, reason: "it has no _metadata/") }
            try create(storage)
        }
        var lock: (any DirectoryLock)?
        if use.changesIt {
            lock = try onDisk { () throws(DiskFailure) in try disk.lock(storage.full(Layout.lock)) }
            if lock == nil { throw .busy(root: root) }
            try makeWhole(storage)
            try checkFileSystem(storage)
        }
        let (chain, faults) =
            try use == .inspecting ? SnapshotChain.inspect(storage) : (SnapshotChain.load(storage), [])
        let archive = Archive(storage: storage, chain: chain, identifiers: identifiers, lock: lock)
        archive.chainFaults = faults
        if use.changesIt { try archive.recover() }
        return archive
    }

    /// Whether an archive is kept here, however damaged.
    package static func isArchive(_ root: String, on disk: any Disk = RealDisk()) -> Bool {
        let storage = Storage(root: root, disk: disk)
        return [Layout.metadata, Layout.warehouse].allSatisfy(storage.directoryExists)
    }

    private init(storage: Storage, chain: SnapshotChain, identifiers: Identifiers, lock: (any DirectoryLock)?) {
        self.storage = storage
        self.chain = chain
        self.identifiers = identifiers
        self.lock = lock
    }

    private static func create(_ storage: Storage) throws(ArchiveError) {
        if storage.directoryExists("") {
            let names = try storage.list("")
            guard names.allSatisfy({ Layout.all.contains($0) }) else {
                throw .notAnArchive(
                    root: storage.root, reason: "the directory has other things in it, such as \(names[0])")
            }
        } else {
            try onDisk { () throws(DiskFailure) in
                try storage.disk.makeDirectory(storage.root)
                try storage.disk.syncDirectory(Storage.parent(of: storage.root))
            }
        }
        // What says that this is an archive comes last.
        try makeWhole(storage)
    }

    /// The folders, all of them durable before anything is put into one.
    private static func makeWhole(_ storage: Storage) throws(ArchiveError) {
        let missing = Layout.all.filter { !storage.directoryExists($0) }
        if missing.isEmpty { return }
        for path in missing { try storage.makeDirectories(path) }
        try storage.syncTrees(Layout.all)
    }

    /// Found out before anything is committed: parts reach their places by links, which don't lead to other disks.
    private static func checkFileSystem(_ storage: Storage) throws(ArchiveError) {
        try onDisk { () throws(DiskFailure) in
            let own = try storage.disk.fileSystem(of: storage.full(Layout.metadata))
            for path in Layout.all where try storage.disk.fileSystem(of: storage.full(path)) != own {
                throw DiskFailure(
                    operation: "link files into", path: storage.full(path), errno: SystemErrors.otherFileSystem)
            }
        }
    }

    // MARK: After a run that died

    /// What lies in staging was begun and not ended: of a committed snapshot it is finished, of any other cleared away.
    private func recover() throws(ArchiveError) {
        for name in try storage.list(Layout.staging) {
            let path = "\(Layout.staging)/\(name)"
            if let snapshot = chain.snapshots.last(where: { "\($0.id)" == name }) {
                try finish(snapshot, adopting: true)
                recovered.append("finished snapshot \(snapshot.id), which an earlier run had committed")
            } else {
                try clear(path)
                recovered.append("cleared away \(path), which an earlier run had not committed")
            }
        }
    }

    /// Removes a directory of staging with the files in it.
    func clear(_ path: String) throws(ArchiveError) {
        guard storage.directoryExists(path) else { return try storage.remove(path) }
        for name in try storage.list(path) { try storage.remove("\(path)/\(name)") }
        try storage.removeDirectory(path)
    }

    /// The log that the archive holds the rows of, where that is another than `own`. An archive without rows holds
    /// none, and may come to hold any.
    package func otherLog(than own: String) -> String? { chain.log == own ? nil : chain.log }

    // MARK: Looking for files

    /// Where a file of the newest snapshot lies: in its place, or still in staging after a run that died.
    package func place(of file: DataFile) -> String {
        if storage.fileExists(file.path) { return file.path }
        let staged = chain.snapshots.last { $0.added.contains { $0.path == file.path } }?.staged(file)
        if let staged, storage.fileExists(staged) { return staged }
        return file.path
    }
}

extension Storage {
    /// The directory that a whole path lies in.
    static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
