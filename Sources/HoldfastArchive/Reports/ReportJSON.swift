package import HoldfastText

// What the verbs print: one JSON object each.

extension RunReport {
    package func json(isDryRun: Bool) -> JSONWriter {
        var json = JSONWriter()
        json.beginObject()
        json.member("dry_run", isDryRun)
        json.member("moved_records", movedRows)
        json.member("deleted_records", droppedRows)
        json.key("moved")
        json.beginArray()
        for move in moved {
            json.beginObject()
            json.member("shard", move.shelf as String?)
            json.key("days")
            json.texts(move.days)
            json.member("records", move.rows)
            json.member("found", move.found)
            json.member("files", move.files)
            json.member("bytes", move.bytes)
            json.member("snapshot_id", move.snapshot)
            json.endObject()
        }
        json.endArray()
        json.key("deleted")
        json.beginArray()
        for drop in dropped {
            json.beginObject()
            json.member("shard", drop.shelf as String?)
            json.member("day", drop.day as String?)
            json.member("records", drop.rows)
            json.member("receipt", drop.receipt)
            json.endObject()
        }
        json.endArray()
        json.key("recovered")
        json.texts(recovered)
        json.key("problems")
        json.texts(problems)
        json.endObject()
        json.newline()
        return json
    }
}

extension CompactReport {
    package func json(isDryRun: Bool) -> JSONWriter {
        var json = JSONWriter()
        json.beginObject()
        json.member("dry_run", isDryRun)
        json.member("partitions", partitions)
        json.member("records", rows)
        json.member("files_before", filesBefore)
        json.member("files_after", filesAfter)
        json.member("bytes_before", bytesBefore)
        json.member("bytes_after", bytesAfter)
        json.key("snapshot_ids")
        json.beginArray()
        for id in snapshots { json.integer(id) }
        json.endArray()
        json.endObject()
        json.newline()
        return json
    }
}

extension RestoreReport {
    package var json: JSONWriter {
        var json = JSONWriter()
        json.beginObject()
        json.member("snapshot_id", snapshot)
        json.member("days", days)
        json.member("restored", restored)
        json.member("found", found)
        json.endObject()
        json.newline()
        return json
    }
}

extension EraseReport {
    package var json: JSONWriter {
        var json = JSONWriter()
        json.beginObject()
        json.member("erased_records", rows)
        json.member("files", files)
        json.member("snapshot_id", snapshot)
        json.endObject()
        json.newline()
        return json
    }
}

extension ExpireReport {
    package func json(isDryRun: Bool) -> JSONWriter {
        var json = JSONWriter()
        json.beginObject()
        json.member("dry_run", isDryRun)
        json.key("snapshot_ids")
        json.beginArray()
        for id in snapshots { json.integer(id) }
        json.endArray()
        json.key("retired_files")
        json.texts(retired)
        json.key("orphans")
        json.texts(orphans)
        json.member("bytes", bytes)
        json.endObject()
        json.newline()
        return json
    }
}

extension SnapshotChain {
    /// One line a snapshot, the oldest first, those that have expired too.
    package var json: JSONWriter {
        var json = JSONWriter()
        for old in base?.expired ?? [] {
            Self.line(
                old.id, old.sequence, old.timestamp, old.operation, old.label, old.addedRows, old.removedRows, nil,
                isExpired: true, &json)
        }
        for snapshot in snapshots {
            Self.line(
                snapshot.id, snapshot.sequence, snapshot.timestamp, snapshot.operation, snapshot.label,
                snapshot.addedRows, snapshot.removedRows, snapshot.fileName, isExpired: false, &json)
        }
        return json
    }

    private static func line(
        _ id: Int64, _ sequence: UInt64, _ time: Int64, _ operation: Snapshot.Operation, _ label: String, _ added: Int,
        _ removed: Int, _ file: String?, isExpired: Bool, _ json: inout JSONWriter
    ) {
        json.beginObject()
        json.member("snapshot_id", id)
        json.member("sequence_number", sequence)
        json.member("timestamp_ms", time)
        json.member("operation", operation.rawValue as String?)
        json.member("label", label as String?)
        json.member("added_records", added)
        json.member("deleted_records", removed)
        json.member("manifest", file)
        json.member("expired", isExpired)
        json.endObject()
        json.newline()
    }
}

extension JSONWriter {
    fileprivate mutating func texts(_ texts: [String]) {
        beginArray()
        for text in texts { string(text as String) }
        endArray()
    }
}
