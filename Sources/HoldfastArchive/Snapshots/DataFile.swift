package import HoldfastLog
package import HoldfastTables

/// A file of rows as a snapshot describes it. It never changes; what replaces it is another file.
package struct DataFile: Sendable, Equatable {
    /// Below the archive's root.
    package let path: String
    package let tenant: String
    package let database: String
    package let day: Day
    /// The shards that its rows come from; nil where a merge took in files of different numbers of shards.
    package let shards: ShardLabel?
    package let facts: RowFacts
    package let fileBytes: UInt64
    /// Unpacked.
    package let rowsBytes: Int
    package let fileHash: Digest
    /// Of the unpacked rows: what `zcat FILE | sha256sum` prints.
    package let rowsHash: Digest
    /// The gzip members, each of which begins with a row.
    package let splits: [Split]

    package struct Split: Sendable, Equatable {
        package let offset: UInt64
        package let firstPlayer: String
    }

    package var name: String { Storage.name(of: path) }

    package func mayHold(_ player: String) -> Bool {
        if let shards, !shards.mayHold(player) { return false }
        let id = Array(player.utf8)
        return comparePlayers(facts.firstPlayer, id) <= 0 && comparePlayers(id, facts.lastPlayer) <= 0
    }
}

/// Which of how many shards rows come from. A player's shard follows from its id, so files of different shards share
/// no rows, as long as the number of shards is the same.
package struct ShardLabel: Sendable, Equatable {
    package let count: Int
    package let numbers: Set<Int>

    package init(_ numbers: Set<Int>, of count: Int) {
        self.numbers = numbers
        self.count = count
    }

    package func sharesNothing(with other: ShardLabel) -> Bool {
        count == other.count && numbers.isDisjoint(with: other.numbers)
    }

    package static func merged(_ labels: [ShardLabel?]) -> ShardLabel? {
        guard let first = labels.first ?? nil else { return nil }
        var numbers: Set<Int> = []
        for label in labels {
            guard let label, label.count == first.count else { return nil }
            numbers.formUnion(label.numbers)
        }
        return ShardLabel(numbers, of: first.count)
    }
}
