private import CHoldfast
internal import CSQLite

/// A connection to one SQLite file. Used by one thread at a time: whoever hands it on stops using it, so SQLite's own
/// locks are left out.
///
///     let database = try Database(path, for: .writing)
///     try database.run("CREATE TABLE notes(text TEXT NOT NULL) STRICT")
///     let insert = try database.prepare("INSERT INTO notes VALUES (?)")
///     try database.transaction { () throws(TablesError) in try insert.bind(1, "hello").run() }
package final class Database {
    package enum Use: Sendable {
        /// Makes the file where there is none.
        case creating
        case writing
        case reading
    }

    package let path: String
    let handle: OpaquePointer

    /// Done once, before the first connection. Where a program has SQLite at work already, its memory stays as it chose;
    /// and what it writes is written as before, as long as its threads do not ask for another pace.
    private static let prepareLibrary: Void = {
        _ = hf_sqlite_without_memory_statistics()
        hf_sqlite_write_with(hf_paced_pwrite)
    }()

    package init(_ path: String, for use: Use) throws(TablesError) {
        Self.prepareLibrary
        var opened: OpaquePointer?
        let flags: Int32 =
            switch use {
            case .creating: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
            case .writing: SQLITE_OPEN_READWRITE
            case .reading: SQLITE_OPEN_READONLY
            }
        let code = sqlite3_open_v2(path, &opened, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
        guard let handle = opened else {
            throw .sqlite(SQLiteFailure(file: path, statement: "open", code: code, message: "no memory"))
        }
        self.path = path
        self.handle = handle
        if code != SQLITE_OK { throw failure(code, at: "open") }
        // Debian's SQLite overwrites what is deleted; a day that is dropped should cost no writing.
        try run("PRAGMA secure_delete = OFF; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF")
    }

    /// Statements keep their connection alive, so nothing is open any more when this runs.
    deinit { sqlite3_close_v2(handle) }

    /// How long a statement waits for another connection's lock.
    package func wait(milliseconds: Int32) { sqlite3_busy_timeout(handle, milliseconds) }

    /// Runs one or more statements that take and give no values.
    package func run(_ sql: String) throws(TablesError) {
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        if code != SQLITE_OK { throw failure(code, at: sql) }
    }

    package func prepare(_ sql: String) throws(TablesError) -> Statement { try Statement(self, sql) }

    /// The first column of the first row, or nil where there is no row or it is null.
    package func integer(_ sql: String) throws(TablesError) -> Int64? {
        let statement = try prepare(sql)
        guard try statement.step(), !statement.isNull(0) else { return nil }
        return statement.integer(0)
    }

    package func text(_ sql: String) throws(TablesError) -> String? {
        let statement = try prepare(sql)
        guard try statement.step(), !statement.isNull(0) else { return nil }
        return statement.text(0)
    }

    /// All of `body` or nothing.
    package func transaction<Result>(
        _ body: () throws(TablesError) -> Result
    ) throws(TablesError) -> Result {
        // IMMEDIATE: a lock that can't be had shows before any work is done.
        try bracketed(by: "BEGIN IMMEDIATE", body)
    }

    /// What `body` reads is of one moment, and locked once.
    func reading<Result>(_ body: () throws(TablesError) -> Result) throws(TablesError) -> Result {
        try bracketed(by: "BEGIN", body)
    }

    private func bracketed<Result>(
        by begin: String, _ body: () throws(TablesError) -> Result
    ) throws(TablesError) -> Result {
        try run(begin)
        do throws(TablesError) {
            let result = try body()
            try run("COMMIT")
            return result
        } catch {
            rollBack()
            throw error
        }
    }

    /// Ends a transaction that failed. SQLite has done it already for some errors; then there is nothing to do.
    func rollBack() {
        if sqlite3_get_autocommit(handle) == 0 { sqlite3_exec(handle, "ROLLBACK", nil, nil, nil) }
    }

    /// Rows that the last INSERT, UPDATE or DELETE changed.
    package var changes: Int { Int(sqlite3_changes(handle)) }

    /// Moves what the write-ahead log holds into the file, as far as readers allow it.
    package func checkpoint() { sqlite3_wal_checkpoint_v2(handle, nil, SQLITE_CHECKPOINT_PASSIVE, nil, nil) }

    func failure(_ code: Int32, at statement: String) -> TablesError {
        .sqlite(
            SQLiteFailure(
                file: path, statement: statement, code: code, message: String(cString: sqlite3_errmsg(handle)),
                errno: sqlite3_system_errno(handle)))
    }
}
