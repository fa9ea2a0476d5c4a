/// What a shard has of a day.
package struct DayState: Equatable, Sendable {
    /// In the day's table, which is there exactly while this isn't 0.
    package var rows: Int64 = 0
    /// Of these, those that the archive has.
    package var archivedRows: Int64 = 0
    /// The highest row number that the archive has. Events come in the order of their positions, so a row that came
    /// later, an expiry after a long outage for example, has a higher one.
    package var archivedThrough: Int64 = 0
    /// Rows that were archived and dropped.
    package var droppedRows: Int64 = 0
    package var archivedAt: Int64?
    /// What the archive left as proof, in its own words.
    package var receipt: String?

    package var unarchivedRows: Int64 { rows - archivedRows }
}

/// The days' tables and the views over them. All of it runs inside the caller's transaction.
extension ShardFile {
    func loadDays() throws(TablesError) {
        days.removeAll()
        let statement = try database.prepare(
            """
            SELECT day, rows, archived_rows, archived_through, dropped_rows, archived_at, receipt FROM days
            """)
        try statement.forEachRow { row throws(TablesError) in
            days[Day(number: row.integer(0))] = DayState(
                rows: row.integer(1), archivedRows: row.integer(2), archivedThrough: row.integer(3),
                droppedRows: row.integer(4), archivedAt: row.integerIfAny(5), receipt: row.textIfAny(6))
        }
    }

    func storeDay(_ day: Day, _ state: DayState) throws(TablesError) {
        let statement = try database.prepare(
            """
            INSERT INTO days(day, rows, archived_rows, archived_through, dropped_rows, archived_at, receipt)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT(day) DO UPDATE SET rows = excluded.rows, archived_rows = excluded.archived_rows,
              archived_through = excluded.archived_through, dropped_rows = excluded.dropped_rows,
              archived_at = excluded.archived_at, receipt = excluded.receipt
            """)
        statement.bind(1, day.number).bind(2, state.rows).bind(3, state.archivedRows).bind(4, state.archivedThrough)
            .bind(5, state.droppedRows).bind(6, state.archivedAt)
        if let receipt = state.receipt { statement.bind(7, receipt) } else { statement.bindNull(7) }
        try statement.run()
        days[day] = state
    }

    /// Counts rows that were added: what others say of the day stays as it is.
    func addRows(_ day: Day, present: Int64, omitted: Int64) throws(TablesError) {
        let statement = try database.prepare(
            """
            INSERT INTO days(day, rows, dropped_rows) VALUES (?, ?, ?)
            ON CONFLICT(day) DO UPDATE SET rows = rows + excluded.rows,
              dropped_rows = dropped_rows + excluded.dropped_rows
            """)
        try statement.bind(1, day.number).bind(2, present).bind(3, omitted).run()
        days[day, default: DayState()].rows += present
        days[day, default: DayState()].droppedRows += omitted
    }

    /// The days that have a table, in order.
    package var presentDays: [Day] { days.filter { $0.value.rows > 0 }.keys.sorted() }

    /// Makes the views show the days as they are now.
    func remakeViews() throws(TablesError) {
        let arms = presentDays.map { EntriesView.Arm(day: $0, archivedThrough: days[$0]!.archivedThrough) }
        let groups = try database.integer(
            "SELECT count(*) FROM sqlite_master WHERE type = 'view' AND name GLOB 'entry_rows_[0-9]*'")
        for statement in EntriesView.statements(arms, groupsBefore: Int(groups ?? 0)) { try database.run(statement) }
    }
}
