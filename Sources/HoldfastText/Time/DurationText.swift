/// Lengths of time as options take them: one whole number and one unit.
///
///     try DurationText.milliseconds("90d")    // 7776000000
///     DurationText.text(86_400_000)           // 1d
package enum DurationText {
    private static let units: [(name: String, milliseconds: Int64)] = [
        ("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ]

    /// Never negative. A number without a unit is refused rather than guessed at.
    package static func milliseconds(_ text: String) throws(TimeTextError) -> Int64 {
        func error(_ problem: TimeTextError.Problem) -> TimeTextError { TimeTextError(text: text, problem: problem) }
        let digits = text.utf8.prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
        guard !digits.isEmpty else { throw error(.notADuration) }
        let name = String(text[digits.endIndex...])
        guard !name.isEmpty else { throw error(.durationWithoutUnit) }
        guard let unit = units.first(where: { $0.name == name }) else { throw error(.notADuration) }
        guard let number = DecimalDigits.integer(digits) else { throw error(.durationTooLong) }
        let (product, overflow) = number.multipliedReportingOverflow(by: unit.milliseconds)
        guard !overflow else { throw error(.durationTooLong) }
        return product
    }

    /// The shortest text that the parser takes back: the largest unit that divides the length.
    package static func text(_ milliseconds: Int64) -> String {
        precondition(milliseconds >= 0, "a duration is not negative")
        let unit = units.last { milliseconds % $0.milliseconds == 0 && milliseconds >= $0.milliseconds }
        guard let unit else { return "0s" }
        return "\(milliseconds / unit.milliseconds)\(unit.name)"
    }
}
