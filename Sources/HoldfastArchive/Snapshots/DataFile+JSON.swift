internal import HoldfastLog
internal import HoldfastTables
internal import HoldfastText

// The spelling is Iceberg's where Iceberg has the field.
extension DataFile {
    func writeMembers(to json: inout JSONWriter) {
        let date = day.date
        json.member("file-path", path as String?)
        json.member("file-format", "jsonl.gz")
        json.member("partition") { json in
            json.member("tenant", tenant as String?)
            json.member("database", database as String?)
            json.member("table", Layout.table as String?)
            json.member("year", date.year)
            json.member("month", date.month)
            json.member("day", date.day)
        }
        json.member("record-count", facts.rows)
        json.member("file-size-in-bytes", fileBytes)
        json.member("uncompressed-size-in-bytes", rowsBytes)
        writeBounds(
            "lower-bounds", facts.seq!.lowerBound, facts.position!.lowerBound, facts.createdAt!.lowerBound,
            facts.firstPlayer, &json)
        writeBounds(
            "upper-bounds", facts.seq!.upperBound, facts.position!.upperBound, facts.createdAt!.upperBound,
            facts.lastPlayer, &json)
        writeCounts("value-counts", &json) { _ in facts.rows }
        writeCounts("null-value-counts", &json) { facts.nullCounts[$0.rawValue] }
        json.member("sha256", fileHash.hexadecimal as String?)
        json.member("rows-sha256", rowsHash.hexadecimal as String?)
        json.member("row-set-hash", facts.setHash.hexadecimal as String?)
        json.member("shards", object: shards) { shards, json in
            json.member("of", shards.count)
            json.member("numbers", integers: shards.numbers.sorted())
        }
        json.member("split-offsets", integers: splits.map(\.offset))
        json.member("split-first-players", texts: splits.map(\.firstPlayer))
    }

    private func writeBounds(
        _ name: StaticString, _ seq: UInt64, _ position: UInt64, _ createdAt: Int64, _ player: [UInt8],
        _ json: inout JSONWriter
    ) {
        json.member(name) { json in
            json.key("player_id")
            json.string(player.span)
            json.member("seq", seq)
            json.member("position", position)
            json.member("created_at", createdAt)
        }
    }

    private func writeCounts(_ name: StaticString, _ json: inout JSONWriter, _ count: (RowColumn) -> Int) {
        json.member(name, counts: RowColumn.allCases.map { ($0.name, count($0)) })
    }

    /// Nil where something is missing or of the wrong type.
    init?(_ tree: JSONTree) {
        guard let path = tree["file-path"]?.string, !path.contains(".."), let partition = tree["partition"],
            let tenant = partition["tenant"]?.string, let database = partition["database"]?.string,
            let year = partition["year"]?.integer, let month = partition["month"]?.integer,
            let date = partition["day"]?.integer, let day = Day(year: year, month: month, day: date),
            path.hasPrefix(Layout.partition(tenant: tenant, database: database, day: day) + "/"),
            let size = tree["file-size-in-bytes"]?.count, let rowsBytes = tree["uncompressed-size-in-bytes"]?.count,
            let fileHash = tree["sha256"]?.string.flatMap({ Digest(hexadecimal: $0) }),
            let rowsHash = tree["rows-sha256"]?.string.flatMap({ Digest(hexadecimal: $0) }),
            let facts = RowFacts(tree), let offsets = tree["split-offsets"]?.elements,
            let players = tree["split-first-players"]?.elements, offsets.count == players.count
        else { return nil }
        var splits: [Split] = []
        for (offset, player) in zip(offsets, players) {
            guard let offset = offset.count, let player = player.string else { return nil }
            splits.append(Split(offset: UInt64(offset), firstPlayer: player))
        }
        self.init(
            path: path, tenant: tenant, database: database, day: day, shards: tree["shards"].flatMap(ShardLabel.init),
            facts: facts, fileBytes: UInt64(size), rowsBytes: rowsBytes, fileHash: fileHash, rowsHash: rowsHash,
            splits: splits)
    }
}

extension ShardLabel {
    init?(_ tree: JSONTree) {
        guard let count = tree["of"]?.count, count > 0, let numbers = tree["numbers"]?.elements else { return nil }
        self.init(Set(numbers.compactMap(\.count)), of: count)
    }
}

extension RowFacts {
    init?(_ file: JSONTree) {
        guard let rows = file["record-count"]?.count, rows > 0, let lower = file["lower-bounds"],
            let upper = file["upper-bounds"], let nulls = file["null-value-counts"],
            let hash = file["row-set-hash"]?.string.flatMap({ RowSetHash(hexadecimal: $0) }),
            let first = lower["player_id"]?.string, let last = upper["player_id"]?.string
        else { return nil }
        self.init()
        func range(_ column: RowColumn) -> ClosedRange<Int64>? {
            guard let from = lower[column.name]?.integer, let to = upper[column.name]?.integer, from <= to else {
                return nil
            }
            return from...to
        }
        func unsigned(_ column: RowColumn) -> ClosedRange<UInt64>? {
            guard let range = range(column), range.lowerBound >= 0 else { return nil }
            return UInt64(range.lowerBound)...UInt64(range.upperBound)
        }
        guard let seq = unsigned(.seq), let position = unsigned(.position), let createdAt = range(.createdAt) else {
            return nil
        }
        for column in RowColumn.allCases {
            guard let count = nulls[column.name]?.count else { return nil }
            nullCounts[column.rawValue] = count
        }
        self.rows = rows
        self.seq = seq
        self.position = position
        self.createdAt = createdAt
        firstPlayer = Array(first.utf8)
        lastPlayer = Array(last.utf8)
        setHash = hash
    }
}

extension JSONTree {
    /// A whole number that counts something.
    var count: Int? { integer.flatMap { $0 >= 0 ? Int($0) : nil } }
}
