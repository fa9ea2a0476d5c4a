/// A JSON document as a value, for files of settings, proofs and manifests: small, read whole, and asked by name.
/// What comes in streams is read with `JSONScanner` instead.
///
///     let tree = try JSONTree(parsing: bytes)
///     guard let version = tree["version"]?.integer else { … }
package enum JSONTree: Sendable {
    case object(JSONMembers)
    case array([JSONTree])
    case string(String)
    case integer(Int64)
    /// A number that is no Int64, as it was written.
    case number(String)
    case bool(Bool)
    case null

    /// A name that stands twice in one object is an error: readers would disagree about what it says.
    package init(parsing bytes: UnsafeRawBufferPointer) throws(JSONError) {
        var scanner = JSONScanner(bytes, depthLimit: 16)
        self = try Self.value(&scanner)
        try scanner.finish()
    }

    package init(parsing bytes: [UInt8]) throws(JSONError) {
        var failure: JSONError?
        var tree = JSONTree.null
        bytes.withUnsafeBytes { raw in
            do throws(JSONError) { tree = try JSONTree(parsing: raw) } catch { failure = error }
        }
        if let failure { throw failure }
        self = tree
    }

    private static func value(_ scanner: inout JSONScanner) throws(JSONError) -> JSONTree {
        switch try scanner.value() {
        case .string(let text): return .string(text.text)
        case .integer(let number): return .integer(number)
        case .integerOutOfRange(let digits), .real(let digits): return .number(String(decoding: digits, as: UTF8.self))
        case .bool(let flag): return .bool(flag)
        case .null: return .null
        case .object:
            var members = JSONMembers()
            while let key = try scanner.nextKey() {
                let name = key.text
                let place = scanner.offset
                guard members.add(name, try value(&scanner)) else {
                    throw JSONError(offset: place, problem: .repeatedName)
                }
            }
            return .object(members)
        case .array:
            var elements: [JSONTree] = []
            while try scanner.nextElement() { elements.append(try value(&scanner)) }
            return .array(elements)
        }
    }

    package subscript(name: String) -> JSONTree? {
        guard case .object(let members) = self else { return nil }
        return members[name]
    }

    package var string: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    package var integer: Int64? {
        guard case .integer(let number) = self else { return nil }
        return number
    }

    /// Any number, as near as a Double comes to it.
    package var double: Double? {
        switch self {
        case .integer(let number): Double(number)
        case .number(let digits): Double(digits)
        default: nil
        }
    }

    package var members: JSONMembers? {
        guard case .object(let members) = self else { return nil }
        return members
    }

    package var elements: [JSONTree]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }
}

/// An object's members, by name and in the order in which they stand. The order makes no difference to what it says.
package struct JSONMembers: Sendable, Equatable {
    package private(set) var names: [String] = []
    private var values: [String: JSONTree] = [:]

    package subscript(name: String) -> JSONTree? { values[name] }

    /// False when the name is there already.
    fileprivate mutating func add(_ name: String, _ value: JSONTree) -> Bool {
        guard values.updateValue(value, forKey: name) == nil else { return false }
        names.append(name)
        return true
    }

    package static func == (left: JSONMembers, right: JSONMembers) -> Bool { left.values == right.values }
}

extension JSONTree: Equatable {
    /// Texts are equal when their bytes are. Swift's own `==` would take two spellings of "é" for one.
    package static func == (left: JSONTree, right: JSONTree) -> Bool {
        switch (left, right) {
        case (.object(let a), .object(let b)): a == b
        case (.array(let a), .array(let b)): a == b
        case (.string(let a), .string(let b)), (.number(let a), .number(let b)): a.utf8.elementsEqual(b.utf8)
        case (.integer(let a), .integer(let b)): a == b
        case (.bool(let a), .bool(let b)): a == b
        case (.null, .null): true
        default: false
        }
    }
}
