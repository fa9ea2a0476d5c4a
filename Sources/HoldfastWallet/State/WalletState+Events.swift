import HoldfastLog
import HoldfastMemory

/// Where an event is and whom its names refer to: what the lane knows when it lays an event down, and recovery finds
/// out when it reads one.
struct EventPlace: BitwiseCopyable {
    var address: UInt64
    var player: UInt32
    var asset: AssetID = 0
    var toAsset: AssetID = 0
    var requestHash: UInt64 = 0
    var targetHash: UInt64 = 0
    /// The open hold that the event closes, where it is known already.
    var hold: UInt32 = 0
    /// Request memory was seen to have nothing under the event's own name.
    var isFresh = false
}

/// Why an event can't be taken in.
enum MoveFault: UInt8 {
    case noRoomForPurse, noRoomForHold
    case unknownHold, otherBalance, otherBalanceOfToAsset
}

/// Events and places are passed `inout` though nobody changes them: a borrowed value of two dozen words is copied for
/// each call, which took more time than the calls themselves.
extension WalletState {
    /// Remembers what an event says about its own request and about its target.
    @inline(__always)
    mutating func remember(_ event: inout WalletEvent, _ place: inout EventPlace) -> Bool {
        requests.remember(&event, &place)
    }

    /// Moves the player's state by one event, the next of their log. Nil when that was done; otherwise the event
    /// doesn't fit to the state, and nothing can be said of either.
    @inline(__always)
    mutating func move(_ event: inout WalletEvent, _ place: inout EventPlace) -> MoveFault? {
        let slot = players.pointer(place.player)
        switch event.kind {
        case .authorised:
            let opening = Opening(
                player: place.player, asset: place.asset, amount: event.amount, createdAt: event.time,
                expiresAt: event.moment, address: place.address, requestHash: place.requestHash,
                requestID: event.requestID)
            guard open(opening) else { return .noRoomForHold }
        case .confirmed:
            guard close(&event, &place, amount: event.moment) else { return .unknownHold }
        case .holdExpired:
            guard close(&event, &place, amount: event.amount) else { return .unknownHold }
        case .rolledBack:
            if event.undone == .openHold {
                guard close(&event, &place, amount: event.amount) else { return .unknownHold }
            }
        case .locked: slot.pointee.isLocked = true
        case .unlocked: slot.pointee.isLocked = false
        case .credited, .debited, .tombstoned, .transferred, .received, .exchanged, .refused: break
        }
        if let fault = moveFunds(&event, &place) { return fault }
        slot.pointee.seq = event.seq
        slot.pointee.lastAddress = place.address
        eventsTaken &+= 1
        return nil
    }

    /// The hold that an event ends must be open, and be what the event says it is.
    @inline(__always)
    private mutating func close(
        _ event: inout WalletEvent, _ place: inout EventPlace, amount: Int64
    ) -> Bool {
        let hold = place.hold != 0 ? place.hold : findHold(place.targetHash, place.player, event.target)
        guard hold != 0 else { return false }
        let slot = holds.pointer(hold)
        guard slot.pointee.amount == amount, slot.pointee.asset == place.asset else { return false }
        close(hold)
        return true
    }

    /// The event says what it moved and what was there then: we compute the one and check it against the other.
    @inline(__always)
    private mutating func moveFunds(_ event: inout WalletEvent, _ place: inout EventPlace) -> MoveFault? {
        guard place.asset != 0 else { return nil }
        if event.kind == .refused {
            let facts = facts(place.player, place.asset)
            guard facts.balance == event.balanceAfter, facts.held == event.heldAfter else { return .otherBalance }
            return nil
        }
        guard let purse = openPurse(place.player, place.asset) else { return .noRoomForPurse }
        let effect = event.effect
        // Neither can overflow: both parts lie within ±2^54.
        let balance = purse.pointee.balance &+ effect.balance
        let held = purse.pointee.held &+ effect.held
        guard balance == event.balanceAfter, held == event.heldAfter else { return .otherBalance }
        purse.pointee = PurseFacts(balance: balance, held: held)
        guard event.kind == .exchanged else { return nil }
        guard let toPurse = openPurse(place.player, place.toAsset) else { return .noRoomForPurse }
        let toBalance = toPurse.pointee.balance &+ event.toAmount
        guard toBalance == event.toBalance, toPurse.pointee.held == event.toHeld else { return .otherBalanceOfToAsset }
        toPurse.pointee.balance = toBalance
        return nil
    }
}
