package import HoldfastLog
package import HoldfastTables
internal import HoldfastText

/// The snapshots of an archive, from its base or beginning to the newest, each vouching for its parent, and the files
/// that the archive consists of.
package struct SnapshotChain: Sendable {
    /// What older snapshots came to before they expired.
    package private(set) var base: SnapshotBase?
    package private(set) var snapshots: [Snapshot] = []
    package private(set) var hashes: [Digest] = []
    /// By path.
    package private(set) var live: [String: DataFile] = [:]
    package private(set) var totalRows = 0
    package private(set) var totalBytes: UInt64 = 0

    package init() {}

    package init(base: SnapshotBase) {
        self.base = base
        for file in base.files { add(file) }
    }

    package var newestSequence: UInt64 { snapshots.last?.sequence ?? base?.sequence ?? 0 }
    package var newestID: Int64? { snapshots.last?.id ?? base?.snapshotID }
    package var newestHash: Digest? { hashes.last ?? base?.snapshotHash }
    package var newestTime: Int64? { snapshots.last?.timestamp ?? base?.timestamp }
    /// The latest time by which a run counted ages.
    package var newestRun: Int64? { (snapshots.compactMap(\.asOf) + [base?.asOf].compactMap { $0 }).max() }
    package var tableUUID: String? { snapshots.last?.tableUUID ?? base?.tableUUID }
    package var isEmpty: Bool { newestSequence == 0 }
    /// The ledger that the rows come from, and the name it has in the partitions.
    package var log: String? { snapshots.last(where: { $0.log != nil })?.log?.log ?? base?.log }
    package var database: String? { live.values.first?.database }

    package func contains(_ id: Int64) -> Bool {
        snapshots.contains { $0.id == id } || base?.expired.contains { $0.id == id } ?? false
    }

    package func files(of day: Day) -> [DataFile] {
        live.values.filter { $0.day == day }.sorted { $0.path < $1.path }
    }

    /// The files as they were after a snapshot, with the place where each lies today.
    package func files(at id: Int64) -> [(file: DataFile, path: String)]? {
        guard let index = snapshots.firstIndex(where: { $0.id == id }) else {
            guard base?.snapshotID == id else { return nil }
            return placed(base!.files, removedFrom: 0)
        }
        var files = Dictionary(uniqueKeysWithValues: (base?.files ?? []).map { ($0.path, $0) })
        for snapshot in snapshots[...index] {
            for file in snapshot.removed { files[file.path] = nil }
            for file in snapshot.added { files[file.path] = file }
        }
        return placed(Array(files.values), removedFrom: index + 1)
    }

    private func placed(_ files: [DataFile], removedFrom index: Int) -> [(file: DataFile, path: String)] {
        var retired: [String: String] = [:]
        for snapshot in snapshots[index...] {
            for file in snapshot.removed { retired[file.path] = snapshot.retired(file.path) }
        }
        return files.sorted { $0.path < $1.path }.map { ($0, retired[$0.path] ?? $0.path) }
    }

    private mutating func add(_ file: DataFile) {
        live[file.path] = file
        totalRows += file.facts.rows
        totalBytes += file.fileBytes
    }

    private mutating func remove(_ path: String) -> Bool {
        guard let file = live.removeValue(forKey: path) else { return false }
        totalRows -= file.facts.rows
        totalBytes -= file.fileBytes
        return true
    }

    /// Takes the next snapshot; says what is wrong with it where it can't follow.
    package mutating func append(_ snapshot: Snapshot, hash: Digest) -> String? {
        guard snapshot.sequence == newestSequence + 1 else {
            return "its sequence-number is \(snapshot.sequence), expected \(newestSequence + 1)"
        }
        guard snapshot.parentID == newestID, snapshot.parentHash == newestHash else {
            return "it does not vouch for the snapshot before it: that one was altered, or this one belongs to "
                + "another archive"
        }
        if let uuid = tableUUID, snapshot.tableUUID != uuid {
            return "its table-uuid is that of another archive"
        }
        for file in snapshot.removed {
            guard remove(file.path) else { return "it removes \(file.path), which is not part of the archive" }
        }
        for file in snapshot.added {
            guard live[file.path] == nil else { return "it adds \(file.path), which is there already" }
            add(file)
        }
        snapshots.append(snapshot)
        hashes.append(hash)
        return nil
    }

    /// Takes a snapshot in that nothing vouches for, for what it says of files.
    mutating func appendUnvouched(_ snapshot: Snapshot, hash: Digest) {
        for file in snapshot.removed { _ = remove(file.path) }
        for file in snapshot.added where live[file.path] == nil { add(file) }
        snapshots.append(snapshot)
        hashes.append(hash)
    }

    // MARK: Reading it

    package static func load(_ storage: Storage) throws(ArchiveError) -> SnapshotChain {
        let names = try storage.list(Layout.metadata)
        let bases = names.compactMap { Layout.number(of: $0, prefix: "base-") }
        var chain = SnapshotChain()
        if let newest = bases.max() { chain = SnapshotChain(base: try SnapshotBase.load(newest, storage)) }
        let first = chain.newestSequence + 1
        let versions = names.compactMap { Layout.number(of: $0, prefix: "version-") }.filter { $0 >= first }.sorted()
        for (offset, version) in versions.enumerated() {
            let expected = first + UInt64(offset)
            guard version == expected else {
                throw .missing(
                    file: storage.full(Layout.version(expected)), neededBy: storage.full(Layout.version(version)))
            }
            let path = Layout.version(version)
            let (snapshot, hash) = try read(path, storage)
            if let problem = chain.append(snapshot, hash: hash) {
                throw .damaged(file: storage.full(path), found: problem)
            }
        }
        try chain.checkEnd(names, storage)
        return chain
    }

    /// A manifest lies under two names. Where the newest one's version is gone, its other name says so; without this
    /// the archive would seem to end earlier, and its newest files to belong to nobody.
    private func checkEnd(_ names: [String], _ storage: Storage) throws(ArchiveError) {
        let known = Set(snapshots.map { Storage.name(of: $0.fileName) })
        for name in names where name.hasPrefix("snapshot-") && name.hasSuffix(".json") && !known.contains(name) {
            let path = "\(Layout.metadata)/\(name)"
            let (snapshot, _) = try Self.read(path, storage)
            if snapshot.sequence > newestSequence {
                throw .missing(file: storage.full(Layout.version(snapshot.sequence)), neededBy: storage.full(path))
            }
        }
    }

    static func read(_ path: String, _ storage: Storage) throws(ArchiveError) -> (Snapshot, Digest) {
        let bytes = try storage.read(path)
        let tree = try tree(bytes, path, storage)
        guard let snapshot = Snapshot(tree) else {
            throw .damaged(file: storage.full(path), found: "it does not have the fields of a snapshot")
        }
        return (snapshot, bytes.withUnsafeBytes { Digest.sha256($0) })
    }

    static func tree(_ bytes: [UInt8], _ path: String, _ storage: Storage) throws(ArchiveError) -> JSONTree {
        let tree: JSONTree
        do throws(JSONError) {
            tree = try JSONTree(parsing: bytes)
        } catch {
            throw .damaged(file: storage.full(path), found: "\(error)")
        }
        guard let version = tree["format-version"]?.integer else {
            throw .damaged(file: storage.full(path), found: "it has no format-version")
        }
        guard version <= Snapshot.formatVersion else {
            throw .newerFormat(file: storage.full(path), found: version)
        }
        return tree
    }
}
