import HoldfastText
import Testing

@testable import HoldfastTables

/// Commands on certain days, for examples that can be added up by hand.
///
///     var days = ReportDays()
///     days.credit("p1", 1000, on: 0)
///     let report = try await days.report()
struct ReportDays {
    /// Friday, 21 November 2025: the week that ends two days later is the 47th.
    static let first = Day(number: 20_413)
    private(set) var lines: [String] = []

    static func day(_ number: Int64) -> Day { Day(number: first.number + number) }

    /// The next command's name.
    private var nextID: String { "r\(lines.count)" }

    @discardableResult
    mutating func command(
        _ op: String, _ fields: String, _ player: String, on day: Int64, tenant: String = "evian"
    ) -> String {
        let id = nextID
        let at = Self.day(day).begin + Int64(lines.count)
        lines.append(
            "{\"op\":\"\(op)\",\"tenant\":\"\(tenant)\",\"player\":\"\(player)\",\"request_id\":\"\(id)\",\(fields),"
                + "\"at\":\(at)}")
        return id
    }

    @discardableResult
    mutating func credit(
        _ player: String, _ amount: Int, _ kind: String = "deposit", on day: Int64 = 0, asset: String = "BRL",
        tenant: String = "evian"
    ) -> String {
        command(
            "credit", "\"asset\":\"\(asset)\",\"amount\":\(amount),\"kind\":\"\(kind)\"", player, on: day,
            tenant: tenant)
    }

    @discardableResult
    mutating func debit(
        _ player: String, _ amount: Int, _ kind: String = "bet", on day: Int64 = 0, asset: String = "BRL"
    ) -> String {
        command("debit", "\"asset\":\"\(asset)\",\"amount\":\(amount),\"kind\":\"\(kind)\"", player, on: day)
    }

    @discardableResult
    mutating func rollback(_ player: String, _ target: String, on day: Int64 = 0) -> String {
        command("rollback", "\"target\":\"\(target)\"", player, on: day)
    }

    /// The report over two shards.
    func report(_ selection: ReportSelection = .init()) async throws -> TablesReport {
        let work = try TestLedger()
        try await work.apply(lines)
        try work.sync(shards: 2)
        return try TablesReport.read(work.tables, selection)
    }
}

extension TablesReport {
    func figures(
        _ unit: ReportUnit, _ period: Int64 = 0, _ asset: String? = "BRL", tenant: String = "evian"
    ) -> PeriodFigures? {
        periods[PeriodKey(Scope(tenant, asset), unit, period)]
    }

    func day(_ number: Int64, _ asset: String? = "BRL") -> PeriodFigures? {
        figures(.day, ReportDays.day(number).number, asset)
    }

    /// The players active in each period of a unit, by its name.
    func active(_ unit: ReportUnit, _ asset: String? = "BRL") -> [String: Int] {
        var counts: [String: Int] = [:]
        for (key, figures) in periods where key.unit == unit && key.scope.asset == asset {
            counts[unit.label(key.period)] = figures.players.active
        }
        return counts
    }

    func cohort(_ day: Int64, _ asset: String? = "BRL") -> Cohort? {
        cohorts[CohortKey(Scope("evian", asset), ReportDays.day(day))]
    }
}
