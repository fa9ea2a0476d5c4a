internal import CSQLite

/// Takes the rows of a day's table out of SQLite as an aggregate function does: `SELECT gather_entry(id, player, …) FROM
/// entries_20251121`. One call brings a whole row; stepping from row to row and asking for its sixteen columns one by one
/// takes a third longer.
final class EntrySink {
    private var piece: GatheredRows?
    private var failure: TablesError?
    private let file: String

    private static let function = "gather_entry"
    /// With the highest row number among them as its second bound.
    static func statement(_ day: Day) -> String {
        """
        SELECT \(function)(\(DayTable.columns.joined(separator: ", "))) FROM \(day.tableName)
        WHERE id > ? AND id <= ?
        """
    }

    init(_ database: Database) throws(TablesError) {
        file = database.path
        // SQLite has a share in this object until the connection is closed or another takes its place.
        let code = sqlite3_create_function_v2(
            database.handle, Self.function, Int32(DayTable.columns.count), SQLITE_UTF8 | SQLITE_DIRECTONLY,
            Unmanaged.passRetained(self).toOpaque(), nil,
            { context, _, values in
                let sink = Unmanaged<EntrySink>.fromOpaque(sqlite3_user_data(context)!).takeUnretainedValue()
                if !sink.take(EntryValues(values!)) { sqlite3_result_error_code(context, SQLITE_ABORT) }
            }, { _ in }, { Unmanaged<EntrySink>.fromOpaque($0!).release() })
        if code != SQLITE_OK { throw database.failure(code, at: Self.function) }
    }

    /// Runs a statement of this function, with its bounds, for a piece.
    func run(_ statement: Statement, into piece: GatheredRows) throws(TablesError) {
        self.piece = piece
        failure = nil
        defer { self.piece = nil }
        do throws(TablesError) {
            _ = try statement.value()
        } catch {
            throw failure ?? error
        }
    }

    private func take(_ row: EntryValues) -> Bool {
        do throws(TablesError) {
            try piece!.append(row, in: file)
            return true
        } catch {
            failure = error
            return false
        }
    }
}

/// The values of a row of a day's table, by its columns.
struct EntryValues {
    private let values: UnsafeMutablePointer<OpaquePointer?>

    init(_ values: UnsafeMutablePointer<OpaquePointer?>) { self.values = values }

    @inline(__always)
    func integer(_ column: Int) -> Int64 { sqlite3_value_int64(values[column]) }

    @inline(__always)
    func integerIfAny(_ column: Int) -> Int64? {
        sqlite3_value_type(values[column]) == SQLITE_NULL ? nil : sqlite3_value_int64(values[column])
    }

    /// Good until the function returns.
    @inline(__always)
    func bytesIfAny(_ column: Int) -> UnsafeRawBufferPointer? {
        guard sqlite3_value_type(values[column]) != SQLITE_NULL else { return nil }
        let base = sqlite3_value_blob(values[column])
        return UnsafeRawBufferPointer(start: base, count: Int(sqlite3_value_bytes(values[column])))
    }
}
