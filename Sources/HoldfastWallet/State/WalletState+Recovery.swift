import CHoldfast
package import HoldfastLog
import HoldfastMemory

/// A record of a group that is being taken in.
struct RecoveryEntry {
    var event = WalletEvent()
    var place = EventPlace(address: 0, player: 0)
    var keyHash: UInt64 = 0

    /// How many are on their way at a time. Apart by `lead`, a record is read and its pages asked for, then its slots,
    /// then it is applied.
    static let onTheirWayMax = 32
    static let lead = (onTheirWayMax - 1) / 2
}

extension WalletState {
    /// Takes in records that are in the log, in its order. What a snapshot brought already changes nothing.
    ///
    /// Each step reads one record, asks for the slots of one that was read some steps ago and applies one that was read
    /// before that: so that memory is always at work, but never asked for more at once than a core can have under way.
    mutating func apply(_ records: UnsafeBufferPointer<PlacedRecord>) throws(LogError) {
        takenIn = 0
        var end = records.count
        var unreadable: LogError?
        var step = 0
        while takenIn < end {
            if step < end {
                let placed = records[step]
                do throws(LogError) {
                    try read(placed.record, at: placed.address, into: onItsWay(step))
                    fetchPages(onItsWay(step))
                } catch {
                    // Those before it are good.
                    unreadable = error
                    end = step
                }
            }
            let readBefore = step &- RecoveryEntry.lead
            if readBefore >= 0, readBefore < end { fetchSlots(onItsWay(readBefore)) }
            if readBefore >= RecoveryEntry.lead, takenIn < end {
                try apply(onItsWay(takenIn))
                takenIn &+= 1
            }
            step &+= 1
        }
        if let unreadable { throw unreadable }
    }

    @inline(__always)
    private func onItsWay(_ index: Int) -> UnsafeMutablePointer<RecoveryEntry> {
        recovery + index & (RecoveryEntry.onTheirWayMax - 1)
    }

    package mutating func apply(_ record: RecordView, at address: UInt64) throws(LogError) {
        try read(record, at: address, into: recovery)
        try apply(recovery)
    }

    @inline(__always)
    private mutating func read(
        _ record: RecordView, at address: UInt64, into entry: UnsafeMutablePointer<RecoveryEntry>
    ) throws(LogError) {
        entry.pointee.event = WalletEvent()
        entry.pointee.place = EventPlace(address: address, player: 0)
        do throws(MalformedEvent) {
            try entry.pointee.event.read(record)
        } catch {
            lastFault = EventFault(what: .malformed, expected: "an event of a wallet", found: error.description)
            throw .invalid(argument: "the event at address \(address)", reason: error.description)
        }
        let key = record.key
        let hash = hf_hash64(key.baseAddress, key.count, seed)
        entry.pointee.keyHash = hash
        if entry.pointee.event.requestID.count > 0, !requestsAreLent || entry.pointee.event.kind == .authorised {
            entry.pointee.place.requestHash = requestHash(entry.pointee.event.requestID, of: hash)
        }
        if entry.pointee.event.target.count > 0 {
            entry.pointee.place.targetHash = requestHash(entry.pointee.event.target, of: hash)
        }
    }

    @inline(__always)
    private func fetchPages(_ entry: UnsafeMutablePointer<RecoveryEntry>) {
        playersByKey.prefetchPage(entry.pointee.keyHash)
        let kind = entry.pointee.event.kind
        if kind == .authorised { holdsByRequest.prefetchPage(entry.pointee.place.requestHash) }
        if kind.changesTarget { holdsByRequest.prefetchPage(entry.pointee.place.targetHash) }
        if requestsAreLent { return }
        requests.fetchPages(entry)
    }

    @inline(__always)
    private func fetchSlots(_ entry: UnsafeMutablePointer<RecoveryEntry>) {
        if let match = playersByKey.firstMatch(entry.pointee.keyHash) {
            entry.pointee.place.player = UInt32(truncatingIfNeeded: match.value)
            players.prefetch(entry.pointee.place.player)
        }
        guard entry.pointee.event.kind.changesTarget else { return }
        if let match = holdsByRequest.firstMatch(entry.pointee.place.targetHash) {
            let slot = UnsafeRawPointer(holds.pointer(UInt32(truncatingIfNeeded: match.value)))
            hf_prefetch_write(slot)
            hf_prefetch_write(slot + 64)
        }
    }

    @inline(__always)
    private mutating func apply(_ entry: UnsafeMutablePointer<RecoveryEntry>) throws(LogError) {
        latestTime = max(latestTime, entry.pointee.event.time)
        try findPlace(entry)
        if !requestsAreLent {
            guard requests.takeIn(entry, &window, latestTime) else { throw requests.fullError }
        }
        let seq = players.pointer(entry.pointee.place.player).pointee.seq
        if entry.pointee.event.seq <= seq { return }
        guard entry.pointee.event.seq == seq + 1 else {
            lastFault = EventFault(what: .seq, expected: "\(seq + 1)", found: "\(entry.pointee.event.seq)")
            throw fault(
                entry,
                "it is number \(entry.pointee.event.seq) of the player's log, and follows number \(seq)")
        }
        if let fault = move(&entry.pointee.event, &entry.pointee.place) { throw explain(fault, entry) }
    }

    /// Finds whom and what the event names.
    @inline(__always)
    private mutating func findPlace(_ entry: UnsafeMutablePointer<RecoveryEntry>) throws(LogError) {
        let tenant = entry.pointee.event.tenant
        let id = entry.pointee.event.player
        let guess = entry.pointee.place.player
        if guess == 0 || !isPlayer(guess, tenant, id) {
            var player = findPlayer(entry.pointee.keyHash, tenant, id)
            if player == 0 {
                switch createPlayer(entry.pointee.keyHash, tenant, id) {
                case .success(let new): player = new
                case .failure(let full): throw full.what.error(self)
                }
            }
            entry.pointee.place.player = player
        }
        if entry.pointee.event.asset.count > 0 {
            entry.pointee.place.asset = try asset(entry.pointee.event.asset, entry)
        }
        if entry.pointee.event.kind == .exchanged {
            entry.pointee.place.toAsset = try asset(entry.pointee.event.other, entry)
        }
    }

    @inline(__always)
    private mutating func asset(
        _ name: UnsafeRawBufferPointer, _ entry: UnsafeMutablePointer<RecoveryEntry>
    ) throws(LogError) -> AssetID {
        let id = assets.id(inRecord: name)
        guard id != 0 else {
            lastFault = EventFault(what: .malformed, expected: "an asset", found: "a name that can't be one")
            throw fault(entry, "it names an asset that can't be one")
        }
        return id
    }

    @inline(never)
    private func fault(_ entry: UnsafeMutablePointer<RecoveryEntry>, _ reason: String) -> LogError {
        let event = entry.pointee.event
        let tenant = String(decoding: event.tenant, as: UTF8.self)
        let player = String(decoding: event.player, as: UTF8.self)
        return .invalid(
            argument: "event \(event.seq) of player \(tenant)/\(player) at address \(entry.pointee.place.address)",
            reason: reason)
    }

    @inline(never)
    private mutating func explain(_ fault: MoveFault, _ entry: UnsafeMutablePointer<RecoveryEntry>) -> LogError {
        let event = entry.pointee.event
        let place = entry.pointee.place
        switch fault {
        case .noRoomForPurse: return Full.furtherPurses.error(self)
        case .noRoomForHold: return Full.openHolds.error(self)
        case .unknownHold:
            let reason = "it ends a hold that is not open, or that is not as it says"
            lastFault = EventFault(
                what: .hold, expected: "an open hold \(String(decoding: event.target, as: UTF8.self))", found: reason)
            return self.fault(entry, reason)
        case .otherBalance, .otherBalanceOfToAsset:
            let isOwn = fault == .otherBalance
            let asset = isOwn ? place.asset : place.toAsset
            let (balance, held) =
                isOwn ? (event.balanceAfter, event.heldAfter) : (event.toBalance, event.toHeld)
            let facts = facts(place.player, asset)
            let effect =
                event.kind == .refused ? Effect() : isOwn ? event.effect : Effect(balance: event.toAmount)
            lastFault = EventFault(
                what: .balance, asset: assets.name(of: asset),
                expected: "balance \(facts.balance &+ effect.balance), held \(facts.held &+ effect.held)",
                found: "balance \(balance), held \(held)")
            return self.fault(
                entry,
                "it says balance \(balance) and held \(held) afterwards, "
                    + "which does not follow from \(facts.balance) and \(facts.held) before it")
        }
    }
}

extension WalletState {
    /// Takes an event in as it says, though it does not follow from the state: so that an auditor names a fault once,
    /// and checks what comes after it against what the log says. One that can't be read is passed over.
    package mutating func adopt(_ record: RecordView, at address: UInt64) {
        do throws(LogError) {
            try read(record, at: address, into: recovery)
            try findPlace(recovery)
        } catch {
            return
        }
        let event = recovery.pointee.event
        let place = recovery.pointee.place
        adoptHold(event, place)
        let slot = players.pointer(place.player)
        if event.kind == .locked || event.kind == .unlocked { slot.pointee.isLocked = event.kind == .locked }
        // A refusal moves nothing, but where events before it are missing it says what these have led to.
        if place.asset != 0, event.kind != .refused || event.seq != slot.pointee.seq + 1 {
            openPurse(place.player, place.asset)?.pointee =
                PurseFacts(balance: event.balanceAfter, held: event.heldAfter)
        }
        if place.toAsset != 0 {
            openPurse(place.player, place.toAsset)?.pointee = PurseFacts(balance: event.toBalance, held: event.toHeld)
        }
        slot.pointee.seq = event.seq
        slot.pointee.lastAddress = address
        eventsTaken &+= 1
    }

    private mutating func adoptHold(_ event: borrowing WalletEvent, _ place: EventPlace) {
        switch event.kind {
        case .authorised where findHold(place.requestHash, place.player, event.requestID) == 0:
            _ = open(
                Opening(
                    player: place.player, asset: place.asset, amount: event.amount, createdAt: event.time,
                    expiresAt: event.moment, address: place.address, requestHash: place.requestHash,
                    requestID: event.requestID))
        case .confirmed, .holdExpired, .rolledBack:
            let hold = findHold(place.targetHash, place.player, event.target)
            if hold != 0 { close(hold) }
        default: break
        }
    }
}
