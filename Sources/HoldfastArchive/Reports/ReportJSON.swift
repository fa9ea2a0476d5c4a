package import HoldfastText

// What the verbs print: one JSON object each.

extension RunReport {
    package func json(isDryRun: Bool) -> JSONWriter {
        JSONWriter.line { json in
            json.member("dry_run", isDryRun)
            json.member("moved_records", movedRows)
            json.member("deleted_records", droppedRows)
            json.member("moved", objects: moved) { move, json in
                json.member("shard", move.shelf as String?)
                json.member("days", texts: move.days)
                json.member("records", move.rows)
                json.member("found", move.found)
                json.member("files", move.files)
                json.member("bytes", move.bytes)
                json.member("snapshot_id", move.snapshot)
            }
            json.member("deleted", objects: dropped) { drop, json in
                json.member("shard", drop.shelf as String?)
                json.member("day", drop.day as String?)
                json.member("records", drop.rows)
                json.member("receipt", drop.receipt)
            }
            json.member("recovered", texts: recovered)
            json.member("problems", texts: problems)
        }
    }
}

extension CompactReport {
    package func json(isDryRun: Bool) -> JSONWriter {
        JSONWriter.line { json in
            json.member("dry_run", isDryRun)
            json.member("partitions", partitions)
            json.member("records", rows)
            json.member("files_before", filesBefore)
            json.member("files_after", filesAfter)
            json.member("bytes_before", bytesBefore)
            json.member("bytes_after", bytesAfter)
            json.member("snapshot_ids", integers: snapshots)
        }
    }
}

extension RestoreReport {
    package var json: JSONWriter {
        JSONWriter.line { json in
            json.member("snapshot_id", snapshot)
            json.member("days", days)
            json.member("restored", restored)
            json.member("found", found)
        }
    }
}

extension EraseReport {
    package var json: JSONWriter {
        JSONWriter.line { json in
            json.member("erased_records", rows)
            json.member("files", files)
            json.member("snapshot_id", snapshot)
        }
    }
}

extension ExpireReport {
    package func json(isDryRun: Bool) -> JSONWriter {
        JSONWriter.line { json in
            json.member("dry_run", isDryRun)
            json.member("snapshot_ids", integers: snapshots)
            json.member("retired_files", texts: retired)
            json.member("orphans", texts: orphans)
            json.member("bytes", bytes)
        }
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
