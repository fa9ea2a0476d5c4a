internal import HoldfastWallet

/// The views over the days' tables, made anew in the transaction that adds, archives or drops a day.
///
/// `entry_rows` puts the days' tables one behind the other; `ledger_entries` above it shows texts instead of numbers.
/// SQLite turns a query on the latter into one on each day's table, with its index. A compound of more than 500
/// selects is beyond its limit, so many days are gathered in groups first.
enum EntriesView {
    /// Below SQLite's default limit of 500.
    static let armsMax = 400

    struct Arm {
        let day: Day
        let archivedThrough: Int64
    }

    /// The statements that replace the views; the days come in order.
    static func statements(_ arms: [Arm], groupsBefore: Int) -> [String] {
        var statements = ["DROP VIEW IF EXISTS entry_rows"]
        for group in 0..<groupsBefore { statements.append("DROP VIEW IF EXISTS entry_rows_\(group)") }
        let groups = groupCount(days: arms.count)
        if groups == 0 {
            let whole = arms.isEmpty ? [nothing] : arms.map(select)
            statements.append("CREATE VIEW entry_rows AS \(whole.joined(separator: "\nUNION ALL "))")
            return statements
        }
        for group in 0..<groups {
            let part = arms[(group * armsMax)..<min(arms.count, (group + 1) * armsMax)].map(select)
            statements.append("CREATE VIEW entry_rows_\(group) AS \(part.joined(separator: "\nUNION ALL "))")
        }
        let whole = (0..<groups).map { "SELECT * FROM entry_rows_\($0)" }
        statements.append("CREATE VIEW entry_rows AS \(whole.joined(separator: "\nUNION ALL "))")
        return statements
    }

    /// 0 where one compound holds all days.
    static func groupCount(days: Int) -> Int { days <= armsMax ? 0 : (days + armsMax - 1) / armsMax }

    private static func select(_ arm: Arm) -> String {
        "SELECT \(DayTable.columns.joined(separator: ", ")), id <= \(arm.archivedThrough) AS archived "
            + "FROM \(arm.day.tableName)"
    }

    /// The view of a shard without days.
    private static var nothing: String {
        // A cast gives each column the type that it has elsewhere.
        let columns = DayTable.columns.map { name in
            let isText = name == "request_id" || name == "target" || name == "ref"
            return "CAST(NULL AS \(isText ? "TEXT" : "INTEGER")) AS \(name)"
        }
        return "SELECT \(columns.joined(separator: ", ")), 0 AS archived WHERE 0"
    }

    /// The columns of docs/DOMAIN.md, and `archived`.
    static var ledgerEntries: String {
        """
        CREATE VIEW ledger_entries AS
        SELECT p.tenant_id, p.player_id, e.seq, e.id >> 1 AS position,
          \(word("e.event", EventKind.allCases.map { (Int64($0.rawValue), $0.name) })) AS event,
          a.asset, e.amount, e.balance_delta, e.held_delta, e.balance_after, e.held_after, e.request_id, e.target,
          \(word("e.kind", KindCode.all)) AS kind,
          e.ref,
          \(word("e.error", Refusal.allCases.filter(\.isRecorded).map { (Int64($0.rawValue), $0.name) })) AS error,
          e.created_at, e.archived
        FROM entry_rows e JOIN player_refs p ON p.ref = e.player LEFT JOIN assets a ON a.ref = e.asset
        """
    }

    private static func word(_ column: String, _ words: [(Int64, String)]) -> String {
        "CASE \(column) " + words.map { "WHEN \($0.0) THEN '\($0.1)'" }.joined(separator: " ") + " END"
    }
}

/// The number that a kind has in the tables. The log has two numbers for `adjustment`, for money in and out; a row
/// shows one word for both, so here they are one.
package enum KindCode {
    @inline(__always)
    static func of(movement: UInt8) -> Int64 {
        movement == DebitKind.adjustment.rawValue ? Int64(CreditKind.adjustment.rawValue) : Int64(movement)
    }

    static let all: [(Int64, String)] =
        CreditKind.allCases.map { (Int64($0.rawValue), $0.name) }
        + DebitKind.allCases.filter { $0 != .adjustment }.map { (Int64($0.rawValue), $0.name) }

    /// Of a row's word.
    static func of(_ word: StaticString) -> Int64? {
        all.first { $0.1 == word.description }?.0
    }
}
