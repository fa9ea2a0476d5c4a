package import HoldfastWallet

/// The business figures of a platform, per tenant and asset, from its tables. docs/REPORTS.md defines each.
///
///     let report = try TablesReport.read("tables", ReportSelection(days: .everything))
///     let total = report.periods[.init(.init("evian", "BRL"), .total, 0)]
///     total?.money.ggr
package struct TablesReport: Sendable {
    /// Of which players, in which asset. Without an asset: in any of them, for what can be counted over all.
    package struct Scope: Hashable, Sendable {
        package let tenant: String
        package let asset: String?

        package init(_ tenant: String, _ asset: String?) {
            self.tenant = tenant
            self.asset = asset
        }
    }

    package struct PeriodKey: Hashable, Sendable {
        package let scope: Scope
        package let unit: ReportUnit
        package let period: Int64

        package init(_ scope: Scope, _ unit: ReportUnit, _ period: Int64) {
            self.scope = scope
            self.unit = unit
            self.period = period
        }
    }

    package struct CohortKey: Hashable, Sendable {
        package let scope: Scope
        package let day: Day

        package init(_ scope: Scope, _ day: Day) {
            self.scope = scope
            self.day = day
        }
    }

    package var selection: ReportSelection
    package var shards = 0
    /// The last event that every shard has.
    package var position: UInt64 = 0
    /// Events that could not be projected, and are in none of these figures.
    package var deadLetters: Int64 = 0
    /// The days that are in the tables, and within the selection.
    package var firstDay: Day?
    package var lastDay: Day?

    /// Money and players per asset; in any asset, players alone.
    package var periods: [PeriodKey: PeriodFigures] = [:]
    package var lifetimes: [Scope: Lifetime] = [:]
    package var churn: [Scope: Churn] = [:]
    package var cohorts: [CohortKey: Cohort] = [:]
    /// The decimals of each asset's base.
    package var exponents: [AssetName: Int] = [:]

    package func exponent(of asset: String?) -> Int {
        asset.flatMap { AssetName($0) }.flatMap { exponents[$0.base] } ?? 0
    }
}

extension TablesReport.Scope: Comparable {
    /// "Any asset" comes behind the assets.
    package static func < (left: Self, right: Self) -> Bool {
        if left.tenant != right.tenant { return left.tenant < right.tenant }
        guard let asset = left.asset else { return false }
        guard let other = right.asset else { return true }
        return asset < other
    }
}

/// Which days of which tenant.
package struct ReportSelection: Equatable, Sendable {
    package var days: DayRange
    /// Nil: all of them.
    package var tenant: String?

    package init(days: DayRange = .everything, tenant: String? = nil) {
        self.days = days
        self.tenant = tenant
    }
}
