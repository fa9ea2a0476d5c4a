/// One token of a value.
@usableFromInline
package enum JSONValue {
    case string(JSONString)
    /// Exact: no detour through floating point. `-0` is 0.
    case integer(Int64)
    /// A whole number that Int64 can't hold, as it was written.
    case integerOutOfRange(UnsafeRawBufferPointer)
    /// Any number with a fraction or an exponent, as it was written: `1.0` and `1e3` are not integers here.
    case real(UnsafeRawBufferPointer)
    case bool(Bool)
    case null
    /// An object has been opened.
    case object
    /// An array has been opened.
    case array
}

/// The fields seen so far in an object, one bit each: how a caller notices a duplicate key.
///
///     guard seen.insert(Field.amount.rawValue) else { return .invalidRequest(field: "amount") }
@usableFromInline
package struct JSONFieldSet: Equatable, Sendable {
    @usableFromInline
    package var bits: UInt64 = 0

    @inlinable
    package init() {}

    /// Notes a field (0 to 63); false if it was there before.
    @inlinable @inline(__always)
    package mutating func insert(_ field: Int) -> Bool {
        assert(field >= 0 && field < 64, "a field set holds fields 0 to 63")
        let bit: UInt64 = 1 &<< UInt64(truncatingIfNeeded: field)
        let isNew = bits & bit == 0
        bits |= bit
        return isNew
    }

    @inlinable @inline(__always)
    package func contains(_ field: Int) -> Bool {
        bits &>> UInt64(truncatingIfNeeded: field) & 1 == 1
    }
}
