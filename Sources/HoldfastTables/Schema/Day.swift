internal import HoldfastText

/// A day in UTC: the number of days since 1 January 1970.
package struct Day: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let number: Int64

    package static let milliseconds = CivilDate.millisecondsPerDay

    package init(number: Int64) { self.number = number }

    /// The day of a moment in milliseconds since 1970; no event is earlier.
    @inline(__always)
    package init(of time: Int64) { number = time / 86_400_000 }

    package var begin: Int64 { number * Self.milliseconds }
    package var end: Int64 { begin + Self.milliseconds }

    package static func < (left: Day, right: Day) -> Bool { left.number < right.number }

    /// `2025-11-21`.
    package var description: String { CivilDate(daysSince1970: number).description }

    /// `entries_20251121`.
    package var tableName: String {
        "entries_" + description.filter { $0 != "-" || description.hasPrefix("-") }
    }
}
