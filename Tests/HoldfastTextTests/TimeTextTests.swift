import HoldfastTestSupport
import Testing

@testable import HoldfastText

@Suite("Times as text")
struct RFC3339Tests {
    /// Counts days one by one, knowing only how long months are.
    private struct Calendar {
        var year = 1970
        var month = 1
        var day = 1

        mutating func advance() {
            let isLeap = year % 400 == 0 || (year % 4 == 0 && year % 100 != 0)
            let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            day += 1
            if day > lengths[month - 1] {
                day = 1
                month += 1
            }
            if month > 12 {
                month = 1
                year += 1
            }
        }

        var text: String {
            func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
            return "\(year)-\(two(month))-\(two(day))"
        }
    }

    @Test("every day from 1970 to 2100, both ways")
    func everyDay() throws {
        var calendar = Calendar()
        var days: Int64 = 0
        while calendar.year <= 2100 {
            let text = calendar.text
            let noon = days * 86_400_000 + 43_200_001
            #expect(RFC3339.text(noon) == "\(text)T12:00:00.001Z")
            #expect(try RFC3339.milliseconds("\(text)T12:00:00.001Z") == noon)
            #expect(CivilDate(daysSince1970: days).description == text)
            #expect(CivilDate(daysSince1970: days).daysSince1970 == days)
            calendar.advance()
            days += 1
        }
        #expect(days == 47_847)
    }

    @Test("random instants of all four-digit years come back as they went in")
    func roundTrip() throws {
        var generator = SplitMix64(seed: 5)
        for _ in 0..<20_000 {
            let time = Int64.random(in: RFC3339.printable, using: &generator)
            #expect(try RFC3339.milliseconds(RFC3339.text(time)) == time)
        }
    }

    @Test(
        "what a person may write",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("1969-12-31T23:59:59.999Z", -1), ("2000-02-29T00:00:00Z", 951_782_400_000),
            ("2025-11-21T00:00:30Z", 1_763_683_230_000), ("2025-11-21T03:00:30+03:00", 1_763_683_230_000),
            ("2025-11-20T16:30:30-07:30", 1_763_683_230_000), ("2025-11-21t00:00:30z", 1_763_683_230_000),
            ("2025-11-21 00:00:30Z", 1_763_683_230_000), ("2025-11-21T00:00:30-00:00", 1_763_683_230_000),
            ("2025-11-21T00:00:30.5Z", 1_763_683_230_500), ("2025-11-21T00:00:30.1239999Z", 1_763_683_230_123),
            ("0000-01-01T00:00:00Z", -62_167_219_200_000), ("1763683230000", 1_763_683_230_000), ("-5", -5), ("0", 0),
        ])
    func parses(text: String, expected: Int64) throws {
        #expect(try RFC3339.milliseconds(text) == expected)
    }

    @Test(
        "what says no instant is refused with the reason",
        arguments: [
            ("yesterday", TimeTextError.Problem.notATime), ("", .notATime), ("2025-11-21T00:00:30Z ", .notATime),
            ("2025-11-21T00:00:30.Z", .notATime), ("2025-1-21T00:00:30Z", .notATime), ("1e3", .notATime),
            ("+5", .notATime),
            ("99999999999999999999", .notATime), ("2025-11-21X00:00:30Z", .notATime),
            ("2025-11-21T00:00Z", .notATime), ("2025-11-21T00:00:30+0300", .notATime),
            ("2025-11-21", .dateWithoutTime), ("2025-11-21T00:00:30", .withoutOffset),
            ("2025-02-29T00:00:00Z", .noSuchDay), ("1900-02-29T00:00:00Z", .noSuchDay),
            ("2025-04-31T00:00:00Z", .noSuchDay), ("2016-12-31T23:59:60Z", .leapSecond),
            ("2025-13-01T00:00:00Z", .outOfBounds(part: "month", bounds: 1...12)),
            ("2025-00-01T00:00:00Z", .outOfBounds(part: "month", bounds: 1...12)),
            ("2025-01-01T24:00:00Z", .outOfBounds(part: "hour", bounds: 0...23)),
            ("2025-01-01T00:60:00Z", .outOfBounds(part: "minute", bounds: 0...59)),
            ("2025-01-01T00:00:61Z", .outOfBounds(part: "second", bounds: 0...60)),
            ("2025-01-01T00:00:00+24:00", .outOfBounds(part: "offset's hour", bounds: 0...23)),
        ])
    func refuses(text: String, expected: TimeTextError.Problem) {
        #expect(throws: TimeTextError(text: text, problem: expected)) { try RFC3339.milliseconds(text) }
    }

    @Test("messages say what to write instead")
    func messages() {
        #expect(
            TimeTextError(text: "2025-11-21", problem: .dateWithoutTime).description
                == "“2025-11-21” is a day, not a time: write 2025-11-21T00:00:00Z for its beginning in UTC")
        #expect(
            TimeTextError(text: "2016-12-31T23:59:60Z", problem: .leapSecond).description.contains("leap second"))
    }

    @Test("what four digits of year can't say is printed as milliseconds, and read back", arguments: [Int64.min, .max])
    func beyondYears(time: Int64) throws {
        #expect(RFC3339.text(time) == "\(time)")
        #expect(try RFC3339.milliseconds(RFC3339.text(time)) == time)
    }

    @Test("civil days hold far from our time, and only days that exist")
    func civilDays() {
        for days in stride(from: Int64(-1_000_000_000), through: 1_000_000_000, by: 9_999_991) {
            #expect(CivilDate(daysSince1970: days).daysSince1970 == days)
        }
        #expect(CivilDate(milliseconds: -1).description == "1969-12-31")
        #expect(CivilDate(year: 2024, month: 2, day: 29)!.daysSince1970 == 19_782)
        #expect(CivilDate(year: 2023, month: 2, day: 29) == nil)
        #expect(CivilDate(year: 2023, month: 1, day: 0) == nil)
        #expect(CivilDate(year: 2023, month: 12, day: 31)! < CivilDate(year: 2024, month: 1, day: 1)!)
    }
}

@Suite("Durations as text")
struct DurationTextTests {
    @Test(
        "one number and one unit",
        arguments: [
            ("90d", 7_776_000_000), ("24h", 86_400_000), ("5m", 300_000), ("30s", 30_000), ("500ms", 500), ("0s", 0),
        ])
    func parses(text: String, expected: Int64) throws {
        #expect(try DurationText.milliseconds(text) == expected)
    }

    @Test(
        "anything else is refused with the reason",
        arguments: [
            ("", TimeTextError.Problem.notADuration), ("d", .notADuration), ("-5s", .notADuration),
            ("1.5h", .notADuration),
            ("1h30m", .notADuration), ("5 s", .notADuration), ("5y", .notADuration), ("90", .durationWithoutUnit),
            ("106751991168d", .durationTooLong), ("99999999999999999999ms", .durationTooLong),
        ])
    func refuses(text: String, expected: TimeTextError.Problem) {
        #expect(throws: TimeTextError(text: text, problem: expected)) { try DurationText.milliseconds(text) }
    }

    @Test("the shortest form is read back as the same length")
    func roundTrip() throws {
        #expect(DurationText.text(86_400_000) == "1d")
        #expect(DurationText.text(90_000) == "90s")
        #expect(DurationText.text(0) == "0s")
        var generator = SplitMix64(seed: 6)
        for _ in 0..<1_000 {
            let length =
                Int64.random(in: 0...Int64.max, using: &generator) >> Int64.random(in: 0..<63, using: &generator)
            #expect(try DurationText.milliseconds(DurationText.text(length)) == length)
        }
    }
}
