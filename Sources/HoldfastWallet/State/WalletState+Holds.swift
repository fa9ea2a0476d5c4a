import HoldfastMemory

extension WalletState {
    /// The open hold that a player's request opened, 0 when there is none. The slot proves the match by itself.
    @inline(__always)
    func findHold(_ hash: UInt64, _ player: UInt32, _ id: UnsafeRawBufferPointer) -> UInt32 {
        var match = holdsByRequest.firstMatch(hash)
        while let candidate = match {
            let hold = UInt32(truncatingIfNeeded: candidate.value)
            if isHold(hold, player, id) { return hold }
            match = holdsByRequest.nextMatch(after: candidate)
        }
        return 0
    }

    /// Whether a number is that of the open hold which a player's request opened. Numbers of closed ones are not:
    /// their slots have no id.
    @inline(__always)
    func isHold(_ hold: UInt32, _ player: UInt32, _ id: UnsafeRawBufferPointer) -> Bool {
        guard hold != 0, holds.pointer(hold).pointee.player == player else { return false }
        return sameBytes(requestID(of: hold), id)
    }

    /// The id of the request that opened a hold; good while the hold is open.
    @inline(__always)
    func requestID(of hold: UInt32) -> UnsafeRawBufferPointer {
        let slot = holds.pointer(hold)
        return UnsafeRawBufferPointer(
            start: UnsafeRawPointer(slot) + HoldSlot.idOffset, count: Int(slot.pointee.idCount))
    }

    /// What is known of a hold at its opening.
    struct Opening {
        var player: UInt32
        var asset: AssetID
        var amount: Int64
        var createdAt: Int64
        var expiresAt: Int64
        var address: UInt64
        var requestHash: UInt64
        var requestID: UnsafeRawBufferPointer
    }

    /// Adds an open hold; false when there is no room.
    @inline(__always)
    mutating func open(_ opening: borrowing Opening) -> Bool {
        let hold = holds.allocate()
        guard hold != 0 else { return false }
        guard holdsByRequest.insert(opening.requestHash, value: UInt64(hold), status: 0) else {
            holds.free(hold)
            return false
        }
        let slot = holds.pointer(hold)
        slot.pointee.player = opening.player
        slot.pointee.asset = opening.asset
        slot.pointee.idCount = UInt8(truncatingIfNeeded: opening.requestID.count)
        slot.pointee.amount = opening.amount
        slot.pointee.createdAt = opening.createdAt
        slot.pointee.expiresAt = opening.expiresAt
        slot.pointee.address = opening.address
        slot.pointee.requestHash = opening.requestHash
        copyBytes(from: opening.requestID, to: UnsafeMutableRawPointer(slot) + HoldSlot.idOffset)
        let player = players.pointer(opening.player)
        let first = player.pointee.firstHold
        slot.pointee.next = first
        if first != 0 { holds.pointer(first).pointee.previous = hold }
        player.pointee.firstHold = hold
        if outlivesWindow(slot) { longHolds &+= 1 }
        if wheelIsLive { wheel.schedule(hold, due: opening.expiresAt) }
        return true
    }

    /// Takes an open hold out: it was confirmed, released, or is over.
    @inline(__always)
    mutating func close(_ hold: UInt32) {
        let slot = holds.pointer(hold)
        var match = holdsByRequest.firstMatch(slot.pointee.requestHash)
        while let candidate = match {
            if candidate.value == UInt64(hold) {
                holdsByRequest.remove(candidate)
                break
            }
            match = holdsByRequest.nextMatch(after: candidate)
        }
        let next = slot.pointee.next
        let previous = slot.pointee.previous
        if next != 0 { holds.pointer(next).pointee.previous = previous }
        if previous != 0 {
            holds.pointer(previous).pointee.next = next
        } else {
            players.pointer(slot.pointee.player).pointee.firstHold = next
        }
        if outlivesWindow(slot) { longHolds &-= 1 }
        // What the wheel itself brought forth is in it no more.
        if wheel.isScheduled(hold) { wheel.cancel(hold) }
        slot.pointee.idCount = 0
        holds.free(hold)
    }

    @inline(__always)
    private func outlivesWindow(_ slot: UnsafeMutablePointer<HoldSlot>) -> Bool {
        slot.pointee.expiresAt &- slot.pointee.createdAt >= window.milliseconds
    }

    /// Every open hold of a player, newest first.
    func forEachHold(of player: UInt32, _ body: (UInt32, borrowing HoldSlot) -> Void) {
        var hold = players.pointer(player).pointee.firstHold
        while hold != 0 {
            let slot = holds.pointer(hold)
            body(hold, slot.pointee)
            hold = slot.pointee.next
        }
    }

    /// Sets the wheel up after recovery. Holds of one millisecond expire in the order of their records, so they are
    /// scheduled in it.
    @inline(never)
    mutating func startWheel() {
        wheelIsLive = true
        var open: [(address: UInt64, hold: UInt32)] = []
        open.reserveCapacity(holds.liveCount)
        if players.highWater > 0 {
            for player in 1...players.highWater {
                forEachHold(of: player) { hold, slot in open.append((slot.address, hold)) }
            }
        }
        open.sort { $0.address < $1.address }
        // Time passes first, so that the holds are placed for good.
        _ = wheel.popDue(upTo: latestTime)
        for (_, hold) in open { wheel.schedule(hold, due: holds.pointer(hold).pointee.expiresAt) }
    }
}
