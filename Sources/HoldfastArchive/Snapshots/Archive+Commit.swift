internal import HoldfastLog

/// What is to become a snapshot. Its files lie in `_staging/<id>/`, each synced and read back.
package struct SnapshotDraft {
    package let id: Int64
    package var operation: Snapshot.Operation
    package var label: String
    package var added: [DataFile]
    package var removed: [DataFile] = []
    package var log: Snapshot.LogCover?
    package var erasure: Snapshot.Erasure?
}

// The commit. Each step is durable before the next one begins, and each can be repeated:
//
//   1. parts in staging: written, synced, read back        (PartPress)
//   2. manifest in staging: written, synced; staging directory synced
//   3. manifest linked to the next version's name; directory synced: THIS IS THE COMMIT. Before it, everything is
//      cleared away by the next run; after it, the manifest is the list of what is to be done
//   4. the name for people linked; directory synced
//   5. files that are replaced linked to where they retire, synced, and their old names removed; new ones linked to
//      their places; every directory on the way synced. (Links, and not renames: nothing says that a rename between
//      two directories is durable in both at once, and in the simulation files vanished between them.)
//   6. staging removed
extension Archive {
    /// A fresh directory in staging.
    package func beginSnapshot() throws(ArchiveError) -> Int64 {
        var id = identifiers.snapshotID()
        while chain.contains(id) || storage.directoryExists(Layout.staging(id)) { id = identifiers.snapshotID() }
        try storage.makeDirectories(Layout.staging(id))
        return id
    }

    @discardableResult
    package func commit(_ draft: SnapshotDraft, at now: Int64) throws(ArchiveError) -> Snapshot {
        var snapshot = Snapshot(
            tableUUID: chain.tableUUID ?? identifiers.uuid(), id: draft.id, parentID: chain.newestID,
            parentHash: chain.newestHash, sequence: chain.newestSequence + 1,
            timestamp: max(now, chain.newestTime ?? now), asOf: draft.operation == .append ? now : nil,
            operation: draft.operation, label: draft.label,
            added: draft.added, removed: draft.removed.map { Snapshot.RemovedFile($0) }, log: draft.log,
            erasure: draft.erasure)
        while storage.fileExists(snapshot.fileName) { snapshot.timestamp += 1 }
        let totals = try totals(after: snapshot)
        let bytes = snapshot.manifest(totalFiles: totals.files, totalRows: totals.rows, totalBytes: totals.bytes)
        let hash = bytes.withUnsafeBytes { Digest.sha256($0) }
        let staging = Layout.staging(snapshot.id)
        try storage.write(bytes, to: "\(staging)/\(Self.manifestName)")
        try storage.syncTrees([staging])
        guard try storage.link("\(staging)/\(Self.manifestName)", to: Layout.version(snapshot.sequence)) else {
            throw .conflict(version: snapshot.sequence)
        }
        if let problem = chain.append(snapshot, hash: hash) {
            preconditionFailure("a snapshot that was just made does not follow: \(problem)")
        }
        try finish(snapshot, adopting: false)
        return snapshot
    }

    static let manifestName = "manifest.json"

    private func totals(after snapshot: Snapshot) throws(ArchiveError) -> (files: Int, rows: Int, bytes: UInt64) {
        var copy = chain
        if let problem = copy.append(snapshot, hash: Digest()) {
            throw .invalid(argument: "snapshot", reason: problem)
        }
        return (copy.live.count, copy.totalRows, copy.totalBytes)
    }

    /// Does what a committed snapshot says, as far as it is not done. What an earlier run left is made durable before
    /// anything relies on it: that run may have died before its own sync.
    func finish(_ snapshot: Snapshot, adopting: Bool) throws(ArchiveError) {
        let version = Layout.version(snapshot.sequence)
        if adopting {
            let file = try storage.open(version, for: .writing)
            try onDisk { () throws(DiskFailure) in try file.sync() }
        }
        try storage.syncDirectory(Layout.metadata)
        if !storage.fileExists(snapshot.fileName) { _ = try storage.link(version, to: snapshot.fileName) }
        try storage.syncDirectory(Layout.metadata)
        try retire(snapshot)
        try publish(snapshot)
        try clear(Layout.staging(snapshot.id))
    }

    private func retire(_ snapshot: Snapshot) throws(ArchiveError) {
        if snapshot.removed.isEmpty { return }
        try storage.makeDirectories(Layout.retired(snapshot.id))
        for file in snapshot.removed {
            let target = snapshot.retired(file.path)
            if storage.fileExists(target) { continue }
            guard storage.fileExists(file.path) else {
                throw .missing(file: storage.full(file.path), neededBy: storage.full(snapshot.fileName))
            }
            _ = try storage.link(file.path, to: target)
        }
        try storage.syncTrees([Layout.retired(snapshot.id)])
        for file in snapshot.removed where storage.fileExists(file.path) { try storage.remove(file.path) }
        try storage.syncTrees(Set(snapshot.removed.map { Storage.directory(of: $0.path) }))
    }

    private func publish(_ snapshot: Snapshot) throws(ArchiveError) {
        let partitions = Set(snapshot.added.map { Storage.directory(of: $0.path) })
        for partition in partitions.sorted() { try storage.makeDirectories(partition) }
        for file in snapshot.added where !storage.fileExists(file.path) {
            let staged = snapshot.staged(file)
            guard storage.fileExists(staged) else {
                throw .missing(file: storage.full(file.path), neededBy: storage.full(snapshot.fileName))
            }
            _ = try storage.link(staged, to: file.path)
        }
        try storage.syncTrees(partitions)
    }
}
