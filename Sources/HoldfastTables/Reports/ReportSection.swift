internal import HoldfastText

/// A part of a report as rows and columns: what all of its forms, for people and for programs, are written from.
package enum ReportSection: String, CaseIterable, Sendable {
    case days, weeks, months, totals, players, lifetime, churn, retention

    /// What stands above it for people.
    var title: String {
        switch self {
        case .days: "Per day"
        case .weeks: "Per week, from Monday"
        case .months: "Per month"
        case .totals: "All of these days"
        case .players: "Players in any asset"
        case .lifetime: "Lifetime value, since the beginning"
        case .churn: "Churn: not active for more than \(Churn.daysMax) days"
        case .retention: "Retention: active for the first time on a day, and again so many days later"
        }
    }
}

struct ReportColumn {
    /// In JSON and CSV.
    let name: String
    /// For people; nil for what they are spared.
    let heading: String?

    init(_ name: String, _ heading: String?) {
        self.name = name
        self.heading = heading
    }
}

enum ReportValue {
    case text(String)
    case count(Int)
    /// Minor units.
    case money(Int128)
    /// Minor units for each of so many.
    case average(Quotient)
    /// A part of a whole.
    case share(Quotient)
    /// What can't be said: a division by 0, a day that is still to come. The text is what people see.
    case none(String)

    static func average(_ quotient: Quotient?) -> ReportValue { quotient.map { .average($0) } ?? .none("–") }
    static func share(_ quotient: Quotient?) -> ReportValue { quotient.map { .share($0) } ?? .none("–") }
    static func asset(_ name: String?) -> ReportValue { name.map { .text($0) } ?? .none("any") }
}

struct ReportRow {
    /// Whose decimals its amounts have.
    let exponent: Int
    /// In the order of the section's columns.
    let values: [ReportValue]
}

extension ReportSection {
    private static let figures: [ReportColumn] = [
        .init("bets", "bets"), .init("wins", "wins"), .init("ggr", "GGR"), .init("rtp", "RTP"),
        .init("bonuses", "bonuses"), .init("fees", "fees"), .init("ngr", "NGR"), .init("deposits", "deposits"),
        .init("withdrawals", "withdrawals"), .init("refunds", nil), .init("adjustments", nil),
        .init("transfers", nil), .init("exchanges", nil), .init("balance_change", nil),
        .init("active_players", "active"), .init("paying_players", "paying"), .init("arpu", "ARPU"),
        .init("arppu", "ARPPU"),
    ]

    private static let scope: [ReportColumn] = [.init("tenant", "tenant"), .init("asset", "asset")]

    var columns: [ReportColumn] {
        switch self {
        case .days, .weeks, .months: Self.scope + [.init(unit!.name, unit!.name)] + Self.figures
        case .totals: Self.scope + Self.figures
        case .players:
            [
                .init("tenant", "tenant"), .init("unit", "unit"), .init("period", "period"),
                .init("active_players", "active"), .init("paying_players", "paying"),
            ]
        case .lifetime:
            Self.scope + [
                .init("players", "players"), .init("depositors", "depositors"), .init("deposits", "deposits"),
                .init("withdrawals", "withdrawals"), .init("ltv_total", "LTV"), .init("ltv_average", "per player"),
            ]
        case .churn:
            Self.scope + [
                .init("as_of", "as of"), .init("players", "players"), .init("churned", "churned"),
                .init("churn_rate", "rate"),
            ]
        case .retention:
            Self.scope + [.init("cohort", "first day"), .init("players", "players")]
                + Cohort.ages.flatMap { age -> [ReportColumn] in
                    [.init("day_\(age)", "day \(age)"), .init("day_\(age)_rate", "rate")]
                }
        }
    }

    /// The unit of a section that is by periods.
    private var unit: ReportUnit? {
        switch self {
        case .days: .day
        case .weeks: .week
        case .months: .month
        case .totals: .total
        case .players, .lifetime, .churn, .retention: nil
        }
    }

    /// By tenant, asset and period.
    func rows(of report: TablesReport) -> [ReportRow] {
        switch self {
        case .days, .weeks, .months, .totals: periodRows(report)
        case .players: Self.playerRows(report)
        case .lifetime: Self.lifetimeRows(report)
        case .churn: Self.churnRows(report)
        case .retention: Self.retentionRows(report)
        }
    }

    private func periodRows(_ report: TablesReport) -> [ReportRow] {
        let unit = unit!
        return report.periods.filter { $0.key.unit == unit && $0.key.scope.asset != nil }
            .sorted { ($0.key.scope, $0.key.period) < ($1.key.scope, $1.key.period) }
            .map { key, figures in
                let period: [ReportValue] = unit == .total ? [] : [.text(unit.label(key.period))]
                return ReportRow(
                    exponent: report.exponent(of: key.scope.asset),
                    values: Self.values(key.scope) + period + Self.values(figures))
            }
    }

    private static func values(_ scope: TablesReport.Scope) -> [ReportValue] {
        [.text(scope.tenant), .asset(scope.asset)]
    }

    private static func values(_ figures: PeriodFigures) -> [ReportValue] {
        let money = figures.money
        return [
            .money(money[.bets]), .money(money[.wins]), .money(money.ggr), .share(money.rtp),
            .money(money[.promos]), .money(money[.fees]), .money(money.ngr), .money(money[.deposits]),
            .money(money[.withdrawals]), .money(money[.refunds]), .money(money.adjustments),
            .money(money.transfers), .money(money.exchanges), .money(money.balanceChange),
            .count(figures.players.active), .count(figures.players.paying), .average(figures.arpu),
            .average(figures.arppu),
        ]
    }

    private static func playerRows(_ report: TablesReport) -> [ReportRow] {
        report.periods.filter { $0.key.scope.asset == nil }
            .sorted { left, right in
                let (left, right) = (left.key, right.key)
                return (left.scope, left.unit.rawValue, left.period) < (right.scope, right.unit.rawValue, right.period)
            }
            .map { key, figures in
                ReportRow(
                    exponent: 0,
                    values: [
                        .text(key.scope.tenant), .text(key.unit.name),
                        key.unit == .total ? .none("") : .text(key.unit.label(key.period)),
                        .count(figures.players.active), .count(figures.players.paying),
                    ])
            }
    }

    private static func lifetimeRows(_ report: TablesReport) -> [ReportRow] {
        report.lifetimes.sorted { $0.key < $1.key }.map { scope, lifetime in
            ReportRow(
                exponent: report.exponent(of: scope.asset),
                values: values(scope) + [
                    .count(lifetime.players), .count(lifetime.depositors), .money(lifetime.deposits),
                    .money(lifetime.withdrawals), .money(lifetime.total), .average(lifetime.average),
                ])
        }
    }

    private static func churnRows(_ report: TablesReport) -> [ReportRow] {
        report.churn.sorted { $0.key < $1.key }.map { scope, churn in
            ReportRow(
                exponent: 0,
                values: values(scope) + [
                    .text(report.lastDay!.description), .count(churn.players), .count(churn.churned),
                    .share(churn.rate),
                ])
        }
    }

    /// Each cohort, and below those of a scope all of them together.
    private static func retentionRows(_ report: TablesReport) -> [ReportRow] {
        let scopes = Dictionary(grouping: report.cohorts.keys, by: \.scope).sorted { $0.key < $1.key }
        return scopes.flatMap { scope, keys -> [ReportRow] in
            var all = Cohort()
            let rows = keys.sorted { $0.day < $1.day }.map { key in
                all += report.cohorts[key]!
                return row(scope, .text(key.day.description), report.cohorts[key]!)
            }
            return rows + [row(scope, .none("all"), all)]
        }
    }

    private static func row(_ scope: TablesReport.Scope, _ name: ReportValue, _ cohort: Cohort) -> ReportRow {
        let ages = Cohort.ages.indices.flatMap { age -> [ReportValue] in
            let isKnown = cohort.observed[age] > 0
            return [isKnown ? .count(cohort.returned[age]) : .none("–"), .share(cohort.rate(age))]
        }
        return ReportRow(exponent: 0, values: values(scope) + [name, .count(cohort.players)] + ages)
    }
}
