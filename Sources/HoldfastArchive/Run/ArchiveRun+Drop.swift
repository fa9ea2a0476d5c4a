internal import HoldfastLog
internal import HoldfastTables
internal import HoldfastText
internal import HoldfastWallet

extension ArchiveRun {
    /// Drops a day from a shard, after every row to go was found in files that are, here and now, those of their
    /// manifests. What was found is written down first.
    func drop(_ day: ShelfDay, from shelf: any RowShelf) throws(ArchiveError) {
        let files = archive.chain.files(of: day.day, sharing: shelf.label)
        let archived = try ArchivedRows(
            files, of: archive, codec: GzipCodec(), place: "\(shelf.name), \(day.day)")
        let hasher = RowSetHasher()
        let line = LineOfRow()
        let rows = try shelf.forEachRow(of: day.day, notYetArchived: false) { (row) throws(ArchiveError) in
            guard try archived.contains(row) else {
                throw .invalid(
                    argument: "event \(row.seq) of player \(String(decoding: row.playerID, as: UTF8.self)) of "
                        + String(decoding: row.tenantID, as: UTF8.self),
                    reason: "it is marked as archived and lies in no file; `holdfast archive verify` says more")
            }
            line.with(row) { hasher.add($0, ref: $1) }
        }
        try archived.finish()
        guard rows == day.rows else {
            throw .shelf(shelf.name, reason: "\(day.day) had \(day.rows) rows, \(rows) were read; run it again")
        }
        let receipt = try writeReceipt(day, rows: rows, setHash: hasher.take(), files: files, shelf)
        try shelf.drop(day.day)
        result.dropped.append(
            RunReport.Drop(shelf: shelf.name, day: day.day.description, rows: rows, receipt: receipt))
    }

    private func writeReceipt(
        _ day: ShelfDay, rows: Int, setHash: RowSetHash, files: [DataFile], _ shelf: any RowShelf
    ) throws(ArchiveError) -> String {
        let json = JSONWriter.line { json in
            json.member("format-version", Snapshot.formatVersion)
            json.member("operation", "delete")
            json.member("timestamp-ms", options.now)
            json.member("shard", shelf.name as String?)
            json.member("of-shards", shelf.label.count)
            json.member("day", day.day.description as String?)
            json.member("deleted-records", rows)
            json.member("row-set-hash", setHash.hexadecimal as String?)
            json.member("snapshot-id", archive.chain.newestID)
            json.member("found-in", objects: files) { file, json in
                json.member("file-path", file.path as String?)
                json.member("record-count", file.facts.rows)
                json.member("sha256", file.fileHash.hexadecimal as String?)
            }
        }
        let path = "\(Layout.receipts)/deleted-\(day.day)-\(shelf.name)-of-\(shelf.label.count)-\(options.now).json"
        let bytes = json.withBytes { Array($0) }
        // The name is there whole or not at all: a run that died is answered by another receipt of the next.
        try archive.storage.write(bytes, to: path + ".new")
        try archive.storage.rename(path + ".new", to: path)
        try archive.storage.syncDirectory(Layout.receipts)
        return path
    }
}
