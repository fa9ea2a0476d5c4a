internal import Holdfast
internal import HoldfastLog
internal import HoldfastTables
internal import HoldfastWallet

/// The rows of a log in memory, with everything looked up, so that inserting them is SQLite's work alone.
///
/// Made by one thread and then only read, by several: that is the whole of the `@unchecked`.
final class PlainRows: @unchecked Sendable {
    private struct Row {
        var numbers: InlineArray<12, Int64>
        /// Which of the numbers are null.
        var nulls: UInt32
        /// Where request_id, target and ref begin in the texts, and how long they are; negative for null.
        var texts: InlineArray<3, Int>
        var counts: InlineArray<3, Int32>
    }

    private var parts: [[Row]]
    private var texts: [UInt8] = []
    private(set) var count = 0
    private static let day = Day(number: 0)
    private static let rowsPerTransaction = 50_000

    init(_ files: LedgerFiles, parts count: Int) throws(LedgerError) {
        parts = Array(repeating: [], count: count)
        var players: [[UInt8]: Int64] = [:]
        let reader = try files.reader(from: 1)
        while try reader.readBatch({ (record, _, _, _) throws(LedgerError) in
            let rows = try EventRows(reading: record)
            let key = Array(record.key)
            let player = players[key] ?? Int64(players.count + 1)
            players[key] = player
            add(rows.first, 0, player)
            if let second = rows.second { add(second, 1, player) }
        }) > 0 {}
    }

    private func add(_ row: EventRow, _ part: Int64, _ player: Int64) {
        let kind: Int64? = row.kind == nil ? nil : 1
        let columns: InlineArray<12, Int64?> = [
            EntryID.of(position: row.position, part: part), player, Int64(row.seq), Int64(row.event.rawValue),
            row.asset == nil ? nil : 1, row.amount, row.balanceDelta, row.heldDelta, row.balanceAfter, row.heldAfter,
            kind, row.createdAt,
        ]
        var plain = Row(
            numbers: .init(repeating: 0), nulls: 0, texts: .init(repeating: 0), counts: .init(repeating: -1))
        for index in 0..<12 {
            if let value = columns[index] { plain.numbers[index] = value } else { plain.nulls |= 1 << UInt32(index) }
        }
        let all: InlineArray<3, UnsafeRawBufferPointer?> = [row.requestID, row.target, row.ref]
        for index in 0..<3 {
            guard let text = all[index] else { continue }
            plain.texts[index] = texts.count
            plain.counts[index] = Int32(text.count)
            texts += text
        }
        parts[Int(player) % parts.count].append(plain)
        count += 1
    }

    /// The loop: one statement, bound and stepped, in large transactions without journal or sync; the index after it.
    func insert(part: Int, into path: String) throws(TablesError) {
        let database = try Database(path, for: .creating)
        try database.run("PRAGMA page_size = 8192; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")
        try database.run("PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -65536")
        try database.run(DayTable.create(Self.day))
        let statement = try database.prepare(DayTable.insert(Self.day))
        var failure: TablesError?
        texts.withUnsafeBytes { texts in
            do throws(TablesError) {
                try database.run("BEGIN")
                for (number, row) in parts[part].enumerated() {
                    if number % Self.rowsPerTransaction == Self.rowsPerTransaction - 1 {
                        try database.run("COMMIT; BEGIN")
                    }
                    try Self.insert(row, texts, statement)
                }
                try database.run("COMMIT")
                try database.run(DayTable.createIndex(Self.day))
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }

    /// The columns in the order of the table; what `error` has is always null here.
    private static let places: [Int32] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 16]

    @inline(__always)
    private static func insert(
        _ row: borrowing Row, _ texts: UnsafeRawBufferPointer, _ statement: Statement
    ) throws(TablesError) {
        for index in 0..<12 {
            if row.nulls & 1 << UInt32(index) != 0 {
                statement.bindNull(places[index])
            } else {
                statement.bind(places[index], row.numbers[index])
            }
        }
        bind(row, 0, 11, texts, statement)
        bind(row, 1, 12, texts, statement)
        bind(row, 2, 14, texts, statement)
        try statement.run()
    }

    @inline(__always)
    private static func bind(
        _ row: borrowing Row, _ text: Int, _ place: Int32, _ texts: UnsafeRawBufferPointer, _ statement: Statement
    ) {
        let count = Int(row.counts[text])
        if count < 0 {
            statement.bindNull(place)
        } else {
            let start = row.texts[text]
            statement.bind(place, borrowing: UnsafeRawBufferPointer(rebasing: texts[start..<start + count]))
        }
    }
}
