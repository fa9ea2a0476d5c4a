import HoldfastTestSupport
import Testing

@testable import HoldfastText

@Suite("Numbers for people")
struct HumanTests {
    @Test(
        "counts in groups of three",
        arguments: [
            (0, "0"), (999, "999"), (1_000, "1 000"), (1_234_567, "1 234 567"), (-1_234, "-1 234"), (-999, "-999"),
            (Int.min, "-9 223 372 036 854 775 808"),
        ])
    func counts(value: Int, expected: String) {
        #expect(Human.count(value) == expected)
    }

    @Test(
        "sizes in powers of 1024",
        arguments: [
            (0, "0 B"), (1_023, "1023 B"), (1_024, "1.0 KiB"), (1_536, "1.5 KiB"), (1_048_575, "1.0 MiB"),
            (1_288_490_189, "1.2 GiB"), (Int.max, "8.0 EiB"), (-2_048, "-2.0 KiB"),
        ])
    func sizes(value: Int, expected: String) {
        #expect(Human.bytes(value) == expected)
    }

    @Test(
        "rates",
        arguments: [
            (0, "0 events/s"), (849.6, "850 events/s"), (9_999, "9 999 events/s"), (48_123, "48.1 k events/s"),
            (999_960, "1.0 M events/s"), (5_900_000, "5.9 M events/s"), (.infinity, "– events/s"),
        ])
    func rates(value: Double, expected: String) {
        #expect(Human.rate(value, of: "events") == expected)
    }

    @Test("byte rates and percentages")
    func others() {
        #expect(Human.byteRate(3_565_158.4) == "3.4 MiB/s")
        #expect(Human.byteRate(.infinity) == "– B/s")
        #expect(Human.percent(999, of: 1_000) == "99 %")
        #expect(Human.percent(1_000, of: 1_000) == "100 %")
        #expect(Human.percent(0, of: 0) == "–")
    }

    @Test(
        "lengths of time",
        arguments: [
            (0, "0 ms"), (350, "350 ms"), (1_299, "1.2 s"), (9_999, "9.9 s"), (31_900, "31 s"), (125_000, "2 min 05 s"),
            (3_720_000, "1 h 02 min"), (86_399_999, "23 h 59 min"), (273_600_000, "3 d 04 h"), (-1_500, "-1.5 s"),
        ])
    func durations(milliseconds: Int64, expected: String) {
        #expect(Human.duration(milliseconds: milliseconds) == expected)
    }

    @Test(
        "latencies",
        arguments: [(640, "640 ns"), (6_789, "6.7 µs"), (70_123_456, "70.1 ms"), (1_500_000_000, "1.5 s")])
    func latencies(nanoseconds: UInt64, expected: String) {
        #expect(Human.duration(nanoseconds: nanoseconds) == expected)
    }
}

@Suite("Money as text")
struct MoneyTextTests {
    @Test(
        "minor units become decimals",
        arguments: [
            (1_234, 2, "12.34"), (-1_234, 2, "-12.34"), (5, 2, "0.05"), (-5, 2, "-0.05"), (0, 2, "0.00"), (0, 0, "0"),
            (500, 0, "500"), (1_234_567, 3, "1234.567"), (100_000_000, 8, "1.00000000"),
            (1, 18, "0.000000000000000001"),
            (.max, 0, "9223372036854775807"), (.max, 18, "9.223372036854775807"), (.min, 18, "-9.223372036854775808"),
            (.min, 0, "-9223372036854775808"),
        ] as [(Int64, Int, String)])
    func texts(minorUnits: Int64, exponent: Int, expected: String) {
        #expect(MoneyText.text(minorUnits: minorUnits, exponent: exponent) == expected)
        #expect(expected.utf8.count <= MoneyText.maximumLength)
    }

    @Test(
        "on pages the digits before the point stand in groups that stay together",
        arguments: [
            ("0", "0"), ("999", "999"), ("1000", "1 000"), ("-1000", "-1 000"), ("-100", "-100"), ("+100", "+100"),
            ("12.3456", "12.3456"), ("1234567.89", "1 234 567.89"), ("+123456.00", "+123 456.00"), ("", ""),
            ("170141183460469231731687303715884105727", "170 141 183 460 469 231 731 687 303 715 884 105 727"),
        ])
    func groups(plain: String, expected: String) {
        #expect(MoneyText.grouped(plain) == expected.replacing(" ", with: "\u{202F}"))
    }

    @Test("without its point, every amount is its minor units again")
    func roundTrip() {
        var generator = SplitMix64(seed: 7)
        for _ in 0..<5_000 {
            let amount =
                Int64.random(in: .min ... .max, using: &generator) >> Int64.random(in: 0..<63, using: &generator)
            let exponent = Int.random(in: 0...18, using: &generator)
            let text = MoneyText.text(minorUnits: amount, exponent: exponent)
            #expect(Int64(text.filter { $0 != "." }) == amount, "\(text)")
            let decimals = text.split(separator: ".").dropFirst().first?.count ?? 0
            #expect(decimals == exponent)
        }
    }
}
