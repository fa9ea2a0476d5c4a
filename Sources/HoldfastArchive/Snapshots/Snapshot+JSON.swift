internal import HoldfastLog
internal import HoldfastText
internal import HoldfastWallet

extension Snapshot {
    /// The manifest. `totals` are those of the archive after it.
    func manifest(totalFiles: Int, totalRows: Int, totalBytes: UInt64) -> [UInt8] {
        var json = JSONWriter(capacity: 64 << 10)
        json.beginObject()
        json.member("format-version", Self.formatVersion)
        json.member("table-uuid", tableUUID as String?)
        json.member("snapshot-id", id)
        json.member("parent-snapshot-id", parentID)
        json.member("parent-sha256", parentHash?.hexadecimal as String?)
        json.member("sequence-number", sequence)
        json.member("timestamp-ms", timestamp)
        json.member("as-of-ms", asOf)
        json.member("label", label as String?)
        ArchiveSchema.write(to: &json)
        writeSummary(totalFiles, totalRows, totalBytes, &json)
        writeLog(&json)
        json.member("added-data-files", objects: added) { $0.writeMembers(to: &$1) }
        json.member("deleted-data-files", objects: removed) { file, json in
            json.member("file-path", file.path as String?)
            json.member("record-count", file.rows)
            json.member("file-size-in-bytes", file.fileBytes)
            json.member("row-set-hash", file.setHash.hexadecimal as String?)
        }
        json.endObject()
        json.newline()
        return json.withBytes { Array($0) }
    }

    /// Iceberg writes the figures of a summary as texts.
    private func writeSummary(_ files: Int, _ rows: Int, _ bytes: UInt64, _ json: inout JSONWriter) {
        json.member("summary") { json in
            json.member("operation", operation.rawValue as String?)
            json.member("added-data-files", "\(added.count)" as String?)
            json.member("deleted-data-files", "\(removed.count)" as String?)
            json.member("added-records", "\(addedRows)" as String?)
            json.member("deleted-records", "\(removedRows)" as String?)
            json.member("added-files-size", "\(addedBytes)" as String?)
            json.member("total-data-files", "\(files)" as String?)
            json.member("total-records", "\(rows)" as String?)
            json.member("total-files-size", "\(bytes)" as String?)
            if let erasure {
                json.member("erased-column", "ref")
                json.member("erased-tenant", erasure.tenant as String?)
                json.member("erased-player", erasure.player)
                json.member("erased-records", "\(erasure.rows)" as String?)
            }
        }
    }

    private func writeLog(_ json: inout JSONWriter) {
        json.member("log", object: log) { log, json in
            json.member("log-id", log.log as String?)
            json.member("last-position", log.lastPosition)
            json.member("lanes", objects: log.lanes) { lane, json in
                json.member("lane", lane.lane)
                json.member("address", lane.address)
                json.member("chain-sha256", lane.chain.hexadecimal as String?)
                json.key("sealed-segment")
                lane.sealed?.write(to: &json) ?? json.null()
            }
        }
    }

    /// Nil where something is missing or of the wrong type.
    init?(_ tree: JSONTree) {
        guard let uuid = tree["table-uuid"]?.string, let id = tree["snapshot-id"]?.integer, id > 0,
            let sequence = tree["sequence-number"]?.count, sequence > 0, let time = tree["timestamp-ms"]?.integer,
            let label = tree["label"]?.string, let summary = tree["summary"],
            let operation = summary["operation"]?.string.flatMap(Operation.init(rawValue:)),
            let added = tree["added-data-files"]?.elements, let removed = tree["deleted-data-files"]?.elements
        else { return nil }
        let files = added.compactMap { DataFile($0) }
        let gone = removed.compactMap { RemovedFile($0) }
        guard files.count == added.count, gone.count == removed.count else { return nil }
        self.init(
            tableUUID: uuid, id: id, parentID: tree["parent-snapshot-id"]?.integer,
            parentHash: tree["parent-sha256"]?.string.flatMap { Digest(hexadecimal: $0) },
            sequence: UInt64(sequence), timestamp: time, asOf: tree["as-of-ms"]?.integer, operation: operation,
            label: label, added: files,
            removed: gone, log: tree["log"].flatMap(LogCover.init),
            erasure: Erasure(summary))
    }
}

extension Snapshot.RemovedFile {
    fileprivate init?(_ tree: JSONTree) {
        guard let path = tree["file-path"]?.string, !path.contains(".."), let rows = tree["record-count"]?.count,
            let size = tree["file-size-in-bytes"]?.count,
            let hash = tree["row-set-hash"]?.string.flatMap({ RowSetHash(hexadecimal: $0) })
        else { return nil }
        self.init(path: path, rows: rows, fileBytes: UInt64(size), setHash: hash)
    }
}

extension Snapshot.LogCover {
    fileprivate init?(_ tree: JSONTree) {
        guard let log = tree["log-id"]?.string, let position = tree["last-position"]?.count,
            let lanes = tree["lanes"]?.elements
        else { return nil }
        self.init(
            log: log, lastPosition: UInt64(position),
            lanes: lanes.compactMap { entry in
                guard let lane = entry["lane"]?.count, let address = entry["address"]?.count,
                    let chain = entry["chain-sha256"]?.string.flatMap({ Digest(hexadecimal: $0) })
                else { return nil }
                return Lane(
                    lane: lane, address: UInt64(address), chain: chain,
                    sealed: entry["sealed-segment"].flatMap(Snapshot.LogCover.Sealed.init))
            })
    }
}

extension Snapshot.LogCover.Sealed {
    fileprivate func write(to json: inout JSONWriter) {
        json.beginObject()
        json.member("number", number)
        json.member("first-position", firstPosition)
        json.member("event-count", events)
        json.member("root-sha256", root.hexadecimal as String?)
        json.member("chained-sha256", chained.hexadecimal as String?)
        json.endObject()
    }

    fileprivate init?(_ tree: JSONTree) {
        guard let number = tree["number"]?.count, let first = tree["first-position"]?.count,
            let events = tree["event-count"]?.count,
            let root = tree["root-sha256"]?.string.flatMap({ Digest(hexadecimal: $0) }),
            let chained = tree["chained-sha256"]?.string.flatMap({ Digest(hexadecimal: $0) })
        else { return nil }
        self.init(
            number: UInt64(number), firstPosition: UInt64(first), events: UInt64(events), root: root, chained: chained)
    }
}

extension Snapshot.Erasure {
    fileprivate init?(_ summary: JSONTree) {
        guard let tenant = summary["erased-tenant"]?.string,
            let rows = summary["erased-records"]?.string.flatMap({ Int($0) })
        else { return nil }
        self.init(tenant: tenant, player: summary["erased-player"]?.string, rows: rows)
    }
}

/// The columns of a row and the partition, as Iceberg describes a table.
enum ArchiveSchema {
    private static func type(_ column: RowColumn) -> StaticString {
        switch column {
        case .seq, .position, .amount, .balanceDelta, .heldDelta, .balanceAfter, .heldAfter, .createdAt: "long"
        case .tenantID, .playerID, .event, .asset, .requestID, .target, .kind, .ref, .error: "string"
        }
    }

    private static func isRequired(_ column: RowColumn) -> Bool {
        switch column {
        case .tenantID, .playerID, .seq, .position, .event, .createdAt: true
        default: false
        }
    }

    static func write(to json: inout JSONWriter) {
        json.member("schema") { json in
            json.member("type", "struct")
            json.member("schema-id", 0)
            json.member("fields", objects: RowColumn.allCases) { column, json in
                json.member("id", column.rawValue + 1)
                json.member("name", column.name as String?)
                json.member("required", isRequired(column))
                json.member("type", type(column))
            }
        }
        json.member("partition-spec") { json in
            json.member("spec-id", 0)
            json.key("fields")
            json.beginArray()
            // Database and table are the same for every row of a ledger and come from no column.
            partition("tenant", 1000, "identity", .tenantID, &json)
            partition("database", 1001, "void", nil, &json)
            partition("table", 1002, "void", nil, &json)
            partition("year", 1003, "year", .createdAt, &json)
            partition("month", 1004, "month", .createdAt, &json)
            partition("day", 1005, "day", .createdAt, &json)
            json.endArray()
        }
        json.member("sort-order") { json in
            json.member("order-id", 1)
            json.member("fields", objects: [RowColumn.playerID, .seq]) { column, json in
                json.member("transform", "identity")
                json.member("source-id", column.rawValue + 1)
                json.member("direction", "asc")
            }
        }
    }

    private static func partition(
        _ name: StaticString, _ id: Int, _ transform: StaticString, _ source: RowColumn?, _ json: inout JSONWriter
    ) {
        json.beginObject()
        json.member("field-id", id)
        json.member("name", name)
        json.member("transform", transform)
        json.member("source-id", source.map { $0.rawValue + 1 })
        json.endObject()
    }
}
