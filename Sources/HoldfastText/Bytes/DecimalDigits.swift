/// Whole numbers as decimal digits, written straight into bytes.
///
/// JSON, money and times all end here; `String(_:)` would allocate for each number.
@usableFromInline
enum DecimalDigits {
    /// No UInt64 has more digits.
    @usableFromInline static let maximum = 20

    @inlinable
    static func count(_ value: UInt64) -> Int {
        var rest = value
        var digits = 1
        while true {
            if rest < 10 { return digits }
            if rest < 100 { return digits &+ 1 }
            if rest < 1_000 { return digits &+ 2 }
            if rest < 10_000 { return digits &+ 3 }
            rest /= 10_000
            digits &+= 4
        }
    }

    /// Writes all digits of `value` and returns how many. There must be room for `maximum`.
    @inlinable
    static func write(_ value: UInt64, to target: UnsafeMutablePointer<UInt8>) -> Int {
        let digits = count(value)
        write(value, width: digits, to: target)
        return digits
    }

    /// Writes the lowest `width` digits with leading zeros, two at a time from the back.
    @inlinable
    static func write(_ value: UInt64, width: Int, to target: UnsafeMutablePointer<UInt8>) {
        let pairs = Self.pairs.utf8Start
        var rest = value
        var index = width
        while index >= 2 {
            let pair = Int(truncatingIfNeeded: rest % 100) &* 2
            rest /= 100
            index &-= 2
            target[index] = pairs[pair]
            target[index &+ 1] = pairs[pair &+ 1]
        }
        if index == 1 {
            target[0] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10)
        }
    }

    @inlinable
    static var pairs: StaticString {
        """
        0001020304050607080910111213141516171819\
        2021222324252627282930313233343536373839\
        4041424344454647484950515253545556575859\
        6061626364656667686970717273747576777879\
        8081828384858687888990919293949596979899
        """
    }

    /// The value of a text of ASCII digits with an optional minus; nil for anything else and for what Int64 can't hold.
    static func integer(_ text: some Collection<UInt8>) -> Int64? {
        let isNegative = text.first == UInt8(ascii: "-")
        let digits = isNegative ? text.dropFirst() : text[...]
        guard !digits.isEmpty else { return nil }
        var magnitude: UInt64 = 0
        for byte in digits {
            guard case UInt8(ascii: "0")...UInt8(ascii: "9") = byte else { return nil }
            let (shifted, overflow) = magnitude.multipliedReportingOverflow(by: 10)
            let (sum, carry) = shifted.addingReportingOverflow(UInt64(byte &- UInt8(ascii: "0")))
            guard !overflow, !carry else { return nil }
            magnitude = sum
        }
        if isNegative {
            return magnitude <= Int64.min.magnitude ? Int64(truncatingIfNeeded: 0 &- magnitude) : nil
        }
        return Int64(exactly: magnitude)
    }
}
