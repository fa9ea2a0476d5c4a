import HoldfastLog
import HoldfastMemory

/// How far the loading of a snapshot has come.
struct SnapshotLoading {
    /// The names that the pieces introduced so far: the snapshot's numbers to ours.
    var tenants: [UInt16] = []
    var assets: [AssetID] = []
    /// The first hash of the page of request memory that comes next; nil when all are there.
    var nextHash: UInt64? = 0
}

extension WalletState {
    /// Takes in one piece of a snapshot, in the order in which they were written.
    mutating func loadSnapshotChunk(_ chunk: UnsafeRawBufferPointer) throws(LogError) {
        var reader = ChunkReader(chunk)
        guard try reader.get(UInt32.self) == SnapshotFormat.magic else {
            throw ChunkReader.malformed("it is not of a wallet's snapshot")
        }
        let what = try reader.get(UInt8.self)
        let newest = try reader.get(UInt64.self)
        let floor = try reader.get(UInt64.self)
        guard floor <= newest, newest <= PlayerSlot.wordMax else {
            throw ChunkReader.malformed("its window does not lie in the log")
        }
        window.restore(floor: floor)
        requests.setRange(from: window.floor, upTo: newest)
        try loadNames(&reader)
        switch what {
        case SnapshotFormat.start: try loadStart(&reader)
        case SnapshotFormat.players: try loadPlayers(&reader)
        case SnapshotFormat.requests: try loadRequests(reader.getRest())
        default: throw ChunkReader.malformed("it is of an unknown sort")
        }
        guard reader.isAtEnd else { throw ChunkReader.malformed("it has more than it should") }
    }

    private mutating func loadNames(_ reader: inout ChunkReader) throws(LogError) {
        for _ in 0..<(try reader.get(UInt16.self)) {
            let name = try reader.getText(1...TextRules.tenantBytesMax)
            let number = tenants.number(of: name)
            guard number != 0 else { throw Full.tenants.error(self) }
            loaded.tenants.append(number)
        }
        for _ in 0..<(try reader.get(UInt32.self)) {
            let id = assets.id(ofLogged: try reader.getText(1...AssetName.bytesMax))
            guard id != 0 else { throw ChunkReader.malformed("an asset's name can't be one") }
            loaded.assets.append(id)
        }
    }

    private mutating func loadStart(_ reader: inout ChunkReader) throws(LogError) {
        guard try reader.get(UInt64.self) == seed else {
            throw ChunkReader.malformed("it was written with another hash seed")
        }
        latestTime = max(latestTime, try reader.get(Int64.self))
        for _ in 0..<(try reader.get(UInt16.self)) {
            let time = try reader.get(Int64.self)
            window.restore(.init(time: time, address: try reader.get(UInt64.self)))
        }
    }

    /// Each player's place in the table is a cache miss, so a second reader runs some entries ahead and asks for them.
    private mutating func loadPlayers(_ reader: inout ChunkReader) throws(LogError) {
        var ahead = reader
        var hashes = InlineArray<16, UInt64>(repeating: 0)
        var announced = 0
        var done = 0
        while !reader.isAtEnd {
            while !ahead.isAtEnd, announced < done + hashes.count {
                hashes[announced % hashes.count] = try announcePlayer(&ahead)
                announced += 1
            }
            try loadPlayer(&reader, hashes[done % hashes.count])
            done += 1
        }
    }

    /// Passes over a player's entry, asks for their place, and returns the hash of their key.
    private func announcePlayer(_ reader: inout ChunkReader) throws(LogError) -> UInt64 {
        let tenant = try number(try reader.get(UInt16.self), in: loaded.tenants)
        let hash = keyHash(tenants.name(of: tenant), try reader.getText(1...TextRules.bytesMax))
        playersByKey.prefetchPage(hash)
        try reader.skip(17)
        let purses = try reader.get(UInt16.self)
        let holds = try reader.get(UInt32.self)
        try reader.skip(Int(purses) * SnapshotFormat.purseBytes)
        for _ in 0..<holds {
            try reader.skip(SnapshotFormat.holdBytes)
            _ = try reader.getText(1...TextRules.bytesMax)
        }
        return hash
    }

    private mutating func loadPlayer(_ reader: inout ChunkReader, _ hash: UInt64) throws(LogError) {
        let tenant = try number(try reader.get(UInt16.self), in: loaded.tenants)
        let id = try reader.getText(1...TextRules.bytesMax)
        let name = tenants.name(of: tenant)
        guard findPlayer(hash, name, id) == 0 else { throw ChunkReader.malformed("a player is there twice") }
        let player: UInt32
        switch createPlayer(hash, name, id) {
        case .success(let new): player = new
        case .failure(let full): throw full.what.error(self)
        }
        let slot = players.pointer(player)
        let seq = try reader.get(UInt64.self)
        let lastAddress = try reader.get(UInt64.self)
        guard (1...PlayerSlot.wordMax).contains(seq), lastAddress <= PlayerSlot.wordMax else {
            throw ChunkReader.malformed("a player's seq or address is out of bounds")
        }
        slot.pointee.seq = seq
        slot.pointee.lastAddress = lastAddress
        slot.pointee.isLocked = try reader.get(UInt8.self) & SnapshotFormat.isLocked != 0
        let purseCount = try reader.get(UInt16.self)
        let holdCount = try reader.get(UInt32.self)
        for _ in 0..<purseCount { try loadPurse(player, &reader) }
        for _ in 0..<holdCount { try loadHold(player, hash, &reader) }
    }

    private mutating func loadPurse(_ player: UInt32, _ reader: inout ChunkReader) throws(LogError) {
        let asset = try number(try reader.get(UInt16.self), in: loaded.assets)
        let balance = try reader.get(Int64.self)
        let held = try reader.get(Int64.self)
        guard (-Amount.max...Amount.max).contains(balance), (0...Amount.max).contains(held) else {
            throw ChunkReader.malformed("a balance is out of bounds")
        }
        guard let purse = openPurse(player, asset) else { throw Full.furtherPurses.error(self) }
        purse.pointee = PurseFacts(balance: balance, held: held)
    }

    private mutating func loadHold(
        _ player: UInt32, _ keyHash: UInt64, _ reader: inout ChunkReader
    ) throws(LogError) {
        let asset = try number(try reader.get(UInt16.self), in: loaded.assets)
        let amount = try reader.get(Int64.self)
        let createdAt = try reader.get(Int64.self)
        let expiresAt = try reader.get(Int64.self)
        let address = try reader.get(UInt64.self)
        let id = try reader.getText(1...TextRules.bytesMax)
        guard (1...Amount.max).contains(amount), createdAt >= 0, expiresAt > createdAt,
            expiresAt <= Amount.max << 1, address <= PlayerSlot.wordMax
        else { throw ChunkReader.malformed("a hold is out of bounds") }
        let opening = Opening(
            player: player, asset: asset, amount: amount, createdAt: createdAt, expiresAt: expiresAt,
            address: address, requestHash: requestHash(id, of: keyHash), requestID: id)
        guard open(opening) else { throw Full.openHolds.error(self) }
    }

    private mutating func loadRequests(_ images: UnsafeRawBufferPointer) throws(LogError) {
        var images = images
        while images.count > 0 {
            guard let start = loaded.nextHash else { throw ChunkReader.malformed("it has requests behind the last") }
            switch requests.pages.takeImage(ofPageAt: start, from: images, statusMax: RequestStatus.last.rawValue) {
            case .taken(let bytes, let next):
                loaded.nextHash = next
                images = UnsafeRawBufferPointer(rebasing: images[bytes...])
            case .malformed: throw ChunkReader.malformed("a page of its requests can't be one")
            case .full: throw Full.requests.error(self)
            }
        }
    }

    /// The last piece was loaded: a snapshot without all of the requests is none. Nor is one that takes in addresses which
    /// the log had not come to: everything remembered would count as older than the window. A lane lets its memory take in
    /// those of a batch ahead, which may stand at the beginning of the next segment.
    func finishLoading(end: UInt64) throws(LogError) {
        guard loaded.nextHash == nil else { throw ChunkReader.malformed("the requests behind it are missing") }
        let last = end + 4 * UInt64(Limits.batchBytesMax)
        guard window.floor <= end, requests.newestAddress <= last, window.living.allSatisfy({ $0.address <= last })
        else { throw ChunkReader.malformed("its window reaches beyond the end of the log at that time") }
    }

    private func number<Number>(_ stored: UInt16, in known: [Number]) throws(LogError) -> Number {
        guard stored >= 1, Int(stored) <= known.count else {
            throw ChunkReader.malformed("it refers to a name that it has not introduced")
        }
        return known[Int(stored) - 1]
    }
}
