/// A player in one cache line: who they are, where their log ends, and their first purse. Further purses and open
/// holds hang on it.
///
///      0  u48  address of the last event     6  u16 tenant
///      8  u48  seq                          14  u8 flags   15  u8 bytes of the player's id
///     16  the first purse: i64 balance, i64 held
///     32  u32  next purse                   36  u32 first open hold
///     40  u16  asset of the first purse
///     42  the id where it has at most 22 bytes; of a longer one the first 14, and at 56 a place in the arena
struct PlayerSlot: BitwiseCopyable {
    private var addressAndTenant: UInt64
    private var seqAndMore: UInt64
    var purse: PurseFacts
    var nextPurse: UInt32
    var firstHold: UInt32
    var asset: AssetID
    private var id0: UInt16
    private var id1: UInt32
    private var id2: UInt64
    private var id3: UInt64

    static let bytes = 64
    static let purseOffset = 16
    static let idOffset = 42
    static let inlineIDMax = 22
    static let prefixBytes = 14
    static let arenaOffset = 56

    /// Addresses and seqs have 48 bits: 256 TiB of log in a lane, and as many events of a player.
    static let wordMax: UInt64 = (1 << 48) - 1
    private static let isLockedBit: UInt64 = 1 << 48

    var lastAddress: UInt64 {
        get { addressAndTenant & Self.wordMax }
        set { addressAndTenant = addressAndTenant & ~Self.wordMax | newValue & Self.wordMax }
    }

    var tenant: UInt16 {
        get { UInt16(truncatingIfNeeded: addressAndTenant >> 48) }
        set { addressAndTenant = addressAndTenant & Self.wordMax | UInt64(newValue) << 48 }
    }

    var seq: UInt64 {
        get { seqAndMore & Self.wordMax }
        set { seqAndMore = seqAndMore & ~Self.wordMax | newValue & Self.wordMax }
    }

    var isLocked: Bool {
        get { seqAndMore & Self.isLockedBit != 0 }
        set { seqAndMore = newValue ? seqAndMore | Self.isLockedBit : seqAndMore & ~Self.isLockedBit }
    }

    var idCount: Int {
        get { Int(truncatingIfNeeded: seqAndMore >> 56) }
        set { seqAndMore = seqAndMore & ~(0xFF << 56) | UInt64(truncatingIfNeeded: newValue) << 56 }
    }
}

/// A player's purse in a further asset.
struct PurseSlot: BitwiseCopyable {
    var purse: PurseFacts
    var next: UInt32
    var asset: AssetID
    private var unused: UInt16
    private var unused2: UInt64

    static let bytes = 32
}

/// Funds that are set aside: two cache lines with all that it takes to confirm, release or expire them, the
/// request_id included, so that none of this reads the log.
struct HoldSlot: BitwiseCopyable {
    var player: UInt32
    /// Neighbours among the player's open holds, newest first.
    var next: UInt32
    var previous: UInt32
    var asset: AssetID
    var idCount: UInt8
    private var unused: UInt8
    var amount: Int64
    var expiresAt: Int64
    var createdAt: Int64
    /// Of the `authorised` event.
    var address: UInt64
    var requestHash: UInt64
    private var id: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64)
    private var unused2: UInt64

    static let bytes = 128
    static let idOffset = 56
}

/// Asserted once a process: the offsets above are used with raw pointers.
enum SlotLayout {
    static let isAsDocumented: Bool = {
        precondition(MemoryLayout<PlayerSlot>.stride == PlayerSlot.bytes)
        precondition(MemoryLayout<PlayerSlot>.offset(of: \.purse) == PlayerSlot.purseOffset)
        precondition(MemoryLayout<PlayerSlot>.offset(of: \.asset) == PlayerSlot.idOffset - 2)
        precondition(MemoryLayout<PurseSlot>.stride == PurseSlot.bytes)
        precondition(MemoryLayout<PurseSlot>.offset(of: \.purse) == 0)
        precondition(MemoryLayout<HoldSlot>.stride == HoldSlot.bytes)
        for operation in Operation.allCases {
            precondition(unsafeBitCast(operation, to: UInt8.self) == operation.rawValue - 1)
        }
        precondition(MemoryLayout<HoldSlot>.offset(of: \.requestHash) == HoldSlot.idOffset - 8)
        return true
    }()
}
