import Holdfast
import HoldfastLog
import HoldfastWallet
import Testing

@testable import HoldfastTables

@Suite("Reports against the log")
struct ReportPropertyTests {
    @Test("equal what a plain reading of the events comes to", arguments: [(1, 1, 7), (2, 3, 8), (3, 11, 9)])
    func equality(lanes: Int, shards: Int, seed: UInt64) async throws {
        let work = try TestLedger(lanes: lanes)
        try await work.apply(TestLedger.lines(4_000, seed: seed))
        try work.sync(shards: shards)
        let naive = try NaiveReport(work.ledger)
        let report = try TablesReport.read(work.tables)
        try expect(report, naive, naive.days)
        // Some of the days, as if there were none behind them.
        let sorted = naive.days.sorted()
        let part = sorted[sorted.count / 3]...sorted[sorted.count * 2 / 3]
        let selection = ReportSelection(days: DayRange(from: part.lowerBound, to: part.upperBound), tenant: "evian")
        try expect(TablesReport.read(work.tables, selection), naive, naive.days.filter(part.contains), "evian")
    }

    private func expect(
        _ report: TablesReport, _ naive: NaiveReport, _ days: Set<Day>, _ tenant: String? = nil
    ) throws {
        for unit in ReportUnit.allCases {
            let expected = naive.periods(unit, days, tenant)
            let found = report.periods.filter { $0.key.unit == unit }.filter { $0.value != PeriodFigures() }
            #expect(Set(found.keys) == Set(expected.keys))
            for (key, figures) in expected { #expect(found[key] == figures, "\(key)") }
        }
        let last = try #require(naive.days.filter { $0 <= days.max()! }.max())
        #expect(report.churn == naive.churn(asOf: last, tenant))
        #expect(report.cohorts == naive.cohorts(from: days.min()!, asOf: last, tenant))
        // The flows of all days add up to what is in the wallets.
        if tenant == nil {
            for (scope, balance) in naive.balances {
                let total = report.periods[.init(scope, .total, 0)]?.money.balanceChange
                #expect(total ?? 0 == balance, "\(scope)")
            }
        }
    }
}

/// The same figures from the events themselves, with sets of names and no cleverness.
private struct NaiveReport {
    typealias Scope = TablesReport.Scope

    struct ScopeDay: Hashable {
        let scope: Scope
        let day: Day
    }

    private(set) var days: Set<Day> = []
    private(set) var balances: [Scope: Int128] = [:]
    private var money: [ScopeDay: MoneySums] = [:]
    private var active: [ScopeDay: Set<[UInt8]>] = [:]
    private var paying: [ScopeDay: Set<[UInt8]>] = [:]
    /// What each request moved, by player and name.
    private var requests: [[UInt8]: DailyTotals.Flow] = [:]

    init(_ ledger: String) throws {
        let reader = try LedgerFiles(ledger).reader(from: 1)
        while try reader.readBatch({ (record, _, _, _) throws(LedgerError) in
            let pair = try EventRows(reading: record)
            add(pair.first, isSecond: false)
            if let second = pair.second { add(second, isSecond: true) }
        }) > 0 {}
    }

    private mutating func add(_ row: EventRow, isSecond: Bool) {
        let tenant = Self.text(row.tenantID)
        let player = Array(row.tenantID) + [0] + Array(row.playerID)
        let day = Day(of: row.createdAt)
        days.insert(day)
        if let request = row.requestID, row.event != .received { requests[player + [0] + Array(request)] = nil }
        guard let asset = row.asset.map(Self.text), let delta = row.balanceDelta else { return }
        balances[Scope(tenant, asset), default: 0] += Int128(delta)
        guard let flow = flow(of: row, player, isSecond: isSecond) else { return }
        let isRollback = row.event == .rolledBack
        let key = ScopeDay(scope: Scope(tenant, asset), day: day)
        money[key, default: .init()][flow] += Int128(isRollback ? -abs(delta) : abs(delta))
        guard !isRollback, [.bets, .wins, .deposits, .withdrawals].contains(flow) else { return }
        for scope in [Scope(tenant, asset), Scope(tenant, nil)] {
            active[ScopeDay(scope: scope, day: day), default: []].insert(player)
            if flow == .deposits { paying[ScopeDay(scope: scope, day: day), default: []].insert(player) }
        }
    }

    private mutating func flow(of row: EventRow, _ player: [UInt8], isSecond: Bool) -> DailyTotals.Flow? {
        let name = player + [0] + Array(row.requestID ?? UnsafeRawBufferPointer(start: nil, count: 0))
        switch row.event {
        case .credited:
            let flows: [String: DailyTotals.Flow] = [
                "deposit": .deposits, "win": .wins, "refund": .refunds, "promo": .promos, "adjustment": .adjustmentsIn,
            ]
            requests[name] = flows[row.kind!.description]!
            return requests[name]
        case .debited:
            let flows: [String: DailyTotals.Flow] = [
                "bet": .bets, "withdrawal": .withdrawals, "fee": .fees, "adjustment": .adjustmentsOut,
            ]
            requests[name] = flows[row.kind!.description]!
            return requests[name]
        case .authorised:
            requests[name] = .bets
            return nil
        case .confirmed: return .bets
        case .rolledBack: return row.balanceDelta == 0 ? nil : requests[player + [0] + Array(row.target!)]
        case .transferred: return .transfersOut
        case .received: return .transfersIn
        case .exchanged: return isSecond ? .exchangesIn : .exchangesOut
        case .tombstoned, .locked, .unlocked, .holdExpired, .refused: return nil
        }
    }

    private static func text(_ bytes: UnsafeRawBufferPointer) -> String { String(decoding: bytes, as: UTF8.self) }

    // MARK: Figures

    func periods(_ unit: ReportUnit, _ days: Set<Day>, _ tenant: String?) -> [TablesReport.PeriodKey: PeriodFigures] {
        var periods: [TablesReport.PeriodKey: PeriodFigures] = [:]
        var active: [TablesReport.PeriodKey: Set<[UInt8]>] = [:]
        var paying = active
        func key(_ place: ScopeDay) -> TablesReport.PeriodKey? {
            guard days.contains(place.day), tenant == nil || place.scope.tenant == tenant else { return nil }
            return .init(place.scope, unit, unit.period(of: place.day))
        }
        for (place, sums) in money {
            if let key = key(place) { periods[key, default: .init()].money += sums }
        }
        for (place, players) in self.active {
            if let key = key(place) { active[key, default: []].formUnion(players) }
        }
        for (place, players) in self.paying {
            if let key = key(place) { paying[key, default: []].formUnion(players) }
        }
        for (key, players) in active { periods[key, default: .init()].players.active = players.count }
        for (key, players) in paying { periods[key, default: .init()].players.paying = players.count }
        return periods.filter { $0.value != PeriodFigures() }
    }

    private func activeDays(_ tenant: String?) -> [Scope: [[UInt8]: Set<Day>]] {
        var days: [Scope: [[UInt8]: Set<Day>]] = [:]
        for (place, players) in active where tenant == nil || place.scope.tenant == tenant {
            for player in players { days[place.scope, default: [:]][player, default: []].insert(place.day) }
        }
        return days
    }

    func churn(asOf last: Day, _ tenant: String?) -> [Scope: Churn] {
        activeDays(tenant).mapValues { players in
            let seen = players.values.compactMap { $0.filter { $0 <= last }.max() }
            return Churn(players: seen.count, churned: seen.filter { last.number - $0.number > 30 }.count)
        }.filter { $0.value.players > 0 }
    }

    func cohorts(from first: Day, asOf last: Day, _ tenant: String?) -> [TablesReport.CohortKey: Cohort] {
        var cohorts: [TablesReport.CohortKey: Cohort] = [:]
        for (scope, players) in activeDays(tenant) {
            for days in players.values {
                let begin = days.min()!
                guard begin >= first, begin <= last else { continue }
                let key = TablesReport.CohortKey(scope, begin)
                cohorts[key, default: .init()].players += 1
                for (index, age) in [Int64(1), 7, 30].enumerated() {
                    let later = Day(number: begin.number + age)
                    guard later <= last else { continue }
                    cohorts[key]!.observed[index] += 1
                    if days.contains(later) { cohorts[key]!.returned[index] += 1 }
                }
            }
        }
        return cohorts
    }
}
