internal import HoldfastLog

/// What an expiry removed, or would.
package struct ExpireReport: Sendable, Equatable {
    package var snapshots: [Int64] = []
    /// Files that older snapshots needed and the newest doesn't.
    package var retired: [String] = []
    /// Files that no snapshot knows.
    package var orphans: [String] = []
    package var bytes: UInt64 = 0
}

extension Archive {
    /// Removes snapshots older than a moment, with the files that only they need, and files that nobody knows. What
    /// the archive consisted of then is written into a base first, and a line about each snapshot stays in it.
    package func expire(before cut: Int64, isDryRun: Bool) throws(ArchiveError) -> ExpireReport {
        var result = ExpireReport()
        let count = chain.snapshots.prefix { $0.timestamp < cut }.count
        result.snapshots = chain.snapshots[..<count].map(\.id)
        let kept = Set(
            chain.snapshots[count...].flatMap { snapshot in snapshot.removed.map { snapshot.retired($0.path) } })
        for id in try storage.list(Layout.retired) {
            for name in try storage.list("\(Layout.retired)/\(id)") {
                let path = "\(Layout.retired)/\(id)/\(name)"
                if !kept.contains(path) { result.retired.append(path) }
            }
        }
        result.orphans = try filesInWarehouse().filter { chain.live[$0] == nil && Layout.isPart(Storage.name(of: $0)) }
        result.orphans += try staleMetadata(keeping: chain.snapshots[count...], base: count > 0 ? nil : chain.base)
        for path in result.retired + result.orphans {
            result.bytes += try onDisk { () throws(DiskFailure) in
                try storage.disk.open(storage.full(path), for: .reading).size()
            }
        }
        if !isDryRun { try remove(result, expired: count) }
        return result
    }

    /// Metadata that an earlier expiry, or a commit, left behind when it died.
    private func staleMetadata(
        keeping snapshots: ArraySlice<Snapshot>, base: SnapshotBase?
    ) throws(ArchiveError) -> [String] {
        var known = Set(chain.snapshots.flatMap { [Layout.version($0.sequence), $0.fileName] })
        if let base = chain.base { known.insert(Layout.base(base.sequence)) }
        return try storage.list(Layout.metadata).map { "\(Layout.metadata)/\($0)" }.filter { path in
            let name = Storage.name(of: path)
            let isOurs = ["version-", "snapshot-", "base-"].contains { name.hasPrefix($0) }
            return isOurs && !known.contains(path)
        }
    }

    private func remove(_ result: ExpireReport, expired count: Int) throws(ArchiveError) {
        let old = chain.snapshots[..<count]
        let formerBase = chain.base
        if count > 0 {
            let base = try chain.base(after: count)
            let path = Layout.base(base.sequence)
            try storage.write(base.manifest(), to: path + ".new")
            try storage.rename(path + ".new", to: path)
            // From here on the archive stands on the base, and what is older is needed by nobody.
            try storage.syncDirectory(Layout.metadata)
        }
        for path in result.retired + result.orphans { try storage.remove(path) }
        for id in try storage.list(Layout.retired) where try storage.list("\(Layout.retired)/\(id)").isEmpty {
            try storage.removeDirectory("\(Layout.retired)/\(id)")
        }
        for snapshot in old {
            for path in [snapshot.fileName, Layout.version(snapshot.sequence)] where storage.fileExists(path) {
                try storage.remove(path)
            }
        }
        if count > 0, let formerBase { try storage.remove(Layout.base(formerBase.sequence)) }
        try storage.syncTrees([Layout.metadata, Layout.retired])
        chain = try SnapshotChain.load(storage)
    }
}

extension SnapshotChain {
    /// What the archive consists of after the first snapshots of the chain.
    func base(after count: Int) throws(ArchiveError) -> SnapshotBase {
        let last = snapshots[count - 1]
        var files = Dictionary(uniqueKeysWithValues: (base?.files ?? []).map { ($0.path, $0) })
        for snapshot in snapshots[..<count] {
            for file in snapshot.removed { files[file.path] = nil }
            for file in snapshot.added { files[file.path] = file }
        }
        let expired =
            (base?.expired ?? [])
            + zip(snapshots, hashes).prefix(count).map {
                SnapshotBase.Expired($0.0, hash: $0.1)
            }
        return SnapshotBase(
            tableUUID: last.tableUUID, log: log, sequence: last.sequence, snapshotID: last.id,
            snapshotHash: hashes[count - 1], timestamp: last.timestamp,
            asOf: (snapshots[..<count].compactMap(\.asOf) + [base?.asOf].compactMap { $0 }).max(),
            files: files.values.sorted { $0.path < $1.path }, expired: expired)
    }
}
