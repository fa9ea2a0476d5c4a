import HoldfastLog
import HoldfastMemory

/// Where a snapshot under way stands.
struct SnapshotCursor {
    enum Phase { case none, start, players, requests }
    var phase = Phase.none
    var nextPlayer: UInt32 = 1
    /// The first hash of the next page of request memory.
    var nextHash: UInt64 = 0
    /// Names that the pieces so far have introduced.
    var tenantsWritten = 0
    var assetsWritten = 0
}

/// A snapshot is a sequence of pieces, each of one moment. A player's entry holds up to their own seq, so it doesn't
/// matter that pieces are of different moments: replaying the log skips what an entry already has.
///
///     u32 "HWS2", u8 what: 0 start, 1 players, 2 requests
///     u64 end of the log at that moment, u64 floor of the window
///     u16 tenants that are new since the piece before, each with its name; u32 assets likewise
///     (their numbers go on counting from 1 in the order of the pieces)
///     then  start: u64 seed, i64 latest time, u16 marks, each i64 time and u64 address
///           players: entries up to the end
///           requests: images of pages up to the end, in the order of their hashes (``HashPages``); pieces follow on
///                     each other, and together they have every page
///
/// A player: u16 tenant, id, u64 seq, u64 last address, u8 flags (1 locked), u16 purses, u32 holds.
/// A purse: u16 asset, i64 balance, i64 held.
/// A hold: u16 asset, i64 amount, i64 created, i64 expires, u64 address, request_id.
/// A text is a u8 count and its bytes.
enum SnapshotFormat {
    static let magic: UInt32 = 0x3253_5748  // "HWS2"
    static let start: UInt8 = 0
    static let players: UInt8 = 1
    static let requests: UInt8 = 2
    static let isLocked: UInt8 = 1
    static let purseBytes = 18
    /// Of a hold without its request_id.
    static let holdBytes = 34
}

extension WalletState {
    mutating func beginSnapshot() {
        snapshot = SnapshotCursor()
        snapshot.phase = .start
    }

    /// Appends one piece. False when there is no more, and then nothing was appended.
    mutating func snapshotChunk(into chunk: inout [UInt8]) -> Bool {
        let what: UInt8
        switch snapshot.phase {
        case .none: return false
        case .start: what = SnapshotFormat.start
        case .players: what = SnapshotFormat.players
        case .requests: what = SnapshotFormat.requests
        }
        let limit = Limits.snapshotChunkBytes
        var writer = ChunkWriter(capacity: limit * 9 / 8)
        putHead(what, &writer)
        switch snapshot.phase {
        case .none: break
        case .start: putStart(&writer)
        case .players: putPlayers(&writer, limit)
        case .requests: putRequests(&writer, limit)
        }
        writer.append(to: &chunk)
        return true
    }

    private mutating func putHead(_ what: UInt8, _ writer: inout ChunkWriter) {
        assets.takeOver()
        writer.put(SnapshotFormat.magic)
        writer.put(what)
        writer.put(requests.newestAddress)
        writer.put(window.floor)
        writer.put(UInt16(tenants.count - snapshot.tenantsWritten))
        while snapshot.tenantsWritten < tenants.count {
            snapshot.tenantsWritten += 1
            writer.put(tenants.name(of: UInt16(snapshot.tenantsWritten)))
        }
        writer.put(UInt32(assets.count - snapshot.assetsWritten))
        while snapshot.assetsWritten < assets.count {
            snapshot.assetsWritten += 1
            writer.put(assets.text(of: AssetID(snapshot.assetsWritten)))
        }
    }

    private mutating func putStart(_ writer: inout ChunkWriter) {
        writer.put(seed)
        writer.put(latestTime)
        writer.put(UInt16(window.living.count))
        for mark in window.living {
            writer.put(mark.time)
            writer.put(mark.address)
        }
        snapshot.phase = .players
    }

    /// Players that come while the snapshot is taken get higher numbers or the place of none: the log has them.
    private mutating func putPlayers(_ writer: inout ChunkWriter, _ limit: Int) {
        while snapshot.nextPlayer <= players.highWater, writer.count < limit {
            if isInUse(snapshot.nextPlayer) { put(snapshot.nextPlayer, &writer) }
            snapshot.nextPlayer += 1
        }
        if snapshot.nextPlayer > players.highWater { snapshot.phase = .requests }
    }

    private mutating func put(_ player: UInt32, _ writer: inout ChunkWriter) {
        let slot = players.pointer(player)
        writer.put(slot.pointee.tenant)
        writer.put(id(of: player))
        writer.put(slot.pointee.seq)
        writer.put(slot.pointee.lastAddress)
        writer.put(slot.pointee.isLocked ? SnapshotFormat.isLocked : 0)
        var purseCount: UInt16 = 0
        var holdCount: UInt32 = 0
        forEachPurse(of: player) { _, _ in purseCount += 1 }
        forEachHold(of: player) { _, _ in holdCount += 1 }
        writer.put(purseCount)
        writer.put(holdCount)
        forEachPurse(of: player) { asset, facts in
            writer.put(asset)
            writer.put(facts.balance)
            writer.put(facts.held)
        }
        forEachHold(of: player) { hold, slot in
            writer.put(slot.asset)
            writer.put(slot.amount)
            writer.put(slot.createdAt)
            writer.put(slot.expiresAt)
            writer.put(slot.address)
            writer.put(requestID(of: hold))
        }
    }

    private mutating func putRequests(_ writer: inout ChunkWriter, _ limit: Int) {
        while writer.count < limit {
            var next: UInt64?
            writer.put(atMost: HashPages.imageBytesMax) { room in
                let image = requests.pages.writeImage(ofPageAt: snapshot.nextHash, to: room)
                next = image.next
                return image.bytes
            }
            guard let next else {
                snapshot.phase = .none
                return
            }
            snapshot.nextHash = next
        }
    }
}
