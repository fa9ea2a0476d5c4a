internal import HoldfastLog
internal import HoldfastTables

extension Archive {
    /// Writes the rows of files of one partition into new ones, all in one order. The new files have the same rows,
    /// which the sum of their row-set hashes proves; with `erases` some of them without their ref.
    func rewrite(
        _ files: [DataFile], into press: PartPress, erases: ((RowLineParser) -> Bool)? = nil
    ) throws(ArchiveError) -> (rows: Int, erased: Int) {
        var cursors: [RowCursor] = []
        for file in files.sorted(by: { $0.path < $1.path }) {
            let reader = try PartReader(file, at: place(of: file), in: storage, codec: GzipCodec())
            cursors.append(RowCursor(reader))
        }
        let merged = MergedParts(cursors)
        let rows = PartRows(day: files[0].day) { (member) throws(ArchiveError) in try press.take(member) }
        var erased = 0
        while try merged.advance() {
            let row = merged.row!
            let loses = !row.isNull(.ref) && erases?(row) == true
            if loses { erased += 1 }
            try rows.append(row, withoutRef: loses)
        }
        try merged.finish()
        try rows.finish()
        return (rows.rows, erased)
    }

    func press(for files: [DataFile], staging id: Int64, engine: GzipEngine) -> PartPress {
        PartPress(
            storage: storage, staging: Layout.staging(id), database: files[0].database,
            shards: ShardLabel.merged(files.map(\.shards)), engine: engine, identifiers: identifiers.fork())
    }

    /// What was read and what was written are the same set of rows; otherwise nothing may be replaced by it.
    func checkKept(_ old: [DataFile], _ new: [DataFile]) throws(ArchiveError) {
        func sum(_ files: [DataFile]) -> (Int, RowSetHash) {
            files.reduce(into: (0, RowSetHash())) { total, file in
                total.0 += file.facts.rows
                total.1.add(file.facts.setHash)
            }
        }
        guard sum(old) == sum(new) else {
            throw .damaged(
                file: storage.full(old[0].path), found: "its rows could not be written again without a change")
        }
    }
}
