/// Instants as people write them, both ways; inside they are milliseconds since 1970 UTC.
///
///     try RFC3339.milliseconds("2025-11-21T03:40:00+03:00")   // 1763685600000
///     RFC3339.text(1_763_683_230_000)                         // 2025-11-21T00:00:30.000Z
package enum RFC3339 {
    /// `2025-11-21T00:00:30.000Z`
    package static let length = 24

    /// What four digits of year can say: from 0000-01-01 to 9999-12-31.
    package static let printable: ClosedRange<Int64> = -62_167_219_200_000...253_402_300_799_999

    /// RFC 3339 with milliseconds, in UTC. An instant outside `printable` comes out as its milliseconds, which the
    /// parser takes back.
    package static func text(_ milliseconds: Int64) -> String {
        String(unsafeUninitializedCapacity: length) { buffer in
            write(milliseconds, to: UnsafeMutableRawBufferPointer(buffer))
        }
    }

    /// The same into bytes, which must have room for `length`; returns how many were written.
    package static func write(_ milliseconds: Int64, to buffer: UnsafeMutableRawBufferPointer) -> Int {
        precondition(buffer.count >= length, "an RFC 3339 text needs \(length) bytes")
        let target = buffer.baseAddress!.assumingMemoryBound(to: UInt8.self)
        guard printable.contains(milliseconds) else {
            let sign = milliseconds < 0 ? 1 : 0
            target[0] = UInt8(ascii: "-")
            return sign + DecimalDigits.write(milliseconds.magnitude, to: target + sign)
        }
        let days = milliseconds.flooredQuotient(CivilDate.millisecondsPerDay)
        let inDay = UInt64(milliseconds - days * CivilDate.millisecondsPerDay)
        CivilDate(daysSince1970: days).write(to: target)
        target[10] = UInt8(ascii: "T")
        DecimalDigits.write(inDay / 3_600_000, width: 2, to: target + 11)
        target[13] = UInt8(ascii: ":")
        DecimalDigits.write(inDay / 60_000 % 60, width: 2, to: target + 14)
        target[16] = UInt8(ascii: ":")
        DecimalDigits.write(inDay / 1_000 % 60, width: 2, to: target + 17)
        target[19] = UInt8(ascii: ".")
        DecimalDigits.write(inDay % 1_000, width: 3, to: target + 20)
        target[23] = UInt8(ascii: "Z")
        return length
    }

    /// An RFC 3339 instant, or milliseconds since 1970 as a whole number.
    ///
    /// A text of digits alone is always milliseconds: `2025` is two seconds after 1970 began, not a year. Digits of a
    /// fraction beyond the third are cut off. Lower-case `t` and `z`, and a space for the `T`, are in the RFC.
    package static func milliseconds(_ text: String) throws(TimeTextError) -> Int64 {
        let bytes = Array(text.utf8)
        if let number = DecimalDigits.integer(bytes) { return number }
        var cursor = Cursor(bytes: bytes, text: text)
        return try cursor.instant()
    }
}

extension RFC3339 {
    private struct Cursor {
        let bytes: [UInt8]
        let text: String
        var index = 0

        mutating func instant() throws(TimeTextError) -> Int64 {
            let year = try number(4, "year", 0...9_999)
            try separator("-")
            let month = try number(2, "month", 1...12)
            try separator("-")
            let day = try number(2, "day", 1...31)
            guard let date = CivilDate(year: Int64(year), month: month, day: day) else {
                throw error(.noSuchDay)
            }
            guard index < bytes.count else { throw error(.dateWithoutTime) }
            guard [UInt8(ascii: "T"), UInt8(ascii: "t"), UInt8(ascii: " ")].contains(bytes[index]) else {
                throw error(.notATime)
            }
            index += 1
            let hour = try number(2, "hour", 0...23)
            try separator(":")
            let minute = try number(2, "minute", 0...59)
            try separator(":")
            let second = try number(2, "second", 0...60)
            guard second < 60 else { throw error(.leapSecond) }
            let fraction = try fractionMilliseconds()
            let offset = try offsetMinutes()
            guard index == bytes.count else { throw error(.notATime) }
            let seconds = Int64(hour * 3_600 + (minute - offset) * 60 + second)
            return date.daysSince1970 * CivilDate.millisecondsPerDay + seconds * 1_000 + fraction
        }

        mutating func fractionMilliseconds() throws(TimeTextError) -> Int64 {
            guard index < bytes.count, bytes[index] == UInt8(ascii: ".") else { return 0 }
            index += 1
            let start = index
            var milliseconds: Int64 = 0
            var weight: Int64 = 100
            while index < bytes.count, let digit = Self.digit(bytes[index]) {
                milliseconds += Int64(digit) * weight
                weight /= 10
                index += 1
            }
            guard index > start else { throw error(.notATime) }
            return milliseconds
        }

        mutating func offsetMinutes() throws(TimeTextError) -> Int {
            guard index < bytes.count else { throw error(.withoutOffset) }
            let sign = bytes[index]
            index += 1
            switch sign {
            case UInt8(ascii: "Z"), UInt8(ascii: "z"): return 0
            case UInt8(ascii: "+"), UInt8(ascii: "-"): break
            default: throw error(.notATime)
            }
            let hours = try number(2, "offset's hour", 0...23)
            try separator(":")
            let minutes = hours * 60 + (try number(2, "offset's minute", 0...59))
            return sign == UInt8(ascii: "-") ? -minutes : minutes
        }

        /// Exactly `width` digits, within bounds.
        mutating func number(_ width: Int, _ part: String, _ bounds: ClosedRange<Int>) throws(TimeTextError) -> Int {
            guard index + width <= bytes.count else { throw error(.notATime) }
            var value = 0
            for byte in bytes[index..<index + width] {
                guard let digit = Self.digit(byte) else { throw error(.notATime) }
                value = value * 10 + digit
            }
            index += width
            guard bounds.contains(value) else { throw error(.outOfBounds(part: part, bounds: bounds)) }
            return value
        }

        mutating func separator(_ character: Unicode.Scalar) throws(TimeTextError) {
            guard index < bytes.count, bytes[index] == UInt8(ascii: character) else { throw error(.notATime) }
            index += 1
        }

        static func digit(_ byte: UInt8) -> Int? {
            UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte ? Int(byte - UInt8(ascii: "0")) : nil
        }

        func error(_ problem: TimeTextError.Problem) -> TimeTextError {
            TimeTextError(text: text, problem: problem)
        }
    }
}
