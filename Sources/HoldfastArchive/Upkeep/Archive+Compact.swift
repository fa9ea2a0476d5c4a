/// What a merge of small files did.
package struct CompactReport: Sendable, Equatable {
    package var partitions = 0
    package var filesBefore = 0
    package var filesAfter = 0
    package var rows = 0
    package var bytesBefore: UInt64 = 0
    package var bytesAfter: UInt64 = 0
    package var snapshots: [Int64] = []
}

extension Archive {
    /// Merges the small files of each partition, as new snapshots. Files of at least `smallBytes` stay.
    package func compact(
        at now: Int64, smallBytes: UInt64 = 64 << 20, engine: GzipEngine = .best, isDryRun: Bool = false,
        snapshotBytesMax: Int = ArchiveLimits.snapshotBytesMax, report: (_ rows: Int) -> Void = { _ in }
    ) throws(ArchiveError) -> CompactReport {
        var result = CompactReport()
        let small = chain.live.values.filter { $0.fileBytes < smallBytes }
        let partitions = Dictionary(grouping: small) { Storage.directory(of: $0.path) }
        var id: Int64?
        var added: [DataFile] = []
        var removed: [DataFile] = []
        for (_, files) in partitions.sorted(by: { $0.key < $1.key }) where files.count > 1 {
            result.partitions += 1
            result.filesBefore += files.count
            result.bytesBefore += files.reduce(0) { $0 + $1.fileBytes }
            if isDryRun { continue }
            let staging: Int64
            if let id { staging = id } else { staging = try beginSnapshot() }
            id = staging
            let press = press(for: files, staging: staging, engine: engine)
            result.rows += try rewrite(files, into: press).rows
            let new = try press.finish()
            try checkKept(files, new)
            added += new
            removed += files
            report(result.rows)
            if added.reduce(0, { $0 + $1.fileBytes }) >= UInt64(snapshotBytesMax) {
                try commit(added, removed, staging, now, &result)
                (id, added, removed) = (nil, [], [])
            }
        }
        if let id { try commit(added, removed, id, now, &result) }
        return result
    }

    private func commit(
        _ added: [DataFile], _ removed: [DataFile], _ id: Int64, _ now: Int64, _ result: inout CompactReport
    ) throws(ArchiveError) {
        try commit(
            SnapshotDraft(id: id, operation: .replace, label: "compact", added: added, removed: removed), at: now)
        result.filesAfter += added.count
        result.bytesAfter += added.reduce(0) { $0 + $1.fileBytes }
        result.snapshots.append(id)
    }
}
