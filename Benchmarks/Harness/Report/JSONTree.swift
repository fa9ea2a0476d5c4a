internal import HoldfastText

/// A JSON text as a tree, for files of results: small, and of a shape that grows with the program.
indirect enum JSONTree: Sendable {
    case object([(String, JSONTree)])
    case array([JSONTree])
    case text(String)
    case number(Double)
    case other

    init(_ bytes: UnsafeRawBufferPointer) throws(JSONError) {
        var scanner = JSONScanner(bytes, depthLimit: 16)
        self = try Self.next(&scanner)
        try scanner.finish()
    }

    /// The scanner bounds the depth, and so this recursion.
    private static func next(_ scanner: inout JSONScanner) throws(JSONError) -> JSONTree {
        switch try scanner.value() {
        case .object:
            var members: [(String, JSONTree)] = []
            while let key = try scanner.nextKey() {
                let name = key.text
                members.append((name, try next(&scanner)))
            }
            return .object(members)
        case .array:
            var elements: [JSONTree] = []
            while try scanner.nextElement() { elements.append(try next(&scanner)) }
            return .array(elements)
        case .string(let string): return .text(string.text)
        case .integer(let value): return .number(Double(value))
        case .real(let digits), .integerOutOfRange(let digits):
            return Double(String(decoding: digits, as: UTF8.self)).map { .number($0) } ?? .other
        case .bool, .null: return .other
        }
    }

    subscript(_ name: String) -> JSONTree? { members?.first { $0.0 == name }?.1 }

    var members: [(String, JSONTree)]? {
        if case .object(let members) = self { members } else { nil }
    }

    var elements: [JSONTree]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    var text: String? {
        if case .text(let text) = self { text } else { nil }
    }

    var number: Double? {
        if case .number(let number) = self { number } else { nil }
    }

    /// A number that is whole and fits.
    var whole: Int? { number.flatMap { Int(exactly: $0) } }
}
