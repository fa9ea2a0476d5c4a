internal import HoldfastText

/// What a report adds up over: a day, an ISO week (from Monday), a calendar month, or all of its days. All in UTC.
package enum ReportUnit: Int, CaseIterable, Sendable {
    case day, week, month, total

    /// The number of the period that a day is in; periods that follow each other have numbers that do.
    func period(of day: Day) -> Int64 {
        switch self {
        case .day: return day.number
        // Day 0, 1 January 1970, was a Thursday: the week's middle. So week n has its Thursday at day 7 n.
        case .week: return (day.number + 3).flooredQuotient(7)
        case .month:
            let date = CivilDate(daysSince1970: day.number)
            return date.year * 12 + Int64(date.month) - 1
        case .total: return 0
        }
    }

    /// The first day of the period that a day is in.
    func begin(of day: Day) -> Day {
        switch self {
        case .day: day
        case .week: Day(number: period(of: day) * 7 - 3)
        case .month: Day(number: day.number - Int64(CivilDate(daysSince1970: day.number).day) + 1)
        case .total: DayRange.earliest
        }
    }

    /// `2025-11-21`, `2025-W47`, `2025-11`.
    func label(_ period: Int64) -> String {
        switch self {
        case .day: return Day(number: period).description
        case .week:
            // A week belongs to the year that its Thursday is in.
            let thursday = CivilDate(daysSince1970: period * 7)
            let dayOfYear = period * 7 - CivilDate(year: thursday.year, month: 1, day: 1)!.daysSince1970
            return "\(thursday.year)-W\(Self.twoDigits(dayOfYear / 7 + 1))"
        case .month:
            let year = period.flooredQuotient(12)
            return "\(year)-\(Self.twoDigits(period - year * 12 + 1))"
        case .total: return "total"
        }
    }

    package var name: String {
        switch self {
        case .day: "day"
        case .week: "week"
        case .month: "month"
        case .total: "total"
        }
    }

    private static func twoDigits(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
