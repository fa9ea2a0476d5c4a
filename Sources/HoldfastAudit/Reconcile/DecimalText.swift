/// An amount as a statement writes it: digits and how many of them stand behind the decimal mark. Kept exactly, since
/// only the ledger's event says how many decimals the currency has.
struct DecimalText: Equatable {
    /// Without a sign: a statement's signs say which way money went from its own point of view.
    var digits: Int64
    var decimals: Int
    /// Whether a decimal mark was there at all.
    var hasMark: Bool

    /// Takes `1234.5`, `1,234.50`, `1.234,50`, `-12`, `+3`, `12.00 EUR`, `$ 4`; nil for what is no number.
    init?(_ text: String) {
        var body = Array(text.utf8.filter { $0 > 0x20 && $0 < 0x7F })
        while let first = body.first, !Self.isOfNumber(first) { body.removeFirst() }
        while let last = body.last, !Self.isDigit(last), last != UInt8(ascii: ".") { body.removeLast() }
        if let sign = body.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { body.removeFirst() }
        guard body.contains(where: Self.isDigit), body.allSatisfy({ Self.isDigit($0) || Self.isMark($0) }) else {
            return nil
        }
        let mark = Self.decimalMark(body)
        let whole = mark.map { body[..<$0] } ?? body[...]
        let fraction = mark.map { body[($0 + 1)...] } ?? []
        guard fraction.allSatisfy(Self.isDigit), Self.isGrouped(whole) else { return nil }
        var digits: Int64 = 0
        for byte in whole.filter(Self.isDigit) + fraction {
            let (shifted, overflow) = digits.multipliedReportingOverflow(by: 10)
            let (sum, carry) = shifted.addingReportingOverflow(Int64(byte - UInt8(ascii: "0")))
            if overflow || carry { return nil }
            digits = sum
        }
        self.digits = digits
        decimals = fraction.count
        hasMark = mark != nil
    }

    /// The last of two different marks; or a single one, unless it parts three digits from others as thousands are.
    private static func decimalMark(_ body: [UInt8]) -> Int? {
        let marks = body.indices.filter { isMark(body[$0]) }
        guard let last = marks.last else { return nil }
        if marks.count == 1 {
            let isThousands = body[last] == UInt8(ascii: ",") && body.count - last - 1 == 3 && last > 0
            return isThousands ? nil : last
        }
        let kinds = Set(marks.map { body[$0] })
        return kinds.count == 2 && marks.filter { body[$0] == body[last] }.count == 1 ? last : nil
    }

    /// Whether the marks of a whole number part thousands: all the same, three digits behind each.
    private static func isGrouped(_ whole: ArraySlice<UInt8>) -> Bool {
        let marks = Set(whole.filter(isMark))
        guard let mark = marks.first else { return true }
        let groups = whole.split(separator: mark, omittingEmptySubsequences: false)
        return marks.count == 1 && groups[0].count >= 1 && groups.dropFirst().allSatisfy { $0.count == 3 }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }
    private static func isMark(_ byte: UInt8) -> Bool { byte == UInt8(ascii: ".") || byte == UInt8(ascii: ",") }
    private static func isOfNumber(_ byte: UInt8) -> Bool {
        isDigit(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+") || byte == UInt8(ascii: ".")
    }

    /// In minor units of an asset with so many decimals; nil where it says more than the asset can.
    func minorUnits(exponent: Int) -> Int64? {
        var value = digits
        var places = decimals
        while places < exponent {
            let (shifted, overflow) = value.multipliedReportingOverflow(by: 10)
            if overflow { return nil }
            value = shifted
            places += 1
        }
        while places > exponent {
            guard value % 10 == 0 else { return nil }
            value /= 10
            places -= 1
        }
        return value
    }
}
