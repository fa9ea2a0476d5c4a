/// A row as it lies in the archive.
package struct ArchivedRow: Sendable, Equatable {
    package let seq: UInt64
    package let half: UInt8
    package let position: UInt64
    package let createdAt: Int64
    /// One JSON object, without the line end.
    package let line: [UInt8]
}

extension Archive {
    /// A player's rows, oldest first. Of each file that may hold some, only the members in question are read: that
    /// takes milliseconds where reading the file would take seconds.
    package func history(
        tenant: String, player: String, from first: UInt64 = 1, limit: Int = .max
    ) throws(ArchiveError) -> [ArchivedRow] {
        let files = chain.live.values.filter {
            $0.tenant == tenant && $0.mayHold(player) && $0.facts.seq!.upperBound >= first
        }
        let codec = GzipCodec()
        var rows: [ArchivedRow] = []
        for file in files.sorted(by: { ($0.facts.seq!.lowerBound, $0.path) < ($1.facts.seq!.lowerBound, $1.path) }) {
            rows += try history(player, in: file, at: place(of: file), codec).filter { $0.seq >= first }
        }
        rows.sort { ($0.seq, $0.half) < ($1.seq, $1.half) }
        return Array(rows.prefix(limit))
    }

    func history(
        _ player: String, in file: DataFile, at path: String, _ codec: GzipCodec
    ) throws(ArchiveError) -> [ArchivedRow] {
        let id = Array(player.utf8)
        let reader = try PartReader(file, at: path, in: storage, codec: codec)
        reader.seek(toMember: file.firstMember(of: id))
        let cursor = RowCursor(reader)
        var rows: [ArchivedRow] = []
        while try cursor.advance() {
            let order = id.withUnsafeBytes { comparePlayers(cursor.row.player, $0) }
            if order > 0 { break }
            guard order == 0 else { continue }
            let row = cursor.row
            rows.append(
                ArchivedRow(
                    seq: row.seq, half: row.half, position: row.position, createdAt: row.createdAt,
                    line: Array(row.line)))
        }
        return rows
    }
}

extension DataFile {
    /// The member in which a player's rows begin, if they are there: the last one that begins with an earlier player,
    /// because a player may begin in the middle of it.
    func firstMember(of player: [UInt8]) -> Int {
        var low = 0
        var high = splits.count
        while low < high {
            let middle = (low + high) / 2
            if comparePlayers(Array(splits[middle].firstPlayer.utf8), player) < 0 {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return max(0, low - 1)
    }
}
