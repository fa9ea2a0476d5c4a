/// A text that says no instant or duration, and why not.
package struct TimeTextError: Error, Equatable, CustomStringConvertible {
    package enum Problem: Equatable, Sendable {
        case notATime
        /// Where a day alone would do as well.
        case notADayOrTime
        case outOfBounds(part: String, bounds: ClosedRange<Int>)
        case noSuchDay
        case dateWithoutTime
        case withoutOffset
        /// Milliseconds since 1970 have no number for a leap second, so taking one would silently move it.
        case leapSecond
        case notADuration
        case durationWithoutUnit
        case durationTooLong
    }

    package let text: String
    package let problem: Problem

    package init(text: String, problem: Problem) {
        self.text = text
        self.problem = problem
    }

    package var description: String {
        switch problem {
        case .notATime:
            "“\(text)” is not a time: expected RFC 3339 such as 2025-11-21T03:40:00Z, or milliseconds since 1970"
        case .notADayOrTime:
            "“\(text)” is neither a day nor a time: expected a day such as 2025-11-21, RFC 3339 such as "
                + "2025-11-21T03:40:00Z, or milliseconds since 1970"
        case .outOfBounds(let part, let bounds):
            "“\(text)” is not a time: the \(part) goes from \(bounds.lowerBound) to \(bounds.upperBound)"
        case .noSuchDay:
            "“\(text)” is not a time: that month has no such day"
        case .dateWithoutTime:
            "“\(text)” is a day, not a time: write \(text)T00:00:00Z for its beginning in UTC"
        case .withoutOffset:
            "“\(text)” does not say which time zone it is in: end it with Z for UTC, or an offset such as +02:00"
        case .leapSecond:
            "“\(text)” is a leap second, which milliseconds since 1970 cannot name: use second 59 or the next minute"
        case .notADuration:
            "“\(text)” is not a duration: expected a whole number and a unit, such as 90d, 24h, 5m, 30s or 500ms"
        case .durationWithoutUnit:
            "“\(text)” has no unit: write \(text)s for seconds, or use ms, m, h or d"
        case .durationTooLong:
            "“\(text)” is too long a duration"
        }
    }
}
