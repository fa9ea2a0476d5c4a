internal import CZlib

/// Which shard of the SQL tables a player belongs to: the zlib CRC-32 of the player's id, modulo the number of shards.
public enum Shard {
    public static func number(of playerID: String, shards: Int) -> Int {
        precondition(shards >= 1, "there is at least one shard")
        return Int(checksum(of: playerID)) % shards
    }

    public static func checksum(of playerID: String) -> UInt32 {
        var id = playerID
        return id.withUTF8 { UInt32(truncatingIfNeeded: crc32(0, $0.baseAddress, UInt32($0.count))) }
    }
}
