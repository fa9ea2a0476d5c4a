internal import HoldfastWallet

/// Compares the rows of one batch of a shard's events with those in the days' tables. Both come in the order of the
/// log, so they are walked side by side.
struct RowComparison: ~Copyable {
    private let shard: ShardFile
    private let range: ClosedRange<Int64>
    private var days: [Day: DayCursor] = [:]
    /// Rows that were there as the log has them, by day.
    private(set) var matched: [Day: Int64] = [:]

    /// A day's rows within the batch's positions.
    private final class DayCursor {
        let statement: Statement
        /// The row that the statement stands at; nil behind the last one.
        var id: Int64?

        init(_ shard: ShardFile, _ day: Day, _ range: ClosedRange<Int64>) throws(TablesError) {
            statement = try shard.database.prepare(
                """
                SELECT \(EntryReader.columns)
                FROM \(day.tableName) e CROSS JOIN player_refs p ON p.ref = e.player
                LEFT JOIN assets a ON a.ref = e.asset
                WHERE e.id BETWEEN ? AND ? ORDER BY e.id
                """)
            statement.bind(1, range.lowerBound).bind(2, range.upperBound)
            try advance()
        }

        func advance() throws(TablesError) {
            id = try statement.step() ? statement.integer(EntryReader.idColumn) : nil
        }
    }

    init(_ shard: ShardFile, positions: ClosedRange<UInt64>) {
        self.shard = shard
        range =
            EntryID.of(position: positions.lowerBound, part: 0)...EntryID.of(position: positions.upperBound, part: 1)
    }

    /// `isExcused` where the event stands among the dead letters, or its day's rows are in the archive.
    mutating func compare(
        _ row: EventRow, part: Int64, isExcused: Bool, into differences: inout Differences
    ) throws(TablesError) {
        let day = Day(of: row.createdAt)
        let id = EntryID.of(position: row.position, part: part)
        let cursor = try cursor(of: day)
        while let cursor, let found = cursor.id, found < id {
            differences.add(extra(try EntryReader.read(cursor.statement, in: shard.path)))
            try cursor.advance()
        }
        guard let cursor, cursor.id == id else {
            if !isExcused { differences.add(difference("row", row, expected: "a row", found: nil)) }
            return
        }
        matched[day, default: 0] += 1
        let found = try EntryReader.read(cursor.statement, in: shard.path)
        for (column, expected, actual) in RowText.differences(row, found) {
            differences.add(difference(column, row, expected: expected, found: actual))
        }
        try cursor.advance()
    }

    /// What is left belongs to no event.
    mutating func finish(_ differences: inout Differences) throws(TablesError) {
        for cursor in days.values {
            while cursor.id != nil {
                differences.add(extra(try EntryReader.read(cursor.statement, in: shard.path)))
                try cursor.advance()
            }
        }
        days.removeAll()
    }

    private mutating func cursor(of day: Day) throws(TablesError) -> DayCursor? {
        if let known = days[day] { return known }
        guard shard.days[day]?.rows ?? 0 > 0 else { return nil }
        let cursor = try DayCursor(shard, day, range)
        days[day] = cursor
        return cursor
    }

    private func extra(_ row: EventRow) -> Difference {
        difference("row", row, expected: nil, found: "a row that no event has")
    }

    private func difference(_ what: String, _ row: EventRow, expected: String?, found: String?) -> Difference {
        Difference(
            file: shard.path, what: what, tenant: RowText.text(row.tenantID), player: RowText.text(row.playerID),
            seq: row.seq, position: row.position, expected: expected, found: found)
    }
}

/// A row's columns as texts, for messages; made only where something differs.
enum RowText {
    static func text(_ bytes: UnsafeRawBufferPointer) -> String { String(decoding: bytes, as: UTF8.self) }

    static func differences(_ a: EventRow, _ b: EventRow) -> [(String, String?, String?)] {
        if isSame(a, b) { return [] }
        return zip(EventRow.columns, zip(columns(a), columns(b))).compactMap { column, values in
            values.0 == values.1 ? nil : (column, values.0, values.1)
        }
    }

    private static func isSame(_ a: EventRow, _ b: EventRow) -> Bool {
        a.seq == b.seq && a.position == b.position && a.event == b.event && a.amount == b.amount
            && a.balanceDelta == b.balanceDelta && a.heldDelta == b.heldDelta && a.balanceAfter == b.balanceAfter
            && a.heldAfter == b.heldAfter && a.error == b.error && a.createdAt == b.createdAt
            && same(a.tenantID, b.tenantID) && same(a.playerID, b.playerID) && same(a.asset, b.asset)
            && same(a.requestID, b.requestID) && same(a.target, b.target) && same(a.ref, b.ref)
            && a.kind?.description == b.kind?.description
    }

    private static func same(_ a: UnsafeRawBufferPointer?, _ b: UnsafeRawBufferPointer?) -> Bool {
        guard let a, let b else { return a == nil && b == nil }
        return a.elementsEqual(b)
    }

    /// In the order of `EventRow.columns`.
    private static func columns(_ row: EventRow) -> [String?] {
        func number(_ value: Int64?) -> String? { value.map { "\($0)" } }
        return [
            text(row.tenantID), text(row.playerID), "\(row.seq)", "\(row.position)", row.event.name,
            row.asset.map(text), number(row.amount), number(row.balanceDelta), number(row.heldDelta),
            number(row.balanceAfter), number(row.heldAfter), row.requestID.map(text), row.target.map(text),
            row.kind?.description, row.ref.map(text), row.error?.name, "\(row.createdAt)",
        ]
    }
}
