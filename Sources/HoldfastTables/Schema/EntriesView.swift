internal import HoldfastWallet

/// The views over the days' tables, made anew in the transaction that adds, archives or drops a day.
///
/// `entry_rows` puts the days' tables one behind the other. `named_entries` does so too, each day joined with the names
/// of its players and assets; `ledger_entries` above it shows words for the other numbers. SQLite turns a query on the
/// latter into one on each day's table, with its index. With the join around the union instead of in each day it would
/// do that only for 500 selects in all and for no sums, and read every day from end to end beyond that.
///
/// A compound of more than 500 selects is beyond its limit, so many days are gathered in groups first.
enum EntriesView {
    /// Below SQLite's default limit of 500.
    static let armsMax = 400

    struct Arm {
        let day: Day
        let archivedThrough: Int64
    }

    /// A view with one select for each day.
    private struct Union: Sendable {
        let name: String
        let select: @Sendable (Arm) -> String
        let nothing: String
    }

    private static let unions = [
        Union(
            name: "entry_rows",
            select: { arm in
                "SELECT \(DayTable.columns.joined(separator: ", ")), id <= \(arm.archivedThrough) AS archived "
                    + "FROM \(arm.day.tableName)"
            },
            nothing: nothing(DayTable.columns, texts: ["request_id", "target", "ref"])),
        Union(
            name: "named_entries",
            select: { arm in
                "SELECT p.tenant_id, p.player_id, \(numbers.map { "e.\($0)" }.joined(separator: ", ")), a.asset, "
                    + "e.id <= \(arm.archivedThrough) AS archived FROM \(arm.day.tableName) e "
                    + "JOIN player_refs p ON p.ref = e.player LEFT JOIN assets a ON a.ref = e.asset"
            },
            nothing: nothing(
                ["tenant_id", "player_id"] + numbers + ["asset"],
                texts: ["tenant_id", "player_id", "request_id", "target", "ref", "asset"])),
    ]

    /// What `named_entries` has as the days' tables have it.
    private static let numbers = DayTable.columns.filter { $0 != "player" && $0 != "asset" }

    /// The statements that replace the views; the days come in order.
    static func statements(_ arms: [Arm], groupsBefore: Int) -> [String] {
        unions.flatMap { statements($0, arms, groupsBefore: groupsBefore) }
    }

    private static func statements(_ union: Union, _ arms: [Arm], groupsBefore: Int) -> [String] {
        let name = union.name
        var statements = ["DROP VIEW IF EXISTS \(name)"]
        for group in 0..<groupsBefore { statements.append("DROP VIEW IF EXISTS \(name)_\(group)") }
        let groups = groupCount(days: arms.count)
        if groups == 0 {
            let whole = arms.isEmpty ? [union.nothing] : arms.map(union.select)
            statements.append("CREATE VIEW \(name) AS \(whole.joined(separator: "\nUNION ALL "))")
            return statements
        }
        for group in 0..<groups {
            let part = arms[(group * armsMax)..<min(arms.count, (group + 1) * armsMax)].map(union.select)
            statements.append("CREATE VIEW \(name)_\(group) AS \(part.joined(separator: "\nUNION ALL "))")
        }
        let whole = (0..<groups).map { "SELECT * FROM \(name)_\($0)" }
        statements.append("CREATE VIEW \(name) AS \(whole.joined(separator: "\nUNION ALL "))")
        return statements
    }

    /// 0 where one compound holds all days.
    static func groupCount(days: Int) -> Int { days <= armsMax ? 0 : (days + armsMax - 1) / armsMax }

    /// The view of a shard without days.
    private static func nothing(_ names: [String], texts: Set<String>) -> String {
        // A cast gives each column the type that it has elsewhere.
        let columns = names.map { name in
            "CAST(NULL AS \(texts.contains(name) ? "TEXT" : "INTEGER")) AS \(name)"
        }
        return "SELECT \(columns.joined(separator: ", ")), 0 AS archived WHERE 0"
    }

    /// The columns of docs/DOMAIN.md, and `archived`.
    static var ledgerEntries: String {
        """
        CREATE VIEW ledger_entries AS
        SELECT tenant_id, player_id, seq, id >> 1 AS position,
          \(word("event", EventKind.allCases.map { (Int64($0.rawValue), $0.name) })) AS event,
          asset, amount, balance_delta, held_delta, balance_after, held_after, request_id, target,
          \(word("kind", KindCode.all)) AS kind,
          ref,
          \(word("error", Refusal.allCases.filter(\.isRecorded).map { (Int64($0.rawValue), $0.name) })) AS error,
          created_at, archived
        FROM named_entries
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
