import HoldfastLog
import HoldfastMemory

/// Whom and what a decision is about.
struct Concern: BitwiseCopyable {
    /// 0 for one who is new.
    var player: UInt32
    /// 0 where none is concerned.
    var asset: AssetID
    /// Of a transfer within the lane.
    var recipient: UInt32
    var target: FoundTarget
    /// Request memory was seen to have nothing under the command's name.
    var isFresh: Bool
}

extension WalletState {
    /// Makes a decision an event: takes it in, lays its record down and fills in the answer. All that can fail comes
    /// before the first change that counts; a player without events and an empty slot are no change.
    @inline(__always)
    mutating func record(
        _ decision: Decision, _ situation: inout Situation, _ frame: CommandFrame, _ concern: inout Concern,
        _ turn: inout LaneTurn, _ records: Records, _ outcome: UnsafeMutablePointer<Outcome>
    ) -> Full? {
        var place = EventPlace(address: turn.batch.nextAddress, player: concern.player)
        if place.player == 0 {
            switch createPlayer(frame.keyHash, frame.tenant, frame.player) {
            case .success(let new): place.player = new
            case .failure(let full): return full.what
            }
        }
        // At most three purses are opened: two by an exchange or by a transfer within the lane.
        guard purses.liveCount &+ 2 <= purses.capacity else { return .furtherPurses }
        var event = WalletEvent()
        fill(&event, frame, &concern, place.player)
        event.time = turn.now
        event.write(decision)
        let namesAsset = concern.asset != 0 && event.namesAsset(decision)
        if namesAsset {
            place.asset = concern.asset
            let effect = event.effect
            event.balanceAfter = situation.purse.balance &+ effect.balance
            event.heldAfter = situation.purse.held &+ effect.held
            event.setAsset(frame.asset != 0 ? frame.assetName : assets.text(of: concern.asset))
        }
        if event.kind == .exchanged {
            place.toAsset = frame.toAsset
            event.toBalance = situation.toPurse.balance &+ event.toAmount
            event.toHeld = situation.toPurse.held
        }
        place.requestHash = frame.requestHash
        place.targetHash = frame.targetHash
        place.hold = concern.target.hold
        place.isFresh = concern.isFresh

        guard remember(&event, &place) else { return .requests }
        if let fault = move(&event, &place) {
            requests.forget(place.requestHash, place.address)
            precondition(fault == .noRoomForHold, "a decision follows from the state that it moves")
            return .openHolds
        }
        answer(&event, &place, records, turn.batch.count, outcome)
        event.store(in: &turn.batch)
        latestTime = turn.now
        if event.kind == .transferred, concern.recipient != 0 {
            receive(frame, by: concern.recipient, &turn)
        }
        return nil
    }

    /// What every event of a command says.
    @inline(__always)
    private func fill(
        _ event: inout WalletEvent, _ frame: CommandFrame, _ concern: inout Concern, _ player: UInt32
    ) {
        let slot = players.pointer(player)
        event.seq = slot.pointee.seq &+ 1
        event.previous = slot.pointee.lastAddress
        event.operation = frame.operation
        event.fingerprint = frame.fingerprint
        event.movement = frame.kind
        event.amount = frame.amount
        frame.lend(to: &event.texts)
        event.about = concern.target.address
        if frame.operation == .exchange {
            event.numerator = frame.first
            event.denominator = frame.second
        }
    }

    @inline(__always)
    private func answer(
        _ event: inout WalletEvent, _ place: inout EventPlace, _ records: Records,
        _ indexInBatch: Int, _ outcome: UnsafeMutablePointer<Outcome>
    ) {
        // The outcome is as it was made, so only what is not zero has to be written.
        if let refusal = event.refusal {
            outcome.pointee.status = .refused
            outcome.pointee.refusal = refusal
        } else {
            outcome.pointee.status = .accepted
            outcome.pointee.event = event.kind
            outcome.pointee.amount = event.amount
            if event.kind == .authorised { outcome.pointee.extra = event.moment }
            if event.kind == .exchanged {
                outcome.pointee.toAsset = place.toAsset
                outcome.pointee.extra = event.toAmount
                outcome.pointee.toBalance = event.toBalance
            }
        }
        outcome.pointee.asset = place.asset
        outcome.pointee.balance = event.balanceAfter
        outcome.pointee.held = event.heldAfter
        outcome.pointee.seq = event.seq
        outcome.pointee.time = event.time
        outcome.pointee.batchOrdinal = records.ordinal
        outcome.pointee.indexInBatch = UInt32(truncatingIfNeeded: indexInBatch)
        outcome.pointee.isRecordedNow = true
    }

    /// The recipient's half of a transfer that was decided: it can't fail any more.
    @inline(never)
    mutating func receive(_ frame: CommandFrame, by player: UInt32, _ turn: inout LaneTurn) {
        let slot = players.pointer(player)
        let facts = facts(player, frame.asset)
        var event = WalletEvent()
        event.kind = .received
        event.seq = slot.pointee.seq &+ 1
        event.previous = slot.pointee.lastAddress
        event.time = turn.now
        event.amount = frame.amount
        event.balanceAfter = facts.balance &+ frame.amount
        event.heldAfter = facts.held
        frame.lend(to: &event.texts)
        event.setAsset(frame.assetName)
        event.setPlayer(frame.other)
        event.setOther(frame.player)
        var place = EventPlace(address: turn.batch.nextAddress, player: player)
        place.asset = frame.asset
        let fault = move(&event, &place)
        precondition(fault == nil, "room for the recipient's purse was made sure of")
        event.store(in: &turn.batch)
        latestTime = turn.now
    }
}

extension WalletEvent {
    /// What the decision says. The amount is what moves, or of a refusal what was asked for, and that is there already.
    @inline(__always)
    mutating func write(_ decision: Decision) {
        switch decision {
        case .credited: kind = .credited
        case .debited: kind = .debited
        case .authorised(_, let expiresAt):
            kind = .authorised
            moment = expiresAt
        case .confirmed(let amount, let hold):
            kind = .confirmed
            self.amount = amount
            moment = hold
        case .rolledBack(let undone, let amount):
            kind = .rolledBack
            self.undone = undone
            self.amount = amount
        case .tombstoned: kind = .tombstoned
        case .transferred: kind = .transferred
        case .exchanged(_, let toAmount):
            kind = .exchanged
            self.toAmount = toAmount
        case .locked: kind = .locked
        case .unlocked: kind = .unlocked
        case .refused(let refusal, _):
            kind = .refused
            self.refusal = refusal
        }
        // Only what changes its target continues the chain of records about it.
        if !kind.changesTarget { about = 0 }
    }

    @inline(__always)
    func namesAsset(_ decision: Decision) -> Bool {
        switch decision {
        case .tombstoned, .locked, .unlocked: false
        case .refused(_, let naming): naming == .asset
        case .credited, .debited, .authorised, .confirmed, .rolledBack, .transferred, .exchanged: true
        }
    }
}
