import CHoldfast
package import HoldfastLog
import HoldfastMemory

/// A record of a group that is being taken in.
struct RecoveryEntry {
    var event = WalletEvent()
    var place = EventPlace(address: 0, player: 0)
    var keyHash: UInt64 = 0
}

extension WalletState {
    /// Takes in records that are in the log, in its order. What a snapshot brought already changes nothing.
    ///
    /// In groups, for the same reason as in `Pipeline`: first all are read and their pages asked for, then the slots,
    /// then each is applied.
    mutating func apply(_ records: UnsafeBufferPointer<PlacedRecord>) throws(LogError) {
        var done = 0
        while done < records.count {
            let count = min(PlacedRecord.groupMax, records.count - done)
            for index in 0..<count {
                let placed = records[done + index]
                try read(placed.record, at: placed.address, into: recovery + index)
            }
            for index in 0..<count { fetchPages(recovery + index) }
            for index in 0..<count { fetchSlots(recovery + index) }
            for index in 0..<count { try apply(recovery + index) }
            done += count
        }
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
            throw .invalid(argument: "the event at address \(address)", reason: error.description)
        }
        let key = record.key
        let hash = hf_hash64(key.baseAddress, key.count, seed)
        entry.pointee.keyHash = hash
        if entry.pointee.event.requestID.count > 0 {
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
        if kind.isCommand { requests.pages.prefetchPage(entry.pointee.place.requestHash) }
        if kind == .authorised { holdsByRequest.prefetchPage(entry.pointee.place.requestHash) }
        if kind.changesTarget {
            requests.pages.prefetchPage(entry.pointee.place.targetHash)
            holdsByRequest.prefetchPage(entry.pointee.place.targetHash)
        }
    }

    @inline(__always)
    private func fetchSlots(_ entry: UnsafeMutablePointer<RecoveryEntry>) {
        if let match = playersByKey.firstMatch(entry.pointee.keyHash) {
            entry.pointee.place.player = UInt32(truncatingIfNeeded: match.value)
            players.prefetch(entry.pointee.place.player)
        }
    }

    @inline(__always)
    private mutating func apply(_ entry: UnsafeMutablePointer<RecoveryEntry>) throws(LogError) {
        let address = entry.pointee.place.address
        latestTime = max(latestTime, entry.pointee.event.time)
        window.note(latestTime, logEndsAt: address)
        requests.setRange(from: window.floor, upTo: address)
        try findPlace(entry)
        guard remember(&entry.pointee.event, &entry.pointee.place) else { throw Full.requests.error(self) }
        let seq = players.pointer(entry.pointee.place.player).pointee.seq
        if entry.pointee.event.seq <= seq { return }
        guard entry.pointee.event.seq == seq + 1 else {
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
        let id = assets.id(ofLogged: name)
        guard id != 0 else { throw fault(entry, "it names an asset that can't be one") }
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
    private func explain(_ fault: MoveFault, _ entry: UnsafeMutablePointer<RecoveryEntry>) -> LogError {
        let event = entry.pointee.event
        let place = entry.pointee.place
        switch fault {
        case .noRoomForPurse: return Full.furtherPurses.error(self)
        case .noRoomForHold: return Full.openHolds.error(self)
        case .unknownHold:
            return self.fault(entry, "it ends a hold that is not open, or that is not as it says")
        case .otherBalance, .otherBalanceOfToAsset:
            let asset = fault == .otherBalance ? place.asset : place.toAsset
            let (balance, held) =
                fault == .otherBalance ? (event.balanceAfter, event.heldAfter) : (event.toBalance, event.toHeld)
            let facts = facts(place.player, asset)
            return self.fault(
                entry,
                "it says balance \(balance) and held \(held) afterwards, "
                    + "which does not follow from \(facts.balance) and \(facts.held) before it")
        }
    }
}
