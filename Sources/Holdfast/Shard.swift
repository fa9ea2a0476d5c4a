internal import CZlib

/// Which shard of the SQL tables a player belongs to: the zlib CRC-32 of the player's id, modulo the number of shards.
public enum Shard {
    public static func number(of playerID: String, shards: Int) -> Int {
        var id = playerID
        return id.withUTF8 { number(of: UnsafeRawBufferPointer($0), shards: shards) }
    }

    public static func checksum(of playerID: String) -> UInt32 {
        var id = playerID
        return id.withUTF8 { checksum(of: UnsafeRawBufferPointer($0)) }
    }

    /// The same, of an id as it lies in a record or a row.
    package static func number(of playerID: UnsafeRawBufferPointer, shards: Int) -> Int {
        precondition(shards >= 1, "there is at least one shard")
        return Int(checksum(of: playerID)) % shards
    }

    private static func checksum(of playerID: UnsafeRawBufferPointer) -> UInt32 {
        let bytes = playerID.assumingMemoryBound(to: UInt8.self)
        return UInt32(truncatingIfNeeded: crc32(0, bytes.baseAddress, UInt32(bytes.count)))
    }
}
