public import Glibc

// Strings, numbers and words. The straight case of each is here and inlined; what is rare is called.
extension JSONScanner {
    /// The string at `position`, which stands on its opening quote.
    @inlinable
    mutating func scanString() throws(JSONError) -> JSONString {
        let start = position &+ 1
        var index = start
        var hasEscapes = false
        while true {
            while index &+ ByteWord.width <= count {
                let mask = ByteWord.endsPlainRun(ByteWord.load(base, at: index))
                if mask != 0 {
                    index &+= ByteWord.firstMarked(mask)
                    break
                }
                index &+= ByteWord.width
            }
            guard index < count else { throw error(.unterminatedString) }
            let byte = base.load(fromByteOffset: index, as: UInt8.self)
            if byte == UInt8(ascii: "\"") {
                position = index &+ 1
                return JSONString(base: base + start, count: index &- start, hasEscapes: hasEscapes)
            }
            if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                index = try endOfEscape(index)
            } else if byte >= 0x80 {
                index = try endOfSequence(index)
            } else if byte < 0x20 {
                throw error(.rawControlCharacter, at: index)
            } else {
                index &+= 1
            }
        }
    }

    /// A whole number of up to 19 digits fits UInt64 without a check per digit; its sign decides the rest.
    @inlinable
    mutating func scanNumber() throws(JSONError) -> JSONValue {
        let start = position
        var index = start
        let isNegative = base.load(fromByteOffset: index, as: UInt8.self) == UInt8(ascii: "-")
        if isNegative { index &+= 1 }
        let firstDigit = index
        var magnitude: UInt64 = 0
        var byte = byteOrEnd(index)
        while byte &- UInt8(ascii: "0") < 10 {
            magnitude = magnitude &* 10 &+ UInt64(byte &- UInt8(ascii: "0"))
            index &+= 1
            byte = byteOrEnd(index)
        }
        let digits = index &- firstDigit
        guard digits > 0 else { throw error(.expected(.digit), at: index) }
        if digits > 1, base.load(fromByteOffset: firstDigit, as: UInt8.self) == UInt8(ascii: "0") {
            throw error(.leadingZero, at: firstDigit)
        }
        if byte == UInt8(ascii: ".") || byte | 0x20 == UInt8(ascii: "e") {
            position = try endOfReal(index)
            return .real(UnsafeRawBufferPointer(start: base + start, count: position &- start))
        }
        position = index
        let limit: UInt64 = isNegative ? 1 << 63 : 1 << 63 - 1
        guard digits <= 19, magnitude <= limit else {
            return .integerOutOfRange(UnsafeRawBufferPointer(start: base + start, count: index &- start))
        }
        return .integer(Int64(truncatingIfNeeded: isNegative ? 0 &- magnitude : magnitude))
    }

    @inlinable @inline(__always)
    mutating func scanWord(_ word: StaticString) throws(JSONError) {
        let size = word.utf8CodeUnitCount
        guard count &- position >= size, memcmp(base + position, word.utf8Start, size) == 0 else {
            throw expected(.value)
        }
        position &+= size
    }

    /// The byte at `index`, or NUL past the end: no number goes on with either.
    @inlinable @inline(__always)
    func byteOrEnd(_ index: Int) -> UInt8 {
        index < count ? base.load(fromByteOffset: index, as: UInt8.self) : 0
    }

    // MARK: The rare cases

    /// Past the fraction and the exponent that begin at `index`.
    @usableFromInline @inline(never)
    func endOfReal(_ start: Int) throws(JSONError) -> Int {
        var index = start
        if byteOrEnd(index) == UInt8(ascii: ".") {
            index = try endOfDigits(index + 1)
        }
        if byteOrEnd(index) | 0x20 == UInt8(ascii: "e") {
            index += 1
            let sign = byteOrEnd(index)
            if sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { index += 1 }
            index = try endOfDigits(index)
        }
        return index
    }

    private func endOfDigits(_ start: Int) throws(JSONError) -> Int {
        var index = start
        while byteOrEnd(index) &- UInt8(ascii: "0") < 10 { index += 1 }
        guard index > start else { throw error(.expected(.digit), at: index) }
        return index
    }

    @usableFromInline @inline(never)
    func endOfSequence(_ start: Int) throws(JSONError) -> Int {
        let length = UTF8Rules.sequenceLength(base, at: start, count: count)
        guard length > 0 else { throw error(.invalidUTF8, at: start) }
        return start + length
    }

    /// Checks the escape whose backslash is at `start`. A high surrogate must bring its low half at once.
    @usableFromInline @inline(never)
    func endOfEscape(_ start: Int) throws(JSONError) -> Int {
        guard start + 1 < count else { throw error(.unterminatedString) }
        switch base.load(fromByteOffset: start + 1, as: UInt8.self) {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return start + 2
        case UInt8(ascii: "u"):
            break
        default:
            throw error(.unknownEscape, at: start)
        }
        let unit = try hexUnit(start + 2)
        guard 0xD800...0xDFFF ~= unit else { return start + 6 }
        guard unit < 0xDC00, byteOrEnd(start + 6) == UInt8(ascii: "\\"), byteOrEnd(start + 7) == UInt8(ascii: "u")
        else {
            throw error(.loneSurrogate, at: start)
        }
        guard 0xDC00...0xDFFF ~= (try hexUnit(start + 8)) else { throw error(.loneSurrogate, at: start) }
        return start + 12
    }

    private func hexUnit(_ start: Int) throws(JSONError) -> UInt32 {
        var unit: UInt32 = 0
        for index in start..<start + 4 {
            guard let digit = Self.hexDigit(byteOrEnd(index)) else { throw error(.invalidHexEscape, at: index) }
            unit = unit << 4 | UInt32(digit)
        }
        return unit
    }

    static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
