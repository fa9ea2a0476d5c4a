internal import Holdfast

extension ShardLabel {
    func mayHold(_ player: String) -> Bool { numbers.contains(Shard.number(of: player, shards: count)) }

    /// The same, of an id as it lies in a row.
    func holds(_ player: UnsafeRawBufferPointer) -> Bool {
        numbers.contains(Shard.number(of: player, shards: count))
    }
}
