internal import Holdfast

extension ShardLabel {
    func mayHold(_ player: String) -> Bool { numbers.contains(Shard.number(of: player, shards: count)) }
}
