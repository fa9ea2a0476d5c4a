public import Glibc

extension JSONWriter {
    @inlinable
    package mutating func integer(_ value: Int64) {
        reserve(DecimalDigits.maximum &+ 2)
        separate()
        if value < 0 { put(UInt8(ascii: "-")) }
        length &+= DecimalDigits.write(value.magnitude, to: storage + length)
    }

    @inlinable @inline(__always)
    package mutating func integer(_ value: Int) { integer(Int64(value)) }

    @inlinable
    package mutating func integer(_ value: UInt64) {
        reserve(DecimalDigits.maximum &+ 2)
        separate()
        length &+= DecimalDigits.write(value, to: storage + length)
    }

    /// A ratio or a measurement, never an amount of money. What JSON can't say (an infinity, not a number) is null.
    package mutating func real(_ value: Double) {
        guard value.isFinite else { return null() }
        var text = value.description
        text.withUTF8 { raw(UnsafeRawBufferPointer($0)) }
    }

    @inlinable
    package mutating func bool(_ value: Bool) {
        word(value ? "true" : "false")
    }

    @inlinable
    package mutating func null() { word("null") }

    /// A value that is JSON already: it is copied unchecked, and takes part in the commas.
    @inlinable
    package mutating func raw(_ json: UnsafeRawBufferPointer) {
        reserve(json.count &+ 1)
        separate()
        if let source = json.baseAddress { memcpy(storage + length, source, json.count) }
        length &+= json.count
    }

    /// Part of a line that is JSON already: it is copied unchecked and takes no part in the commas.
    @inlinable
    package mutating func fragment(_ json: UnsafeRawBufferPointer) {
        reserve(json.count)
        if let source = json.baseAddress { memcpy(storage + length, source, json.count) }
        length &+= json.count
    }

    @inlinable @inline(__always)
    mutating func word(_ text: StaticString) {
        reserve(8)
        separate()
        memcpy(storage + length, text.utf8Start, text.utf8CodeUnitCount)
        length &+= text.utf8CodeUnitCount
    }
}

// A key and its value in one call. Optionals are written as null, which is what a row's absent columns are.
extension JSONWriter {
    @inlinable @inline(__always)
    package mutating func member(_ name: StaticString, _ value: Int64) {
        key(name)
        integer(value)
    }

    @inlinable @inline(__always)
    package mutating func member(_ name: StaticString, _ value: Int) {
        key(name)
        integer(value)
    }

    @inlinable @inline(__always)
    package mutating func member(_ name: StaticString, _ value: UInt64) {
        key(name)
        integer(value)
    }

    @inlinable @inline(__always)
    package mutating func member(_ name: StaticString, _ value: Bool) {
        key(name)
        bool(value)
    }

    @inlinable @inline(__always)
    package mutating func member(_ name: StaticString, _ value: StaticString) {
        key(name)
        string(value)
    }

    @inlinable @inline(__always)
    package mutating func member(_ name: StaticString, _ value: UnsafeRawBufferPointer) {
        key(name)
        string(value)
    }

    @inlinable
    package mutating func member(_ name: StaticString, _ value: Int64?) {
        key(name)
        if let value { integer(value) } else { null() }
    }

    @inlinable
    package mutating func member(_ name: StaticString, _ value: Int?) {
        key(name)
        if let value { integer(value) } else { null() }
    }

    // A literal means the static form above; without this the compiler would prefer String for it.
    @_disfavoredOverload @inlinable
    package mutating func member(_ name: StaticString, _ value: String?) {
        key(name)
        if let value { string(value) } else { null() }
    }

    @inlinable
    package mutating func member(_ name: StaticString, _ value: UnsafeRawBufferPointer?) {
        key(name)
        if let value { string(value) } else { null() }
    }

    package mutating func member(_ name: StaticString, _ value: Double) {
        key(name)
        real(value)
    }

    @inlinable
    package mutating func nullMember(_ name: StaticString) {
        key(name)
        null()
    }
}
