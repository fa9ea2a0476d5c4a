package import HoldfastLog
internal import HoldfastText

/// What the archive consisted of after one of its snapshots, so that this one and those before it can expire. It
/// keeps a line for each of them: what they did stays known.
package struct SnapshotBase: Sendable, Equatable {
    package let tableUUID: String
    package let log: String?
    package let sequence: UInt64
    package let snapshotID: Int64
    package let snapshotHash: Digest
    package let timestamp: Int64
    /// The latest time by which a run counted ages.
    package let asOf: Int64?
    package let files: [DataFile]
    package let expired: [Expired]

    package struct Expired: Sendable, Equatable {
        package let id: Int64
        package let sequence: UInt64
        package let timestamp: Int64
        package let operation: Snapshot.Operation
        package let label: String
        package let addedRows: Int
        package let removedRows: Int
        package let hash: Digest
    }

    func manifest() -> [UInt8] {
        var json = JSONWriter(capacity: 64 << 10)
        json.beginObject()
        json.member("format-version", Snapshot.formatVersion)
        json.member("table-uuid", tableUUID as String?)
        json.member("log-id", log)
        json.member("sequence-number", sequence)
        json.member("snapshot-id", snapshotID)
        json.member("snapshot-sha256", snapshotHash.hexadecimal as String?)
        json.member("timestamp-ms", timestamp)
        json.member("as-of-ms", asOf)
        json.member("expired-snapshots", objects: expired) { snapshot, json in
            json.member("snapshot-id", snapshot.id)
            json.member("sequence-number", snapshot.sequence)
            json.member("timestamp-ms", snapshot.timestamp)
            json.member("operation", snapshot.operation.rawValue as String?)
            json.member("label", snapshot.label as String?)
            json.member("added-records", snapshot.addedRows)
            json.member("deleted-records", snapshot.removedRows)
            json.member("sha256", snapshot.hash.hexadecimal as String?)
        }
        json.member("data-files", objects: files) { $0.writeMembers(to: &$1) }
        json.endObject()
        json.newline()
        return json.withBytes { Array($0) }
    }

    static func load(_ number: UInt64, _ storage: Storage) throws(ArchiveError) -> SnapshotBase {
        let path = Layout.base(number)
        let tree = try SnapshotChain.tree(try storage.read(path), path, storage)
        guard let base = SnapshotBase(tree), base.sequence == number else {
            throw .damaged(file: storage.full(path), found: "it does not have the fields of a base")
        }
        return base
    }

    private init?(_ tree: JSONTree) {
        guard let uuid = tree["table-uuid"]?.string, let sequence = tree["sequence-number"]?.count,
            let id = tree["snapshot-id"]?.integer, let time = tree["timestamp-ms"]?.integer,
            let hash = tree["snapshot-sha256"]?.string.flatMap({ Digest(hexadecimal: $0) }),
            let files = tree["data-files"]?.elements, let expired = tree["expired-snapshots"]?.elements
        else { return nil }
        let read = files.compactMap { DataFile($0) }
        let gone = expired.compactMap { Expired($0) }
        guard read.count == files.count, gone.count == expired.count else { return nil }
        self.init(
            tableUUID: uuid, log: tree["log-id"]?.string, sequence: UInt64(sequence), snapshotID: id,
            snapshotHash: hash, timestamp: time, asOf: tree["as-of-ms"]?.integer, files: read, expired: gone)
    }

    init(
        tableUUID: String, log: String?, sequence: UInt64, snapshotID: Int64, snapshotHash: Digest, timestamp: Int64,
        asOf: Int64?, files: [DataFile], expired: [Expired]
    ) {
        self.tableUUID = tableUUID
        self.log = log
        self.sequence = sequence
        self.snapshotID = snapshotID
        self.snapshotHash = snapshotHash
        self.timestamp = timestamp
        self.asOf = asOf
        self.files = files
        self.expired = expired
    }
}

extension SnapshotBase.Expired {
    package init(_ snapshot: Snapshot, hash: Digest) {
        self.init(
            id: snapshot.id, sequence: snapshot.sequence, timestamp: snapshot.timestamp,
            operation: snapshot.operation, label: snapshot.label, addedRows: snapshot.addedRows,
            removedRows: snapshot.removedRows, hash: hash)
    }

    fileprivate init?(_ tree: JSONTree) {
        guard let id = tree["snapshot-id"]?.integer, let sequence = tree["sequence-number"]?.count,
            let time = tree["timestamp-ms"]?.integer, let label = tree["label"]?.string,
            let operation = tree["operation"]?.string.flatMap(Snapshot.Operation.init(rawValue:)),
            let added = tree["added-records"]?.count, let removed = tree["deleted-records"]?.count,
            let hash = tree["sha256"]?.string.flatMap({ Digest(hexadecimal: $0) })
        else { return nil }
        self.init(
            id: id, sequence: UInt64(sequence), timestamp: time, operation: operation, label: label,
            addedRows: added, removedRows: removed, hash: hash)
    }
}
