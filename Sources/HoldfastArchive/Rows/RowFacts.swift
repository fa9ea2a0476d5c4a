/// What a manifest says about the rows of a file, gathered as they pass.
package struct RowFacts: Sendable, Equatable {
    package var rows = 0
    package var seq: ClosedRange<UInt64>?
    package var position: ClosedRange<UInt64>?
    package var createdAt: ClosedRange<Int64>?
    /// The first and the last, as the rows are sorted by player.
    package var firstPlayer: [UInt8] = []
    package var lastPlayer: [UInt8] = []
    /// By column.
    package var nullCounts = [Int](repeating: 0, count: 17)
    package var setHash = RowSetHash()

    package init() {}

    mutating func add(seq: UInt64, position: UInt64, createdAt: Int64, nulls: UInt32) {
        rows += 1
        Self.widen(&self.seq, by: seq)
        Self.widen(&self.position, by: position)
        Self.widen(&self.createdAt, by: createdAt)
        var rest = nulls
        while rest != 0 {
            nullCounts[rest.trailingZeroBitCount] += 1
            rest &= rest - 1
        }
    }

    /// Takes in the facts of the rows that follow.
    mutating func append(_ other: RowFacts) {
        if rows == 0 { firstPlayer = other.firstPlayer }
        lastPlayer = other.lastPlayer
        rows += other.rows
        if let range = other.seq { Self.widen(&seq, by: range) }
        if let range = other.position { Self.widen(&position, by: range) }
        if let range = other.createdAt { Self.widen(&createdAt, by: range) }
        for column in nullCounts.indices { nullCounts[column] += other.nullCounts[column] }
        setHash.add(other.setHash)
    }

    private static func widen<Bound>(_ range: inout ClosedRange<Bound>?, by value: Bound) {
        guard let old = range else {
            range = value...value
            return
        }
        if value < old.lowerBound { range = value...old.upperBound }
        if value > old.upperBound { range = old.lowerBound...value }
    }

    private static func widen<Bound>(_ range: inout ClosedRange<Bound>?, by other: ClosedRange<Bound>) {
        widen(&range, by: other.lowerBound)
        widen(&range, by: other.upperBound)
    }
}
