/// The table of one day: `entries_20251121`. Its rows are numbered in the order of the log, so that inserting is an
/// append; expiring a day is a DROP.
package enum DayTable {
    /// The columns of a day's table. `entries_…` are bound and read in this order.
    static let columns = [
        "id", "player", "seq", "event", "asset", "amount", "balance_delta", "held_delta", "balance_after",
        "held_after", "request_id", "target", "kind", "ref", "error", "created_at",
    ]

    package static func create(_ day: Day) -> String {
        """
        CREATE TABLE \(day.tableName)(
          id INTEGER PRIMARY KEY,
          player INTEGER NOT NULL,
          seq INTEGER NOT NULL,
          event INTEGER NOT NULL,
          asset INTEGER,
          amount INTEGER,
          balance_delta INTEGER,
          held_delta INTEGER,
          balance_after INTEGER,
          held_after INTEGER,
          request_id TEXT,
          target TEXT,
          kind INTEGER,
          ref TEXT,
          error INTEGER,
          created_at INTEGER NOT NULL
        ) STRICT
        """
    }

    /// A player's rows of the day. The rows' ids stand in it anyway, so their order within an event is kept too.
    package static func createIndex(_ day: Day) -> String {
        "CREATE INDEX \(day.tableName)_by_player ON \(day.tableName)(player, seq)"
    }

    package static func insert(_ day: Day) -> String {
        let places = columns.map { _ in "?" }.joined(separator: ", ")
        return "INSERT INTO \(day.tableName) VALUES (\(places))"
    }

    /// Puts in all that `EntryFeed` shows. A row that does not fit ends it without undoing those before it: the whole
    /// transaction is rolled back anyway, and so SQLite keeps no copy of the pages for this statement alone.
    static func insertPending(_ day: Day) -> String {
        "INSERT OR FAIL INTO \(day.tableName) SELECT * FROM \(EntryFeed.table)"
    }

    static func drop(_ day: Day) -> String { "DROP TABLE \(day.tableName)" }
}

/// A row's number: its event's position, and which of the event's rows it is.
package enum EntryID {
    @inline(__always)
    package static func of(position: UInt64, part: Int64) -> Int64 { Int64(position) << 1 | part }
    package static func position(_ id: Int64) -> UInt64 { UInt64(id) >> 1 }
}
