internal import HoldfastText

/// A ratio of two whole numbers, kept exact until it is written with as many decimals as are wanted.
///
///     Quotient(2, 3)?.text(decimals: 6)       // 0.666667
///     Quotient(2, 0)                          // nil: there is no such ratio
package struct Quotient: Equatable, Sendable {
    package let numerator: Int128
    package let denominator: Int128

    /// Nil unless the denominator is above 0: what is divided by nothing, or by less, has no meaning in a report.
    package init?(_ numerator: Int128, _ denominator: Int128) {
        guard denominator > 0 else { return nil }
        self.numerator = numerator
        self.denominator = denominator
    }

    /// Times 10 to the power of `decimals`, rounded to the nearest whole number, halves away from 0.
    func scaled(decimals: Int) -> Int128 {
        let scale = (0..<decimals).reduce(Int128(1)) { power, _ in power * 10 }
        // A sum has at most 2^63 for each of 1024 shards and each day, so there is room for six decimals and more.
        let magnitude = (2 * (numerator < 0 ? -numerator : numerator) * scale + denominator) / (2 * denominator)
        return numerator < 0 ? -magnitude : magnitude
    }

    package func text(decimals: Int) -> String {
        MoneyText.text(sum: scaled(decimals: decimals), exponent: decimals)
    }
}
