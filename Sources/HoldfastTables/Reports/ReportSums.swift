/// Gathers a report over the shards, and makes its conclusions when all are in. Tenants and assets have numbers here.
final class ReportSums {
    private struct PeriodKey: Hashable {
        let scope: Int
        let unit: ReportUnit
        let period: Int64
    }

    private struct DayKey: Hashable {
        let scope: Int
        let day: Day
    }

    private let selection: ReportSelection
    private var scopes: [TablesReport.Scope] = []
    private var numbers: [TablesReport.Scope: Int] = [:]
    private var periods: [PeriodKey: PeriodFigures] = [:]
    private var lifetimes: [Int: Lifetime] = [:]
    private var cohorts: [DayKey: Cohort] = [:]
    private var lastSeen: [DayKey: Int] = [:]
    private var firstDay: Day?
    private var lastDay: Day?
    private var position: UInt64?
    private var shards = 0
    private var deadLetters: Int64 = 0

    init(_ selection: ReportSelection) { self.selection = selection }

    func scope(_ tenant: String, _ asset: String?) -> Int {
        let scope = TablesReport.Scope(tenant, asset)
        if let known = numbers[scope] { return known }
        numbers[scope] = scopes.count
        scopes.append(scope)
        return scopes.count - 1
    }

    // MARK: What a shard has

    func noteShard(position: UInt64, deadLetters: Int64, firstDay: Day?, lastDay: Day?) {
        shards += 1
        self.position = min(self.position ?? .max, position)
        self.deadLetters += deadLetters
        if let firstDay { self.firstDay = min(self.firstDay ?? firstDay, firstDay) }
        if let lastDay { self.lastDay = max(self.lastDay ?? lastDay, lastDay) }
    }

    func addMoney(_ scope: Int, _ day: Day, _ money: MoneySums) {
        for unit in ReportUnit.allCases { periods[key(scope, unit, day), default: .init()].money += money }
    }

    func addPlayers(_ scope: Int, _ unit: ReportUnit, _ day: Day, _ players: PlayerCounts) {
        periods[key(scope, unit, day), default: .init()].players += players
    }

    func addPurse(_ scope: Int, deposits: Int64, withdrawals: Int64) {
        lifetimes[scope, default: .init()].players += 1
        if deposits > 0 { lifetimes[scope]!.depositors += 1 }
        lifetimes[scope]!.deposits += Int128(deposits)
        lifetimes[scope]!.withdrawals += Int128(withdrawals)
    }

    /// Of the cohorts that the report is about.
    func addToCohort(_ scope: Int, _ day: Day, _ change: (inout Cohort) -> Void) {
        if day >= selection.days.lower { change(&cohorts[DayKey(scope: scope, day: day), default: .init()]) }
    }

    func noteLastSeen(_ scope: Int, _ day: Day) { lastSeen[DayKey(scope: scope, day: day), default: 0] += 1 }

    private func key(_ scope: Int, _ unit: ReportUnit, _ day: Day) -> PeriodKey {
        PeriodKey(scope: scope, unit: unit, period: unit.period(of: day))
    }

    // MARK: What it all comes to

    func report() -> TablesReport {
        var report = TablesReport(selection: selection)
        report.shards = shards
        report.position = position ?? 0
        report.deadLetters = deadLetters
        let days = selection.days
        if let firstDay, let lastDay, max(firstDay, days.lower) <= min(lastDay, days.upper) {
            report.firstDay = max(firstDay, days.lower)
            report.lastDay = min(lastDay, days.upper)
        }
        for (key, figures) in periods {
            report.periods[.init(scopes[key.scope], key.unit, key.period)] = figures
        }
        for (scope, lifetime) in lifetimes { report.lifetimes[scopes[scope]] = lifetime }
        guard let last = report.lastDay else { return report }
        for (key, count) in lastSeen {
            report.churn[scopes[key.scope], default: .init()].players += count
            if last.number - key.day.number > Churn.daysMax {
                report.churn[scopes[key.scope]]!.churned += count
            }
        }
        for (key, cohort) in cohorts {
            var cohort = cohort
            for (index, age) in Cohort.ages.enumerated() where key.day.number + age <= last.number {
                cohort.observed[index] = cohort.players
            }
            report.cohorts[.init(scopes[key.scope], key.day)] = cohort
        }
        return report
    }
}
