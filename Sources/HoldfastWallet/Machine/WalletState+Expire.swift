import HoldfastLog
import HoldfastMemory

extension WalletState {
    /// Lays down an expiry for every hold that has come to its end. False when the batch is full before that.
    mutating func expire(on turn: inout LaneTurn) -> Bool {
        if !wheelIsLive { startWheel() }
        openRange(turn)
        return passTime(&turn)
    }

    @inline(never)
    mutating func expireDue(_ turn: inout LaneTurn) -> Bool {
        let now = turn.now
        while let earliest = wheel.earliestDue, earliest <= now {
            guard turn.batch.hasRoom(for: WalletEvent.recordBytesMax) else { return false }
            guard let hold = wheel.popDue(upTo: now) else { break }
            expire(hold, &turn)
        }
        expiredUpTo = now
        latestTime = max(latestTime, now)
        let floor = window.floor
        window.note(now, logEndsAt: turn.batch.nextAddress)
        if window.floor != floor { openRange(turn) }
        return true
    }

    /// The event bears the time at which the hold ended, however late the lane comes to write it: no event of an
    /// earlier time follows, since everything due expires before anything else is decided.
    private mutating func expire(_ hold: UInt32, _ turn: inout LaneTurn) {
        let slot = holds.pointer(hold)
        let player = slot.pointee.player
        let owner = players.pointer(player)
        let facts = facts(player, slot.pointee.asset)
        // The slot may be handed out again only after its id is in the record.
        var place = EventPlace(address: turn.batch.nextAddress, player: player)
        place.asset = slot.pointee.asset
        place.targetHash = slot.pointee.requestHash
        place.hold = hold
        var event = WalletEvent()
        event.kind = .holdExpired
        event.seq = owner.pointee.seq &+ 1
        event.previous = owner.pointee.lastAddress
        event.time = slot.pointee.expiresAt
        event.amount = slot.pointee.amount
        event.balanceAfter = facts.balance
        event.heldAfter = facts.held &- slot.pointee.amount
        event.about = slot.pointee.address
        event.setTenant(tenant(of: player))
        event.setPlayer(id(of: player))
        event.setAsset(assets.text(of: slot.pointee.asset))
        event.texts.middle = requestID(of: hold).baseAddress
        event.texts.targetCount = slot.pointee.idCount
        event.store(in: &turn.batch)
        _ = remember(&event, &place)
        let fault = move(&event, &place)
        precondition(fault == nil, "a hold that the wheel brings forth is open")
    }

    /// When the next hold may fall due.
    var earliestDue: Int64? {
        mutating get {
            if !wheelIsLive { startWheel() }
            return wheel.earliestDue
        }
    }
}
