package import HoldfastText

/// The days that a report is about, whole ones in UTC, both ends included.
///
///     try DayRange(from: "2025-11-01", to: "2025-12-01T00:00:00Z")    // November
package struct DayRange: Equatable, Sendable {
    /// Days beyond these come from no clock; the bounds leave room to calculate with.
    static let earliest = Day(number: -(1 << 40))
    static let latest = Day(number: 1 << 40)
    package static let everything = DayRange(from: nil as Day?, to: nil)

    /// Nil where that end is open.
    package let from: Day?
    package let to: Day?

    package init(from: Day?, to: Day?) {
        self.from = from
        self.to = to
    }

    /// Each end is RFC 3339, milliseconds since 1970, or a day as `2025-11-21`.
    ///
    /// A moment within a day means the whole day. A `to` at midnight is the end of the day before it, so that two
    /// reports that meet at a moment have no day in common; a `to` that is written as a day includes that day.
    package init(from: String?, to: String?) throws(TimeTextError) {
        let first = try from.map { text throws(TimeTextError) in try Self.moment(text).time }
        self.from = first.map(Self.day)
        guard let to else {
            self.to = nil
            return
        }
        let (time, isDay) = try Self.moment(to)
        let last = isDay ? Self.day(time) : Self.day(time > .min ? time - 1 : time)
        // From and to the same midnight: the day that begins then.
        if let first, time == first, !isDay { self.to = self.from } else { self.to = last }
    }

    private static func moment(_ text: String) throws(TimeTextError) -> (time: Int64, isDay: Bool) {
        do throws(TimeTextError) {
            return (try RFC3339.milliseconds(text), false)
        } catch {
            switch error.problem {
            case .dateWithoutTime: return (try RFC3339.milliseconds(text + "T00:00:00Z"), true)
            case .notATime: throw TimeTextError(text: text, problem: .notADayOrTime)
            default: throw error
            }
        }
    }

    /// Rounded down, before 1970 too.
    private static func day(_ time: Int64) -> Day { Day(number: CivilDate(milliseconds: time).daysSince1970) }

    package var isEmpty: Bool { lower > upper }
    var lower: Day { from ?? Self.earliest }
    var upper: Day { to ?? Self.latest }
}
