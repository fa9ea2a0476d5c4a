internal import CSQLite

/// A prepared statement. Texts are bound where they lie, without a copy: they must stay there until the statement was
/// run or reset. A bound value stays bound until another takes its place.
package final class Statement {
    let handle: OpaquePointer
    private let database: Database

    init(_ database: Database, _ sql: String) throws(TablesError) {
        var prepared: OpaquePointer?
        let code = sqlite3_prepare_v3(
            database.handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
        guard code == SQLITE_OK, let handle = prepared else { throw database.failure(code, at: sql) }
        self.handle = handle
        self.database = database
    }

    deinit { sqlite3_finalize(handle) }

    // MARK: Binding, from 1

    @inline(__always) @discardableResult
    package func bind(_ index: Int32, _ value: Int64) -> Statement {
        checked(sqlite3_bind_int64(handle, index, value))
        return self
    }

    @discardableResult
    package func bind(_ index: Int32, _ value: Int64?) -> Statement {
        if let value { return bind(index, value) }
        return bindNull(index)
    }

    @inline(__always) @discardableResult
    package func bindNull(_ index: Int32) -> Statement {
        checked(sqlite3_bind_null(handle, index))
        return self
    }

    /// Borrowed until the statement was run or reset.
    @inline(__always) @discardableResult
    package func bind(_ index: Int32, borrowing text: UnsafeRawBufferPointer) -> Statement {
        checked(
            sqlite3_bind_text(
                handle, index, text.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(text.count), nil))
        return self
    }

    @discardableResult
    package func bind(_ index: Int32, _ text: String) -> Statement {
        var text = text
        text.withUTF8 { utf8 in
            // SQLITE_TRANSIENT: SQLite takes a copy.
            let copying = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
            // An empty string must not become null, which a missing address would mean.
            let base = UnsafeRawPointer(utf8.baseAddress) ?? UnsafeRawPointer(bitPattern: 1)!
            checked(
                sqlite3_bind_text(
                    handle, index, base.assumingMemoryBound(to: CChar.self), Int32(utf8.count), copying))
        }
        return self
    }

    @discardableResult
    package func bind(_ index: Int32, blob bytes: UnsafeRawBufferPointer) -> Statement {
        checked(sqlite3_bind_blob(handle, index, bytes.baseAddress, Int32(bytes.count), nil))
        return self
    }

    /// Only a wrong index or a statement that is still running makes binding fail: mistakes in this program.
    @inline(__always)
    private func checked(_ code: Int32) {
        precondition(code == SQLITE_OK, "a value is bound where the statement has a place for it")
    }

    // MARK: Running

    /// True when there is a row to read.
    @inline(__always)
    package func step() throws(TablesError) -> Bool {
        let code = sqlite3_step(handle)
        if code == SQLITE_ROW { return true }
        if code == SQLITE_DONE { return false }
        throw failed(code)
    }

    @inline(never)
    private func failed(_ code: Int32) -> TablesError {
        // The message goes with the connection's last call, so it is taken before the statement is reset.
        let error = database.failure(code, at: String(cString: sqlite3_sql(handle)))
        sqlite3_reset(handle)
        return error
    }

    package func reset() { sqlite3_reset(handle) }

    /// Runs a statement that gives no rows, and makes it ready for the next values.
    @inline(__always)
    package func run() throws(TablesError) {
        _ = try step()
        sqlite3_reset(handle)
    }

    /// Runs it for the one value that it gives, or nil where it gives none.
    package func value() throws(TablesError) -> Int64? {
        defer { reset() }
        return try step() && !isNull(0) ? integer(0) : nil
    }

    package func forEachRow(_ body: (Statement) throws(TablesError) -> Void) throws(TablesError) {
        defer { reset() }
        while try step() { try body(self) }
    }

    // MARK: Columns of the row, from 0

    package var columnCount: Int32 { sqlite3_column_count(handle) }
    @inline(__always)
    package func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }
    @inline(__always)
    package func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }
    package func integerIfAny(_ column: Int32) -> Int64? { isNull(column) ? nil : integer(column) }
    package func text(_ column: Int32) -> String { String(decoding: bytes(column), as: UTF8.self) }
    package func textIfAny(_ column: Int32) -> String? { isNull(column) ? nil : text(column) }

    /// Good until the next step.
    @inline(__always)
    package func bytes(_ column: Int32) -> UnsafeRawBufferPointer {
        let base = sqlite3_column_blob(handle, column)
        return UnsafeRawBufferPointer(start: base, count: Int(sqlite3_column_bytes(handle, column)))
    }

    @inline(__always)
    package func bytesIfAny(_ column: Int32) -> UnsafeRawBufferPointer? { isNull(column) ? nil : bytes(column) }
}
