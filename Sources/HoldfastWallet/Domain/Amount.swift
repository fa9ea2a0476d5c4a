/// Whole minor units of an asset, never a float.
package enum Amount {
    /// 2^53 − 1: every JSON reader holds it exactly. No amount and no balance passes it.
    package static let max: Int64 = 9_007_199_254_740_991

    /// `balance + amount`, or nil when that passes the bound in either direction.
    static func sum(_ balance: Int64, _ amount: Int64) -> Int64? {
        let (sum, overflow) = balance.addingReportingOverflow(amount)
        return overflow || sum > max || sum < -max ? nil : sum
    }

    /// floor(amount · numerator / denominator), computed without loss; nil when it passes the bound. Two amounts
    /// multiply to at most 106 bits, so the product is taken at 128.
    static func exchanged(_ amount: Int64, numerator: Int64, denominator: Int64) -> Int64? {
        guard amount >= 0, numerator >= 0, denominator > 0 else { return nil }
        let product = UInt64(amount).multipliedFullWidth(by: UInt64(numerator))
        // The quotient fits into 64 bits exactly if the divisor exceeds the product's high half.
        guard product.high < UInt64(denominator) else { return nil }
        let quotient = UInt64(denominator).dividingFullWidth(product).quotient
        return quotient > UInt64(max) ? nil : Int64(quotient)
    }
}
