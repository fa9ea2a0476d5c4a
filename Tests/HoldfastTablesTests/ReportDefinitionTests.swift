import HoldfastText
import Testing

@testable import HoldfastTables

/// One example by hand for each definition of docs/REPORTS.md.
@Suite("A report's figures, by hand")
struct ReportDefinitionTests {
    /// - p1 deposits 100.00, bets 30.00 and wins 10.00, holds 10.00 of which 6.00 are confirmed as a bet, gets a promo
    ///   of 5.00, pays a fee of 2.00, withdraws 20.00 and passes 5.00 on to p3.
    /// - p2 deposits 50.00 and 1.00, of which the latter is rolled back; bets 4.00, which is rolled back.
    /// - p3 never deposits, bets 3.00 and wins 0.
    private func example() -> ReportDays {
        var days = ReportDays()
        days.credit("p3", 0, "refund")
        days.credit("p1", 10_000)
        days.debit("p1", 3_000)
        days.credit("p1", 1_000, "win")
        let hold = days.command("authorise", "\"asset\":\"BRL\",\"amount\":1000", "p1", on: 0)
        days.command("confirm", "\"target\":\"\(hold)\",\"amount\":600", "p1", on: 0)
        days.credit("p1", 500, "promo")
        days.debit("p1", 200, "fee")
        days.debit("p1", 2_000, "withdrawal")
        days.command("transfer", "\"asset\":\"BRL\",\"amount\":500,\"to\":\"p3\"", "p1", on: 0)
        days.credit("p2", 5_000)
        days.rollback("p2", days.credit("p2", 100))
        days.rollback("p2", days.debit("p2", 400))
        days.debit("p3", 300)
        days.credit("p3", 0, "win")
        return days
    }

    @Test("GGR is bets less wins, and what was rolled back is in neither")
    func grossRevenue() async throws {
        let day = try #require(try await example().report().day(0)).money
        // 30.00 + 6.00 + 4.00 − 4.00 + 3.00
        #expect(day[.bets] == 3_900 && day[.wins] == 1_000)
        #expect(day.ggr == 2_900)
    }

    @Test("NGR is GGR less bonuses and fees")
    func netRevenue() async throws {
        let day = try #require(try await example().report().day(0)).money
        #expect(day[.promos] == 500 && day[.fees] == 200)
        #expect(day.ngr == 2_200)
    }

    @Test("RTP is wins by bets, and nothing where there are no bets")
    func returnToPlayer() async throws {
        let report = try await example().report()
        // 10.00 of 39.00
        #expect(report.day(0)?.money.rtp?.text(decimals: 6) == "0.256410")
        var days = ReportDays()
        days.credit("p1", 1_000, "win")
        let figures = try #require(try await days.report().day(0))
        #expect(figures.money.rtp == nil && figures.money.ggr == -1_000)
    }

    @Test("deposits and withdrawals are what came in and went out, without what was rolled back")
    func deposits() async throws {
        let day = try #require(try await example().report().day(0)).money
        #expect(day[.deposits] == 15_000 && day[.withdrawals] == 2_000)
        // 150.00 + 10.00 + 5.00 − 39.00 − 2.00 − 20.00
        #expect(day.transfers == 0 && day.balanceChange == 10_400)
    }

    @Test("ARPU is NGR by active players, ARPPU by those who deposited")
    func revenuePerUser() async throws {
        let day = try #require(try await example().report().day(0))
        #expect(day.players.active == 3 && day.players.paying == 2)
        #expect(day.arpu?.text(decimals: 6) == "733.333333")
        #expect(day.arppu?.text(decimals: 6) == "1100.000000")
        var days = ReportDays()
        days.credit("p1", 100, "promo")
        let nobody = try #require(try await days.report().day(0))
        #expect(nobody.players == PlayerCounts() && nobody.arpu == nil && nobody.arppu == nil)
    }

    @Test("LTV is deposits less withdrawals, of all players and for each of them")
    func lifetimeValue() async throws {
        let report = try await example().report()
        let lifetime = try #require(report.lifetimes[.init("evian", "BRL")])
        #expect(lifetime.players == 3 && lifetime.depositors == 2)
        #expect(lifetime.deposits == 15_000 && lifetime.withdrawals == 2_000 && lifetime.total == 13_000)
        #expect(lifetime.average?.text(decimals: 6) == "4333.333333")
    }

    @Test("a rollback counts on its own day, so a day that has ended stays as it was")
    func laterRollback() async throws {
        var days = ReportDays()
        days.credit("p1", 1_000)
        let bet = days.debit("p1", 400)
        let before = try await days.report()
        days.rollback("p1", bet, on: 1)
        let after = try await days.report()
        #expect(after.day(0) == before.day(0))
        let next = try #require(after.day(1))
        #expect(next.money[.bets] == -400 && next.money.ggr == -400 && next.money.rtp == nil)
        #expect(next.players.active == 0, "a rollback is nothing that a player did")
        #expect(after.figures(.total)?.money[.bets] == 0)
    }

    @Test("a bonus purse is an asset of its own, and currencies never mix")
    func purses() async throws {
        var days = ReportDays()
        days.credit("p1", 1_000)
        days.credit("p1", 500, "promo", asset: "BRL.bonus")
        days.debit("p1", 300, asset: "BRL.bonus")
        days.credit("p1", 70, "win", asset: "BRL.bonus")
        days.credit("p1", 9, asset: "JPY")
        days.debit("p1", 5, asset: "JPY")
        days.credit("p1", 800, tenant: "other")
        let report = try await days.report()
        let (real, bonus) = (try #require(report.day(0)), try #require(report.day(0, "BRL.bonus")))
        #expect(real.money.ggr == 0 && real.money[.deposits] == 1_000)
        #expect(bonus.money.ggr == 230 && bonus.money.ngr == -270 && bonus.players.active == 1)
        #expect(report.day(0, "JPY")?.money.ggr == 5)
        #expect(report.figures(.total, tenant: "other")?.money[.deposits] == 800)
        // One player in three purses, and none of their money in the row of all assets.
        let any = try #require(report.day(0, nil))
        #expect(any.players.active == 1 && any.players.paying == 1 && any.money == MoneySums())
        #expect(report.lifetimes[.init("evian", nil)] == nil)
    }

    @Test("a player is active once a day, once an ISO week and once a month, by playing or paying")
    func activePlayers() async throws {
        var days = ReportDays()
        days.credit("p1", 1_000, on: 0)
        days.debit("p1", 10, on: 0)
        days.debit("p1", 10, on: 1)
        // Monday.
        days.debit("p1", 10, on: 3)
        days.credit("p2", 500, on: 3)
        days.credit("p3", 500, "promo", on: 3)
        // 1 December.
        days.debit("p2", 10, on: 10)
        let report = try await days.report()
        #expect(
            report.active(.day).filter { $0.value > 0 } == [
                "2025-11-21": 1, "2025-11-22": 1, "2025-11-24": 2, "2025-12-01": 1,
            ])
        #expect(report.active(.week) == ["2025-W47": 1, "2025-W48": 2, "2025-W49": 1])
        #expect(report.active(.month) == ["2025-11": 2, "2025-12": 1])
        #expect(report.active(.total) == ["total": 2])
        // Only the days that are asked for count.
        let part = try await days.report(.init(days: DayRange(from: ReportDays.day(1), to: ReportDays.day(3))))
        #expect(part.active(.week) == ["2025-W47": 1, "2025-W48": 2] && part.active(.total) == ["total": 2])
        #expect(part.figures(.total)?.players.paying == 1, "p1 deposited before")
    }

    @Test("a player is gone who was not active for more than 30 days")
    func churn() async throws {
        var days = ReportDays()
        days.credit("p1", 1_000, on: 0)
        days.credit("p2", 1_000, on: 1)
        days.credit("p1", 1_000, "promo", on: 31)
        days.credit("p3", 1_000, on: 31)
        let all = try await days.report()
        #expect(all.churn[.init("evian", "BRL")] == Churn(players: 3, churned: 1))
        #expect(all.churn[.init("evian", nil)]?.rate?.text(decimals: 6) == "0.333333")
        // A day earlier nobody is, and p3 isn't there yet.
        let earlier = try await days.report(.init(days: DayRange(from: nil as Day?, to: ReportDays.day(30))))
        #expect(earlier.churn[.init("evian", "BRL")] == Churn(players: 2, churned: 0))
    }

    @Test("retention is how many came back on day 1, 7 and 30, as far as these days have been")
    func retention() async throws {
        var days = ReportDays()
        for player in ["p1", "p2", "p3"] { days.credit(player, 1_000, on: 0) }
        days.debit("p1", 1, on: 1)
        days.debit("p3", 1, on: 2)
        days.debit("p1", 1, on: 7)
        days.debit("p2", 1, on: 7)
        days.credit("p4", 1_000, on: 29)
        days.debit("p4", 1, on: 30)
        let report = try await days.report()
        #expect(report.cohort(0) == Cohort(players: 3, returned: [1, 2, 0], observed: [3, 3, 3]))
        #expect(report.cohort(29) == Cohort(players: 1, returned: [1, 0, 0], observed: [1, 0, 0]))
        #expect(report.cohort(0)?.rate(1)?.text(decimals: 6) == "0.666667")
        #expect(report.cohort(29)?.rate(2) == nil)
        let section = ReportSection.retention.rows(of: report).map { row in
            row.values.dropFirst(2).map { $0.text(exponent: 0) }
        }
        // The last row of each asset is over all cohorts that are old enough.
        #expect(section[2] == ["all", "4", "2", "50.00 %", "2", "66.67 %", "0", "0.00 %"])
    }
}
