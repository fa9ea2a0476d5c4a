internal import CZlib
internal import Holdfast

extension ShardLabel {
    func mayHold(_ player: String) -> Bool { numbers.contains(Shard.number(of: player, shards: count)) }
}

extension ShardLabel {
    /// The same, of an id as it lies in a row.
    func holds(_ player: UnsafeRawBufferPointer) -> Bool {
        let sum = crc32(0, player.bindMemory(to: UInt8.self).baseAddress, UInt32(player.count))
        return numbers.contains(Int(UInt32(truncatingIfNeeded: sum) % UInt32(count)))
    }
}
