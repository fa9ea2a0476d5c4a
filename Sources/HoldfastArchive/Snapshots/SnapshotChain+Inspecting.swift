internal import HoldfastLog

// Reading a chain of snapshots of which some can't be read, for those who list what is wrong.
extension SnapshotChain {
    /// All that can be read of the chain, and what is wrong with the rest. Where a version is gone, the manifest's other
    /// name may still have it; a snapshot behind one that neither has is taken at its word.
    static func inspect(_ storage: Storage) throws(ArchiveError) -> (chain: SnapshotChain, faults: [ArchiveError]) {
        let names = try storage.list(Layout.metadata)
        var chain = SnapshotChain()
        var faults: [ArchiveError] = []
        // Whether the snapshot before the next one is in the chain.
        var isLinked = true
        if let newest = names.compactMap({ Layout.number(of: $0, prefix: "base-") }).max() {
            do throws(ArchiveError) {
                chain = SnapshotChain(base: try SnapshotBase.load(newest, storage))
            } catch {
                faults.append(error)
                isLinked = false
            }
        }
        let known = chain.newestSequence
        let copies = copies(names, storage, &faults)
        let versions = Set(names.compactMap { Layout.number(of: $0, prefix: "version-") })
        for version in versions.union(copies.keys).sorted() where version > known {
            let path = Layout.version(version)
            if isLinked, version != chain.newestSequence + 1 {
                let missing = storage.full(Layout.version(chain.newestSequence + 1))
                faults.append(.missing(file: missing, neededBy: storage.full(path)))
                isLinked = false
            }
            var found = copies[version]
            do throws(ArchiveError) {
                if let copy = found, !versions.contains(version) {
                    throw .missing(file: storage.full(path), neededBy: storage.full(copy.snapshot.fileName))
                }
                found = try read(path, storage)
            } catch {
                faults.append(error)
            }
            guard let (snapshot, hash) = found else {
                isLinked = false
                continue
            }
            if !isLinked {
                chain.appendUnvouched(snapshot, hash: hash)
            } else if let problem = chain.append(snapshot, hash: hash) {
                faults.append(.damaged(file: storage.full(path), found: problem))
                chain.appendUnvouched(snapshot, hash: hash)
            }
            isLinked = true
        }
        return (chain, faults)
    }

    /// Manifests by the versions that they are, read under their names for people.
    private static func copies(
        _ names: [String], _ storage: Storage, _ faults: inout [ArchiveError]
    ) -> [UInt64: (snapshot: Snapshot, hash: Digest)] {
        var copies: [UInt64: (snapshot: Snapshot, hash: Digest)] = [:]
        for name in names where name.hasPrefix("snapshot-") && name.hasSuffix(".json") {
            do throws(ArchiveError) {
                let (snapshot, hash) = try read("\(Layout.metadata)/\(name)", storage)
                copies[snapshot.sequence] = (snapshot, hash)
            } catch {
                faults.append(error)
            }
        }
        return copies
    }
}
