import CHoldfast
import HoldfastMemory

extension WalletState {
    /// The number of a player, 0 when they were never heard of. `hash` is that of their key.
    @inline(__always)
    func findPlayer(_ hash: UInt64, _ tenant: UnsafeRawBufferPointer, _ id: UnsafeRawBufferPointer) -> UInt32 {
        var match = playersByKey.firstMatch(hash)
        while let candidate = match {
            let player = UInt32(truncatingIfNeeded: candidate.value)
            if isPlayer(player, tenant, id) { return player }
            match = playersByKey.nextMatch(after: candidate)
        }
        return 0
    }

    @inline(__always)
    func isPlayer(_ player: UInt32, _ tenant: UnsafeRawBufferPointer, _ id: UnsafeRawBufferPointer) -> Bool {
        let slot = players.pointer(player)
        guard slot.pointee.idCount == id.count, let wanted = id.baseAddress else { return false }
        let inPlace = UnsafeRawPointer(slot) + PlayerSlot.idOffset
        if id.count <= PlayerSlot.inlineIDMax {
            guard sameBytes(inPlace, wanted, count: id.count) else { return false }
        } else {
            guard sameBytes(inPlace, wanted, count: PlayerSlot.prefixBytes),
                sameBytes(longID(slot), wanted, count: id.count)
            else { return false }
        }
        return sameBytes(tenants.name(of: slot.pointee.tenant), tenant)
    }

    @inline(__always)
    private func longID(_ slot: UnsafeMutablePointer<PlayerSlot>) -> UnsafeRawPointer {
        longIDs.pointer(at: UnsafeRawPointer(slot).load(fromByteOffset: PlayerSlot.arenaOffset, as: UInt64.self))
    }

    /// The player's id, good for as long as the state.
    @inline(__always)
    func id(of player: UInt32) -> UnsafeRawBufferPointer {
        let slot = players.pointer(player)
        let count = slot.pointee.idCount
        let start = count <= PlayerSlot.inlineIDMax ? UnsafeRawPointer(slot) + PlayerSlot.idOffset : longID(slot)
        return UnsafeRawBufferPointer(start: start, count: count)
    }

    /// The tenant's name, good for as long as the state.
    @inline(__always)
    func tenant(of player: UInt32) -> UnsafeRawBufferPointer {
        tenants.name(of: players.pointer(player).pointee.tenant)
    }

    /// The hash of a player's key.
    func keyHash(of player: UInt32) -> UInt64 { keyHash(tenant(of: player), id(of: player)) }

    @inline(__always)
    func keyHash(_ tenant: UnsafeRawBufferPointer, _ id: UnsafeRawBufferPointer) -> UInt64 {
        withUnsafeTemporaryAllocation(byteCount: 128, alignment: 16) { room in
            let base = room.baseAddress!
            copyBytes(from: tenant, to: base)
            base.storeBytes(of: UInt8(ascii: "/"), toByteOffset: tenant.count, as: UInt8.self)
            copyBytes(from: id, to: base + tenant.count + 1)
            return hf_hash64(base, tenant.count + 1 + id.count, seed)
        }
    }

    /// A slot for a player without events. One that stays so is as good as none.
    @inline(never)
    mutating func createPlayer(
        _ hash: UInt64, _ tenant: UnsafeRawBufferPointer, _ id: UnsafeRawBufferPointer
    ) -> Result<UInt32, FullError> {
        let number = tenants.number(of: tenant)
        guard number != 0 else { return .failure(FullError(.tenants)) }
        let player = players.allocate()
        guard player != 0 else { return .failure(FullError(.players)) }
        let slot = players.pointer(player)
        slot.pointee.tenant = number
        slot.pointee.idCount = id.count
        let inPlace = UnsafeMutableRawPointer(slot) + PlayerSlot.idOffset
        if id.count <= PlayerSlot.inlineIDMax {
            copyBytes(from: id, to: inPlace)
        } else {
            let offset = longIDs.append(id)
            guard offset != 0 else {
                players.free(player)
                return .failure(FullError(.longIDBytes))
            }
            copyBytes(from: UnsafeRawBufferPointer(rebasing: id[..<PlayerSlot.prefixBytes]), to: inPlace)
            UnsafeMutableRawPointer(slot).storeBytes(of: offset, toByteOffset: PlayerSlot.arenaOffset, as: UInt64.self)
        }
        guard playersByKey.insert(hash, value: UInt64(player), status: 0) else {
            players.free(player)
            return .failure(FullError(.players))
        }
        return .success(player)
    }
}

/// `Full` as something to throw or return.
struct FullError: Error {
    let what: Full
    init(_ what: Full) { self.what = what }
}

// MARK: Purses

extension WalletState {
    /// Where a player's purse in an asset lies, or nil when it was never touched.
    @inline(__always)
    func purse(_ player: UInt32, _ asset: AssetID) -> UnsafeMutablePointer<PurseFacts>? {
        let slot = players.pointer(player)
        if slot.pointee.asset == asset {
            return (UnsafeMutableRawPointer(slot) + PlayerSlot.purseOffset).assumingMemoryBound(to: PurseFacts.self)
        }
        var next = slot.pointee.nextPurse
        while next != 0 {
            let further = purses.pointer(next)
            if further.pointee.asset == asset {
                return UnsafeMutableRawPointer(further).assumingMemoryBound(to: PurseFacts.self)
            }
            next = further.pointee.next
        }
        return nil
    }

    /// What is in a purse. One never touched, or of a player never heard of, is empty.
    @inline(__always)
    func facts(_ player: UInt32, _ asset: AssetID) -> PurseFacts {
        guard player != 0, asset != 0 else { return PurseFacts() }
        return purse(player, asset)?.pointee ?? PurseFacts()
    }

    /// The purse, a new one if need be; nil when there is no room.
    @inline(__always)
    mutating func openPurse(_ player: UInt32, _ asset: AssetID) -> UnsafeMutablePointer<PurseFacts>? {
        purse(player, asset) ?? addPurse(player, asset)
    }

    @inline(never)
    private mutating func addPurse(_ player: UInt32, _ asset: AssetID) -> UnsafeMutablePointer<PurseFacts>? {
        let slot = players.pointer(player)
        if slot.pointee.asset == 0 {
            slot.pointee.asset = asset
            return purse(player, asset)
        }
        let new = purses.allocate()
        guard new != 0 else { return nil }
        let further = purses.pointer(new)
        further.pointee.asset = asset
        further.pointee.next = slot.pointee.nextPurse
        slot.pointee.nextPurse = new
        return UnsafeMutableRawPointer(further).assumingMemoryBound(to: PurseFacts.self)
    }

    /// Every purse of a player.
    func forEachPurse(of player: UInt32, _ body: (AssetID, PurseFacts) -> Void) {
        let slot = players.pointer(player)
        if slot.pointee.asset != 0 { body(slot.pointee.asset, slot.pointee.purse) }
        var next = slot.pointee.nextPurse
        while next != 0 {
            let further = purses.pointer(next)
            body(further.pointee.asset, further.pointee.purse)
            next = further.pointee.next
        }
    }
}
