/// What moved in one asset over some days, rollbacks netted out. Sums over players pass what 64 bits hold.
package struct MoneySums: Equatable, Sendable {
    private var net = [Int128](repeating: 0, count: DailyTotals.Flow.allCases.count)

    package init() {}

    package subscript(flow: DailyTotals.Flow) -> Int128 {
        get { net[flow.rawValue] }
        set { net[flow.rawValue] = newValue }
    }

    static func += (left: inout MoneySums, right: MoneySums) {
        for flow in right.net.indices { left.net[flow] += right.net[flow] }
    }

    /// Gross gaming revenue.
    package var ggr: Int128 { self[.bets] - self[.wins] }
    /// Net gaming revenue.
    package var ngr: Int128 { ggr - self[.promos] - self[.fees] }
    /// Return to player.
    package var rtp: Quotient? { Quotient(self[.wins], self[.bets]) }

    package var adjustments: Int128 { self[.adjustmentsIn] - self[.adjustmentsOut] }
    /// 0 over all players of a tenant.
    package var transfers: Int128 { self[.transfersIn] - self[.transfersOut] }
    package var exchanges: Int128 { self[.exchangesIn] - self[.exchangesOut] }

    /// By how much all balances together grew.
    package var balanceChange: Int128 {
        DailyTotals.Flow.allCases.reduce(0) { sum, flow in sum + (flow.isIncoming ? self[flow] : -self[flow]) }
    }
}

/// How many different players.
package struct PlayerCounts: Equatable, Sendable {
    /// Placed a bet, had a win, deposited or withdrew.
    package var active = 0
    /// Deposited.
    package var paying = 0

    static func += (left: inout PlayerCounts, right: PlayerCounts) {
        left.active += right.active
        left.paying += right.paying
    }
}

extension Did {
    /// What makes a player active. What an operator does to a wallet (a promo, a refund, a fee, an adjustment) does
    /// not, nor does a hold that was never confirmed, or money passed on or exchanged.
    static let play = bet | win | deposit | withdrawal
}

/// What the days of a period come to, in one asset of a tenant.
package struct PeriodFigures: Equatable, Sendable {
    package var money = MoneySums()
    package var players = PlayerCounts()

    package var arpu: Quotient? { Quotient(money.ngr, Int128(players.active)) }
    package var arppu: Quotient? { Quotient(money.ngr, Int128(players.paying)) }
}

/// All that the players of a tenant ever brought and took in one asset.
package struct Lifetime: Equatable, Sendable {
    /// Those who have a purse of the asset.
    package var players = 0
    /// Of these, those whose deposits were not all rolled back.
    package var depositors = 0
    package var deposits: Int128 = 0
    package var withdrawals: Int128 = 0

    package var total: Int128 { deposits - withdrawals }
    package var average: Quotient? { Quotient(total, Int128(players)) }
}

/// Who stayed away.
package struct Churn: Equatable, Sendable {
    /// Days without activity after which a player counts as gone.
    package static let daysMax: Int64 = 30

    /// Those who were ever active.
    package var players = 0
    /// Of these, those who were not active for more than 30 days.
    package var churned = 0

    package var rate: Quotient? { Quotient(Int128(churned), Int128(players)) }
}

/// The players who were active for the first time on a day, and how many of them came back on the day that was so
/// many days later.
package struct Cohort: Equatable, Sendable {
    package static let ages: [Int64] = [1, 7, 30]

    package var players = 0
    /// By age.
    package var returned = [Int](repeating: 0, count: ages.count)
    /// The players of cohorts that are old enough to tell, by age; 0 while that day is still to come.
    package var observed = [Int](repeating: 0, count: ages.count)

    package func rate(_ age: Int) -> Quotient? { Quotient(Int128(returned[age]), Int128(observed[age])) }

    static func += (left: inout Cohort, right: Cohort) {
        left.players += right.players
        for age in ages.indices {
            left.returned[age] += right.returned[age]
            left.observed[age] += right.observed[age]
        }
    }
}
