/// A day of the proleptic Gregorian calendar, by arithmetic alone.
///
/// The trick is old: begin the year in March, so that the leap day comes last, and months have the regular lengths
/// 31, 30, 31, 30, 31 over and over. An era is 400 years, 146 097 days, after which everything repeats.
package struct CivilDate: Equatable, Hashable, Comparable, Sendable, CustomStringConvertible {
    package static let millisecondsPerDay: Int64 = 86_400_000

    package let year: Int64
    /// 1 to 12.
    package let month: Int
    /// 1 to 31.
    package let day: Int

    /// Nil unless the calendar has that day.
    package init?(year: Int64, month: Int, day: Int) {
        guard 1...12 ~= month, day >= 1, day <= Self.days(inMonth: month, of: year) else { return nil }
        self.year = year
        self.month = month
        self.day = day
    }

    /// Day 0 is 1 January 1970.
    package init(daysSince1970 days: Int64) {
        let shifted = days + 719_468  // from 1 March of year 0
        let era = shifted.flooredQuotient(146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = Int(dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
        month = Int(monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9)
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// The UTC day of an instant.
    ///
    ///     CivilDate(milliseconds: 1_763_683_230_000).description   // 2025-11-21
    package init(milliseconds: Int64) {
        self.init(daysSince1970: milliseconds.flooredQuotient(Self.millisecondsPerDay))
    }

    package var daysSince1970: Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = shiftedYear.flooredQuotient(400)
        let yearOfEra = shiftedYear - era * 400
        let monthFromMarch = Int64(month > 2 ? month - 3 : month + 9)
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + Int64(day) - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    package static func days(inMonth month: Int, of year: Int64) -> Int {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    package static func isLeap(_ year: Int64) -> Bool {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    }

    package static func < (left: CivilDate, right: CivilDate) -> Bool {
        (left.year, left.month, left.day) < (right.year, right.month, right.day)
    }

    /// `2025-11-21`.
    package var description: String {
        guard 0...9_999 ~= year else { return "\(year)-\(month)-\(day)" }
        return String(unsafeUninitializedCapacity: 10) { buffer in
            write(to: buffer.baseAddress!)
            return 10
        }
    }

    /// Ten bytes; the year must have four digits.
    func write(to target: UnsafeMutablePointer<UInt8>) {
        DecimalDigits.write(UInt64(year), width: 4, to: target)
        target[4] = UInt8(ascii: "-")
        DecimalDigits.write(UInt64(month), width: 2, to: target + 5)
        target[7] = UInt8(ascii: "-")
        DecimalDigits.write(UInt64(day), width: 2, to: target + 8)
    }
}

extension Int64 {
    /// Division that rounds down, so that times before 1970 fall into the right day.
    package func flooredQuotient(_ divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
