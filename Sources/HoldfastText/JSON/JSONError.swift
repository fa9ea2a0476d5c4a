/// Why a line isn't the JSON that was asked for: the byte, and what should have stood there.
@usableFromInline
package struct JSONError: Error, Equatable, CustomStringConvertible {
    @usableFromInline
    package enum Problem: Equatable, Sendable {
        case expected(Expectation)
        case unterminatedString
        /// U+0000 to U+001F stand in a string only as escapes.
        case rawControlCharacter
        case invalidUTF8
        case unknownEscape
        case invalidHexEscape
        /// A `\uD800`–`\uDFFF` without its other half says no character.
        case loneSurrogate
        case leadingZero
        case tooDeep(limit: Int)
        /// One name stands twice in an object. Only told where a whole tree is read.
        case repeatedName
    }

    @usableFromInline
    package enum Expectation: String, Sendable {
        case value = "a value"
        case object = "an object"
        case array = "an array"
        case key = "a key in quotes"
        case keyOrEnd = "a key in quotes or `}`"
        case colon = "`:`"
        case commaOrObjectEnd = "`,` or `}`"
        case commaOrArrayEnd = "`,` or `]`"
        case digit = "a digit"
        case end = "nothing more"
    }

    /// Bytes from the start of the line, the first being 0.
    package let offset: Int
    package let problem: Problem

    package init(offset: Int, problem: Problem) {
        self.offset = offset
        self.problem = problem
    }

    @usableFromInline
    package var description: String {
        "byte \(offset): \(explanation)"
    }

    private var explanation: String {
        switch problem {
        case .expected(let what): "expected \(what.rawValue)"
        case .unterminatedString: "the string does not end"
        case .rawControlCharacter: "a control character in a string must be escaped"
        case .invalidUTF8: "not valid UTF-8"
        case .unknownEscape: "unknown escape"
        case .invalidHexEscape: "expected four hexadecimal digits after \\u"
        case .loneSurrogate: "half of a surrogate pair"
        case .leadingZero: "a number has no leading zero"
        case .tooDeep(let limit): "more than \(limit) objects and arrays inside each other"
        case .repeatedName: "the name before this stands twice in its object"
        }
    }
}
