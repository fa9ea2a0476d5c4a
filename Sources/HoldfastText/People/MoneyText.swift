/// Minor units as the decimal number that people read: 1234 of exponent 2 is `12.34`.
///
/// Exact for every Int64 and every exponent from 0 to 18; there is no floating point on the way.
package enum MoneyText {
    package static let greatestExponent = 18
    /// A sign, 19 digits (or 0 and 18 decimals), a point.
    package static let maximumLength = 21

    ///     MoneyText.text(minorUnits: -5, exponent: 2)     // -0.05
    package static func text(minorUnits: Int64, exponent: Int) -> String {
        String(unsafeUninitializedCapacity: maximumLength) { buffer in
            write(minorUnits: minorUnits, exponent: exponent, to: UnsafeMutableRawBufferPointer(buffer))
        }
    }

    /// The same for sums over players, which may pass any bound of a single balance.
    package static func text(sum: Int128, exponent: Int) -> String {
        if let small = Int64(exactly: sum) { return text(minorUnits: small, exponent: exponent) }
        var digits = String(sum.magnitude)
        if exponent > 0 {
            digits = String(repeating: "0", count: max(0, exponent + 1 - digits.count)) + digits
            digits.insert(".", at: digits.index(digits.endIndex, offsetBy: -exponent))
        }
        return (sum < 0 ? "-" : "") + digits
    }

    /// An amount as a page for people has it, its digits in groups that no line ends between: `1 234 567.89`.
    /// Programs read the plain one.
    package static func grouped(_ text: String) -> String {
        let digits = text.prefix { $0 == "-" || $0 == "+" || $0.isNumber }
        var groups = String(text[digits.endIndex...])
        for (index, digit) in digits.reversed().enumerated() {
            if index > 0, index % 3 == 0, digit.isNumber { groups = "\u{202F}" + groups }
            groups = String(digit) + groups
        }
        return groups
    }

    /// The same into bytes, which must have room for `maximumLength`; returns how many were written.
    package static func write(minorUnits: Int64, exponent: Int, to buffer: UnsafeMutableRawBufferPointer) -> Int {
        precondition(0...greatestExponent ~= exponent, "an exponent goes from 0 to \(greatestExponent)")
        precondition(buffer.count >= maximumLength, "an amount needs \(maximumLength) bytes")
        let target = buffer.baseAddress!.assumingMemoryBound(to: UInt8.self)
        var length = 0
        if minorUnits < 0 {
            target[0] = UInt8(ascii: "-")
            length = 1
        }
        let scale = (0..<exponent).reduce(UInt64(1)) { power, _ in power * 10 }
        let (whole, fraction) = minorUnits.magnitude.quotientAndRemainder(dividingBy: scale)
        length += DecimalDigits.write(whole, to: target + length)
        if exponent > 0 {
            target[length] = UInt8(ascii: ".")
            DecimalDigits.write(fraction, width: exponent, to: target + length + 1)
            length += 1 + exponent
        }
        return length
    }
}
