internal import HoldfastText

/// Moments that come again: every day or every week at a time of day. All in UTC, where no hour is skipped or doubled.
package struct Schedule: Sendable, Equatable {
    package enum Weekday: String, Sendable, CaseIterable {
        // 1 January 1970, with which days are counted, was a Thursday.
        case thursday, friday, saturday, sunday, monday, tuesday, wednesday

        fileprivate var number: Int64 { Int64(Self.allCases.firstIndex(of: self)!) }
    }

    package enum Every: Sendable, Equatable {
        case day
        case week(on: Weekday)
    }

    package let every: Every
    package let minuteOfDay: Int

    package init(every: Every = .day, minuteOfDay: Int) {
        precondition(0..<1_440 ~= minuteOfDay, "a day has 1440 minutes")
        self.every = every
        self.minuteOfDay = minuteOfDay
    }

    /// `03:00`, and nothing else.
    package static func minuteOfDay(_ text: String) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 && $0.allSatisfy(\.isWholeNumber) }),
            let hour = Int(parts[0]), let minute = Int(parts[1]), hour < 24, minute < 60
        else { return nil }
        return hour * 60 + minute
    }

    private var period: Int64 {
        switch every {
        case .day: CivilDate.millisecondsPerDay
        case .week: 7 * CivilDate.millisecondsPerDay
        }
    }

    /// The first such moment after 1970 began.
    private var first: Int64 {
        let inDay = Int64(minuteOfDay) * 60_000
        return switch every {
        case .day: inDay
        case .week(let day): day.number * CivilDate.millisecondsPerDay + inDay
        }
    }

    /// The last moment that is not after `time`, in milliseconds since 1970.
    package func latest(upTo time: Int64) -> Int64 { first + (time - first).flooredQuotient(period) * period }

    /// The first moment after `time`.
    package func next(after time: Int64) -> Int64 { latest(upTo: time) + period }
}
