internal import CSQLite
internal import HoldfastWallet

/// Shows rows in memory to SQLite as a table, `pending_entries`, so that one statement puts many of them where they
/// belong: `INSERT INTO entries_20251121 SELECT * FROM pending_entries`.
///
/// A row that is bound and stepped by itself has SQLite open the table and search it for the place of every row. Out of
/// one statement the rows follow each other at its end: measured at half the time a row.
final class EntryFeed {
    struct Entry {
        let id: Int64
        let player: Int64
        let asset: Int64?
        let kind: Int64?
        /// Its texts stay where they are until the statement has run.
        let row: EventRow
    }

    static let table = "pending_entries"
    private var shown = UnsafeBufferPointer<Entry>(start: nil, count: 0)

    init(_ database: Database) throws(TablesError) {
        // SQLite has a share in this object until the connection is closed.
        let code = sqlite3_create_module_v2(
            database.handle, Self.table, Self.module, Unmanaged.passRetained(self).toOpaque()
        ) { Unmanaged<EntryFeed>.fromOpaque($0!).release() }
        if code != SQLITE_OK { throw database.failure(code, at: Self.table) }
    }

    /// Runs a statement that reads these entries.
    func run(_ statement: Statement, over entries: UnsafeBufferPointer<Entry>) throws(TablesError) {
        shown = entries
        defer { shown = UnsafeBufferPointer(start: nil, count: 0) }
        try statement.run()
    }

    // MARK: What SQLite calls

    private struct Table {
        var base = sqlite3_vtab()
        let feed: UnsafeMutableRawPointer
    }

    private struct Cursor {
        var base = sqlite3_vtab_cursor()
        var next: UnsafePointer<Entry>
        var end: UnsafePointer<Entry>
    }

    /// Without `xCreate`, the table is there by its name and stands in no schema. Made once, never changed.
    nonisolated(unsafe) private static let module: UnsafePointer<sqlite3_module> = {
        var module = sqlite3_module()
        module.xConnect = { database, feed, _, _, table, _ in
            let code = sqlite3_declare_vtab(
                database, "CREATE TABLE \(EntryFeed.table)(\(DayTable.columns.joined(separator: ", ")))")
            if code != SQLITE_OK { return code }
            let made = UnsafeMutablePointer<Table>.allocate(capacity: 1)
            made.initialize(to: Table(feed: feed!))
            table!.pointee = UnsafeMutableRawPointer(made).assumingMemoryBound(to: sqlite3_vtab.self)
            return SQLITE_OK
        }
        module.xDisconnect = { table in
            UnsafeMutableRawPointer(table!).assumingMemoryBound(to: Table.self).deallocate()
            return SQLITE_OK
        }
        module.xBestIndex = { _, plan in
            plan!.pointee.estimatedCost = 1
            return SQLITE_OK
        }
        module.xOpen = { _, cursor in
            let made = UnsafeMutablePointer<Cursor>.allocate(capacity: 1)
            let nowhere = UnsafePointer<Entry>(bitPattern: MemoryLayout<Entry>.alignment)!
            made.initialize(to: Cursor(next: nowhere, end: nowhere))
            cursor!.pointee = UnsafeMutableRawPointer(made).assumingMemoryBound(to: sqlite3_vtab_cursor.self)
            return SQLITE_OK
        }
        module.xClose = { cursor in
            EntryFeed.cursor(cursor).deallocate()
            return SQLITE_OK
        }
        module.xFilter = { cursor, _, _, _, _ in
            let cursor = EntryFeed.cursor(cursor)
            let table = UnsafeRawPointer(cursor.pointee.base.pVtab!).assumingMemoryBound(to: Table.self)
            let shown = Unmanaged<EntryFeed>.fromOpaque(table.pointee.feed).takeUnretainedValue().shown
            guard let first = shown.baseAddress else { return SQLITE_OK }
            cursor.pointee.next = first
            cursor.pointee.end = first + shown.count
            return SQLITE_OK
        }
        module.xNext = { cursor in
            EntryFeed.cursor(cursor).pointee.next += 1
            return SQLITE_OK
        }
        module.xEof = { cursor in
            let cursor = EntryFeed.cursor(cursor)
            return cursor.pointee.next == cursor.pointee.end ? 1 : 0
        }
        module.xColumn = { cursor, result, column in
            EntryFeed.give(EntryFeed.cursor(cursor).pointee.next, column, to: result)
            return SQLITE_OK
        }
        module.xRowid = { cursor, id in
            id!.pointee = EntryFeed.cursor(cursor).pointee.next.pointee.id
            return SQLITE_OK
        }
        let made = UnsafeMutablePointer<sqlite3_module>.allocate(capacity: 1)
        made.initialize(to: module)
        return UnsafePointer(made)
    }()

    @inline(__always)
    private static func cursor(_ cursor: UnsafeMutablePointer<sqlite3_vtab_cursor>?) -> UnsafeMutablePointer<Cursor> {
        UnsafeMutableRawPointer(cursor!).assumingMemoryBound(to: Cursor.self)
    }

    /// In the order of `DayTable.columns`. What is given nothing is null.
    @inline(__always)
    private static func give(_ entry: UnsafePointer<Entry>, _ column: Int32, to result: OpaquePointer?) {
        switch column {
        case 0: sqlite3_result_int64(result, entry.pointee.id)
        case 1: sqlite3_result_int64(result, entry.pointee.player)
        case 2: sqlite3_result_int64(result, Int64(bitPattern: entry.pointee.row.seq))
        case 3: sqlite3_result_int64(result, Int64(entry.pointee.row.event.rawValue))
        case 4: give(entry.pointee.asset, to: result)
        case 5: give(entry.pointee.row.amount, to: result)
        case 6: give(entry.pointee.row.balanceDelta, to: result)
        case 7: give(entry.pointee.row.heldDelta, to: result)
        case 8: give(entry.pointee.row.balanceAfter, to: result)
        case 9: give(entry.pointee.row.heldAfter, to: result)
        case 10: give(entry.pointee.row.requestID, to: result)
        case 11: give(entry.pointee.row.target, to: result)
        case 12: give(entry.pointee.kind, to: result)
        case 13: give(entry.pointee.row.ref, to: result)
        case 14: give(entry.pointee.row.error.map { Int64($0.rawValue) }, to: result)
        default: sqlite3_result_int64(result, entry.pointee.row.createdAt)
        }
    }

    @inline(__always)
    private static func give(_ value: Int64?, to result: OpaquePointer?) {
        if let value { sqlite3_result_int64(result, value) }
    }

    /// Without a destructor SQLite takes no copy.
    @inline(__always)
    private static func give(_ text: UnsafeRawBufferPointer?, to result: OpaquePointer?) {
        guard let text else { return }
        sqlite3_result_text(
            result, text.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(text.count), nil)
    }
}
