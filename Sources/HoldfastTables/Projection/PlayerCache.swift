internal import CHoldfast
private import Glibc

/// The players and purses that a shard's writer has met: their numbers, and what is to be written about them.
///
/// A purse's balance is the last one seen; its sums are what has to be added to those in the file. So a purse never
/// has to be read, and a batch writes it once, however often it moved.
struct PlayerCache: ~Copyable {
    struct Player {
        var ref: Int64
        /// `tenant/player`, as in the log's records.
        var key: UnsafeRawPointer
        var keyCount: Int
        var tenantCount: Int
        var hash: UInt64
        /// Index of the tenant's name.
        var tenant: Int
        var firstPurse: Int32 = -1
        var isDirty = false
        /// Nil where nothing changed it.
        var locked: Bool?
        var touchedAt: Int64 = 0

        var tenantID: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: key, count: tenantCount) }
        var playerID: UnsafeRawBufferPointer {
            UnsafeRawBufferPointer(start: key + tenantCount + 1, count: keyCount - tenantCount - 1)
        }
    }

    struct Purse {
        var player: Int64
        var asset: Int64
        var next: Int32
        var isDirty = false
        var balance: Int64 = 0
        var held: Int64 = 0
        var seq: Int64 = 0
        var updatedAt: Int64 = 0
        /// To be added to what is in the file, in the order of the columns.
        var sums: InlineArray<6, Int64> = .init(repeating: 0)
        /// The last day with activity, what was done then, and what of it is in the file.
        var activeDay: Int64 = -1
        var did: Int64 = 0
        var didInFile: Int64 = 0
    }

    private(set) var players: [Player] = []
    private(set) var purses: [Purse] = []
    var dirtyPlayers: [Int] = []
    var dirtyPurses: [Int] = []
    private var index = FlatIndex(expecting: 1024)
    private var texts = TextArena()

    static func hash(_ key: UnsafeRawBufferPointer) -> UInt64 { hf_hash64(key.baseAddress, key.count, 0) }

    @inline(__always)
    func find(_ key: UnsafeRawBufferPointer, _ hash: UInt64) -> Int? {
        players.withUnsafeBufferPointer { players in
            index.find(hash) { slot in
                players[slot].keyCount == key.count && memcmp(players[slot].key, key.baseAddress!, key.count) == 0
            }
        }
    }

    mutating func add(
        _ key: UnsafeRawBufferPointer, _ hash: UInt64, ref: Int64, tenantCount: Int, tenant: Int
    ) -> Int {
        let slot = players.count
        players.append(
            Player(
                ref: ref, key: texts.keep(key), keyCount: key.count, tenantCount: tenantCount, hash: hash,
                tenant: tenant))
        players.withUnsafeBufferPointer { players in index.add(hash, slot: slot) { players[$0].hash } }
        return slot
    }

    @inline(__always)
    mutating func withPlayer(_ slot: Int, _ body: (inout Player) -> Void) { body(&players[slot]) }

    mutating func touch(player slot: Int, at time: Int64, locked: Bool?) {
        if !players[slot].isDirty {
            players[slot].isDirty = true
            dirtyPlayers.append(slot)
        }
        players[slot].touchedAt = max(players[slot].touchedAt, time)
        if let locked { players[slot].locked = locked }
    }

    /// The player's purse of an asset, marked as changed.
    @inline(__always)
    mutating func dirtyPurse(of player: Int, asset: Int64) -> Int {
        var at = players[player].firstPurse
        while at >= 0, purses[Int(at)].asset != asset { at = purses[Int(at)].next }
        let slot: Int
        if at >= 0 {
            slot = Int(at)
        } else {
            slot = purses.count
            purses.append(Purse(player: players[player].ref, asset: asset, next: players[player].firstPurse))
            players[player].firstPurse = Int32(slot)
        }
        if !purses[slot].isDirty {
            purses[slot].isDirty = true
            dirtyPurses.append(slot)
        }
        return slot
    }

    @inline(__always)
    mutating func withPurse<Result>(_ slot: Int, _ body: (inout Purse) -> Result) -> Result { body(&purses[slot]) }

    /// How much it has grown to.
    var isLarge: Bool { players.count > 1 << 20 || purses.count > 1 << 20 }

    mutating func removeAll() {
        players.removeAll()
        purses.removeAll()
        dirtyPlayers.removeAll()
        dirtyPurses.removeAll()
        index.removeAll()
        texts.removeAll()
    }
}

/// Short texts that stay where they are until all are dropped.
struct TextArena: ~Copyable {
    private var blocks: [UnsafeMutableRawPointer] = []
    private var used = blockBytes
    private static let blockBytes = 256 << 10

    deinit { for block in blocks { block.deallocate() } }

    mutating func keep(_ text: UnsafeRawBufferPointer) -> UnsafeRawPointer {
        let place = reserve(text.count)
        place.copyMemory(from: text.baseAddress!, byteCount: text.count)
        return UnsafeRawPointer(place)
    }

    /// Room for a text, which is much shorter than a block.
    mutating func reserve(_ count: Int, alignment: Int = 1) -> UnsafeMutableRawPointer {
        precondition(count <= Self.blockBytes, "a text is much shorter than a block of them")
        used = (used + alignment - 1) & ~(alignment - 1)
        if used + count > Self.blockBytes {
            blocks.append(.allocate(byteCount: Self.blockBytes, alignment: 16))
            used = 0
        }
        defer { used += count }
        return blocks[blocks.count - 1] + used
    }

    mutating func removeAll() {
        for block in blocks { block.deallocate() }
        blocks.removeAll()
        used = Self.blockBytes
    }
}
