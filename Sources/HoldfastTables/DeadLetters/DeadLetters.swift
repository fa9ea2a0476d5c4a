internal import HoldfastLog

/// Events that could not be projected, kept in their shard until someone has settled them.
enum DeadLetters {
    /// Inside a transaction. The record is kept whole: the letter can be retried without the log.
    static func bury(
        _ entry: PlacedEntry, _ error: TablesError, attempts: Int, in shard: ShardFile
    ) throws(TablesError) {
        let record = entry.record
        let key = record.key
        let slash = key.firstIndex(of: UInt8(ascii: "/")) ?? 0
        let statement = try shard.database.prepare(
            """
            INSERT INTO dead_letters(position, tenant_id, player_id, seq, error, attempts, failed_at, lane, address,
              undone_movement, record)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT(position) DO UPDATE SET error = excluded.error, attempts = attempts + excluded.attempts,
              failed_at = excluded.failed_at
            """)
        statement.bind(1, Int64(record.position))
            .bind(2, String(decoding: key[..<slash], as: UTF8.self))
            .bind(3, String(decoding: key.dropFirst(slash + 1), as: UTF8.self))
            .bind(4, Int64(record.revision)).bind(5, error.description).bind(6, Int64(attempts))
            .bind(7, wallClock()).bind(8, Int64(entry.lane)).bind(9, Int64(bitPattern: entry.address))
            .bind(10, Int64(entry.undoneMovement))
            .bind(11, blob: UnsafeRawBufferPointer(start: record.base, count: record.size))
        try statement.run()
    }
}
