package import HoldfastText

/// One thing in which the tables and the log differ.
package struct Difference: Sendable, Equatable {
    package let file: String
    /// The table, or the column of a row.
    package let what: String
    package var tenant: String?
    package var player: String?
    package var seq: UInt64?
    package var position: UInt64?
    /// What the log says.
    package let expected: String?
    /// What the tables say; nil for what is missing.
    package let found: String?

    package func writeMembers(to json: inout JSONWriter) {
        json.member("file", file as String?)
        json.member("what", what as String?)
        json.member("tenant", tenant)
        json.member("player", player)
        json.member("seq", seq.map { Int64($0) })
        json.member("position", position.map { Int64($0) })
        json.member("expected", expected)
        json.member("found", found)
    }
}

/// The differences of a check: all are counted, the first ones kept.
package struct Differences: Sendable {
    package private(set) var first: [Difference] = []
    package private(set) var count = 0
    package static let keptMax = 100

    mutating func add(_ difference: Difference) {
        if count < Self.keptMax { first.append(difference) }
        count += 1
    }
}
