/// What a day is to be like: who plays, how much, and how it is run.
package struct DayPlan: Sendable {
    package var directory = "bench-day"
    /// Transactions of the day; the deposits before it are not among them.
    package var transactions = 40_000_000
    package var players = 3_000_000
    package var tenants = 100
    package var lanes = 1
    /// Of the log; as the ledger makes them where nothing is said.
    package var segmentBytes: UInt64?
    package var seed: UInt64 = 1
    /// Transactions offered a second, on time whether or not earlier ones are done; nil for as fast as it goes.
    package var rate: Int?
    /// Ends a run at a set rate, or cuts a fast one short.
    package var seconds: Double?
    /// Where tables follow the ledger; nil where none do.
    package var tables: String?
    /// Where the day is archived after it, out of the tables; nil where it is not.
    package var archive: String?
    /// Seals the log after the day, so that what follows works on a sealed one.
    package var seals = false
    /// After the run: books, `verify`, and how long opening takes.
    package var checks = true

    package init() {}

    /// 2025-11-22, a Saturday, 00:00 UTC: the ledger's time is given, so that a day's events bear a day's times.
    static let midnight: Int64 = 1_763_769_600_000
    /// Players opened their accounts two days before: outside the window of request memory by the evening, as the
    /// deposits of most players are on any day.
    static let opening = midnight - 2 * 86_400_000

    /// So much that every bet of the day is funded, even if all were one player's: the generator then knows each
    /// answer before it is given.
    var deposit: Int64 { max(10_000_000_000, Int64(transactions) * DayTraffic.amountMax) }

    /// How many transactions are run: all, or what a set rate makes of the duration.
    var planned: Int {
        guard let rate, let seconds else { return transactions }
        return min(transactions, max(1, Int(Double(rate) * seconds)))
    }

    var parameters: [(String, Int)] {
        var parameters = [
            ("tx", planned), ("players", players), ("tenants", tenants), ("lanes", lanes), ("seed", Int(seed)),
        ]
        if let rate { parameters.append(("rate", rate)) }
        return parameters
    }
}
