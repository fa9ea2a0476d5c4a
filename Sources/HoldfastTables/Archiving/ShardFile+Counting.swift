extension ShardFile {
    /// What `gatherEntries(of:notYetArchived:)` would read of a day, for a caller that has the rows from elsewhere.
    package func countUnarchived(of day: Day) throws(TablesError) -> ReadRows {
        let state = try state(of: day)
        guard state.rows > 0 else { return ReadRows(count: 0, through: state.archivedThrough) }
        let statement = try database.prepare("SELECT count(*), max(id) FROM \(day.tableName) WHERE id > ?")
            .bind(1, state.archivedThrough)
        guard try statement.step(), !statement.isNull(1) else {
            return ReadRows(count: 0, through: state.archivedThrough)
        }
        return ReadRows(count: statement.integer(0), through: statement.integer(1))
    }
}
