/// Reads one line of JSON a token at a time, strictly by RFC 8259, without allocating.
///
///     var scanner = JSONScanner(line)
///     var seen = JSONFieldSet()
///     try scanner.beginObject()
///     while let key = try scanner.nextKey() {
///         if key.equals("op") {
///             guard seen.insert(0), case .string(let op) = try scanner.value() else { … }
///         } else if key.equals("amount") {
///             guard seen.insert(1), case .integer(let amount) = try scanner.value() else { … }
///         } else {
///             return .invalidRequest(field: key.text)
///         }
///     }
///     try scanner.finish()
///
/// The caller knows the fields, so the caller tells duplicates (`JSONFieldSet` is one bit a field). Nothing recurses:
/// what is open is one bit a level.
@usableFromInline
package struct JSONScanner {
    /// The kinds of open containers are kept in 64 bits.
    package static let greatestDepth = 64

    @usableFromInline let base: UnsafeRawPointer
    @usableFromInline let count: Int
    @usableFromInline let depthLimit: Int
    /// The next byte to read.
    @usableFromInline var position = 0
    @usableFromInline var depth = 0
    /// One bit a level, the innermost lowest: set for an object, clear for an array.
    @usableFromInline var kinds: UInt64 = 0
    /// Whether the innermost container has just been opened, so that no comma is due.
    @usableFromInline var isFirst = false

    /// The bytes must outlive the scanner and every string that it gives.
    @inlinable
    package init(_ line: UnsafeRawBufferPointer, depthLimit: Int = 8) {
        precondition(depthLimit <= 64, "at most 64 levels")
        precondition(line.count < Int(UInt32.max), "a line of JSON is shorter than 4 GiB")
        // With no bytes there is no address either; any will do, since none of it is read.
        base = line.baseAddress ?? UnsafeRawPointer(("" as StaticString).utf8Start)
        count = line.count
        self.depthLimit = depthLimit
    }

    /// Where the scanner stands; after an error of the caller's own, a place to point at.
    @inlinable
    package var offset: Int { position }

    /// Opens the object that must come next.
    @inlinable
    package mutating func beginObject() throws(JSONError) {
        guard nextByte() == UInt8(ascii: "{") else { throw expected(.object) }
        try open(1)
    }

    /// Opens the array that must come next.
    @inlinable
    package mutating func beginArray() throws(JSONError) {
        guard nextByte() == UInt8(ascii: "[") else { throw expected(.array) }
        try open(0)
    }

    /// The next key of the open object, or nil once it has closed. After a key comes `value()` or `skipValue()`.
    @inlinable
    package mutating func nextKey() throws(JSONError) -> JSONString? {
        assert(depth > 0 && kinds & 1 == 1, "no object is open")
        var byte = nextByte()
        if byte == UInt8(ascii: "}") {
            close()
            return nil
        }
        if isFirst {
            isFirst = false
            guard byte == UInt8(ascii: "\"") else { throw expected(.keyOrEnd) }
        } else {
            guard byte == UInt8(ascii: ",") else { throw expected(.commaOrObjectEnd) }
            position &+= 1
            byte = nextByte()
            guard byte == UInt8(ascii: "\"") else { throw expected(.key) }
        }
        let key = try scanString()
        guard nextByte() == UInt8(ascii: ":") else { throw expected(.colon) }
        position &+= 1
        return key
    }

    /// Whether the open array has a next element, to be taken by `value()` or `skipValue()`; closes it if not.
    @inlinable
    package mutating func nextElement() throws(JSONError) -> Bool {
        assert(depth > 0 && kinds & 1 == 0, "no array is open")
        let byte = nextByte()
        if byte == UInt8(ascii: "]") {
            close()
            return false
        }
        if isFirst {
            isFirst = false
            return true
        }
        guard byte == UInt8(ascii: ",") else { throw expected(.commaOrArrayEnd) }
        position &+= 1
        return true
    }

    /// The next value. An object or array is only opened: go on with `nextKey()` or `nextElement()`, or `skipRest()`.
    @inlinable
    package mutating func value() throws(JSONError) -> JSONValue {
        let byte = nextByte()
        if byte == UInt8(ascii: "\"") { return .string(try scanString()) }
        if byte &- UInt8(ascii: "0") < 10 || byte == UInt8(ascii: "-") { return try scanNumber() }
        switch byte {
        case UInt8(ascii: "{"):
            try open(1)
            return .object
        case UInt8(ascii: "["):
            try open(0)
            return .array
        case UInt8(ascii: "t"):
            try scanWord("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try scanWord("false")
            return .bool(false)
        case UInt8(ascii: "n"):
            try scanWord("null")
            return .null
        default:
            throw expected(.value)
        }
    }

    /// Checks and passes over one whole value, however deep. Duplicate keys inside it go unnoticed.
    package mutating func skipValue() throws(JSONError) {
        switch try value() {
        case .object, .array: try skipRest()
        default: break
        }
    }

    /// Passes over what is left of the innermost open object or array, and closes it.
    package mutating func skipRest() throws(JSONError) {
        let outer = depth - 1
        precondition(outer >= 0, "nothing is open")
        while depth > outer {
            if kinds & 1 == 1 {
                guard try nextKey() != nil else { continue }
            } else {
                guard try nextElement() else { continue }
            }
            _ = try value()
        }
    }

    /// Demands that nothing but white space is left.
    @inlinable
    package mutating func finish() throws(JSONError) {
        assert(depth == 0, "an object or array is still open")
        _ = nextByte()
        guard position == count else { throw expected(.end) }
    }

    // MARK: What serves them

    @inlinable @inline(__always)
    mutating func open(_ kind: UInt64) throws(JSONError) {
        guard depth < depthLimit else { throw error(.tooDeep(limit: depthLimit)) }
        position &+= 1
        depth &+= 1
        kinds = kinds &<< 1 | kind
        isFirst = true
    }

    @inlinable @inline(__always)
    mutating func close() {
        position &+= 1
        depth &-= 1
        kinds = kinds &>> 1
        isFirst = false
    }

    /// Skips white space and shows the byte there, unread. At the end it shows NUL, which no token begins with.
    @inlinable @inline(__always)
    mutating func nextByte() -> UInt8 {
        while position < count {
            let byte = base.load(fromByteOffset: position, as: UInt8.self)
            if byte > 0x20 { return byte }
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return byte }
            position &+= 1
        }
        return 0
    }

    @usableFromInline @inline(never)
    func expected(_ what: JSONError.Expectation) -> JSONError {
        JSONError(offset: position, problem: .expected(what))
    }

    @usableFromInline @inline(never)
    func error(_ problem: JSONError.Problem, at offset: Int? = nil) -> JSONError {
        JSONError(offset: offset ?? position, problem: problem)
    }
}
