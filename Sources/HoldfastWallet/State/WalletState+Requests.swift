import HoldfastLog
import HoldfastMemory

/// The newest record about a request, and what matters of it.
struct RequestRecord: BitwiseCopyable {
    var address: UInt64
    var kind: EventKind
    /// Whether it is the request's own command; otherwise the request is its target.
    var isOwn: Bool
    /// The record that was the newest about the target before; leads to the first answer where `isOwn` is false.
    var about: UInt64
    var time: Int64
    var operation: Operation?
    var undone: Undone?
    var asset: AssetID
    var amount: Int64
}

/// What a `target` names.
struct FoundTarget: BitwiseCopyable {
    var facts = TargetFacts.unknown
    /// The asset of the command that it names; 0 where none is concerned.
    var asset: AssetID = 0
    /// The open hold, if it is one.
    var hold: UInt32 = 0
    /// The newest record about it; 0 for none.
    var address: UInt64 = 0
}

extension WalletState {
    /// What a name refers to in a player's log, however old. An open hold and a request of the window take no more
    /// than a read of their record; an older one a walk back through the player's log.
    @inline(__always)
    mutating func findTarget(
        _ hash: UInt64, _ player: UInt32, _ id: UnsafeRawBufferPointer, guess: UInt32,
        _ turn: borrowing LaneTurn
    ) throws(LogError) -> FoundTarget {
        // While a hold is open nothing newer can be about its request: the id is guarded, and all that changes it
        // closes it.
        let hold = isHold(guess, player, id) ? guess : findHold(hash, player, id)
        if hold != 0 {
            let slot = holds.pointer(hold)
            return FoundTarget(
                facts: .openHold(amount: slot.pointee.amount), asset: slot.pointee.asset, hold: hold,
                address: slot.pointee.address)
        }
        return try findSettledTarget(hash, player, id, turn)
    }

    @inline(never)
    private mutating func findSettledTarget(
        _ hash: UInt64, _ player: UInt32, _ id: UnsafeRawBufferPointer, _ turn: borrowing LaneTurn
    ) throws(LogError) -> FoundTarget {
        var record = try recall(hash, player, id, turn)
        if record == nil { record = try walkBack(player, hash, id, turn) }
        guard let record else { return FoundTarget() }
        let facts = try facts(record)
        return FoundTarget(facts: facts, asset: record.asset, hold: 0, address: record.address)
    }

    private func facts(_ record: RequestRecord) throws(LogError) -> TargetFacts {
        guard record.isOwn else {
            switch record.kind {
            case .confirmed: return .confirmedHold(taken: record.amount)
            case .holdExpired: return .expiredHold
            case .rolledBack: return .rolledBack(record.undone?.operation ?? .authorise)
            default: return .tombstone
            }
        }
        switch record.kind {
        case .credited: return .credited(amount: record.amount)
        case .debited: return .debited(amount: record.amount)
        case .refused:
            guard let operation = record.operation, operation.canBeRolledBack else { return .other }
            return .refused(operation)
        case .authorised:
            throw .invalid(
                argument: "the event at address \(record.address)",
                reason: "it opened a hold that nothing closed and that is not open")
        default: return .other
        }
    }

    /// The newest record about a request within the window, from request memory.
    @inline(never)
    mutating func recall(
        _ hash: UInt64, _ player: UInt32, _ id: UnsafeRawBufferPointer, _ turn: borrowing LaneTurn
    ) throws(LogError) -> RequestRecord? {
        var newest: RequestRecord?
        var match = requests.pages.firstMatch(hash)
        while let candidate = match {
            let address = requests.address(candidate)
            if address > newest?.address ?? 0 {
                if let event = try event(at: address, of: player, turn), isOf(player, event),
                    let isOwn = isAbout(id, event)
                {
                    newest = record(event, at: address, isOwn: isOwn)
                }
            }
            match = requests.pages.nextMatch(after: candidate)
        }
        return newest
    }

    /// The newest record about a request that memory doesn't know. As memory knows all of the window, it is before that:
    /// where nothing is, there is nothing to look for. Otherwise each step is a read of the event before, until sealed
    /// segments begin, or, in a long log of a player, until it is worth asking those for what is before the window.
    private mutating func walkBack(
        _ player: UInt32, _ hash: UInt64, _ id: UnsafeRawBufferPointer, _ turn: borrowing LaneTurn
    ) throws(LogError) -> RequestRecord? {
        let slot = players.pointer(player)
        var address = slot.pointee.lastAddress
        var seq = slot.pointee.seq
        var stepsLeft = requests.isWhole ? Self.stepsInWindow : .max
        if requests.isWhole, window.floor == 0 || turn.isGivenUp(window.floor - 1) { return nil }
        while seq > 0 {
            // What was given up is as unknown as if it had never been.
            if turn.isGivenUp(address) { return nil }
            if seq > Self.stepsWithoutFilter, try turn.isSealed(address) {
                return try searchSealed(player, hash, id, upTo: address, turn)
            }
            if stepsLeft == 0, address >= window.floor, try turn.isSealed(window.floor - 1) {
                return try searchSealed(player, hash, id, upTo: window.floor - 1, turn)
            }
            let event = try ownEvent(at: address, of: player, turn)
            guard event.seq == seq else { throw outOfOrder(address, seq) }
            if let isOwn = isAbout(id, event) { return record(event, at: address, isOwn: isOwn) }
            address = event.previous
            seq -= 1
            stepsLeft -= 1
        }
        return nil
    }

    /// Most players have fewer events in the segments that are not sealed yet: then the walk ends by itself.
    private static var stepsInWindow: Int { 256 }

    /// A block of a sealed segment costs about as much to read as ten filters.
    private static var stepsWithoutFilter: UInt64 { 16 }

    private mutating func searchSealed(
        _ player: UInt32, _ hash: UInt64, _ id: UnsafeRawBufferPointer, upTo address: UInt64,
        _ turn: borrowing LaneTurn
    ) throws(LogError) -> RequestRecord? {
        var limit = address
        while limit > 0 {
            let found = try withKey(of: player) { (key) throws(LogError) in
                try turn.newestSealed(name: hash, of: key, upTo: limit)
            }
            guard let found else { return nil }
            // The filter may be wrong, about one name in a hundred: then the search goes on before the segment.
            limit = found.address
            while limit >= found.segment, !turn.isGivenUp(limit) {
                let event = try ownEvent(at: limit, of: player, turn)
                if let isOwn = isAbout(id, event) { return record(event, at: limit, isOwn: isOwn) }
                guard event.previous < limit else { throw outOfOrder(limit, event.seq) }
                limit = event.previous
            }
        }
        return nil
    }

    private func outOfOrder(_ address: UInt64, _ seq: UInt64) -> LogError {
        .invalid(
            argument: "the event at address \(address)",
            reason: "it should be number \(seq) of a player's log, and is not")
    }

    /// The event at `address`, which must be one of the player's.
    private func ownEvent(
        at address: UInt64, of player: UInt32, _ turn: borrowing LaneTurn
    ) throws(LogError) -> WalletEvent {
        guard let event = try event(at: address, of: player, turn), isOf(player, event), event.previous < address
        else {
            throw .invalid(
                argument: "the event at address \(address)",
                reason: "another one refers to it as one of its player's, and it is not")
        }
        return event
    }

    private func withKey<Result>(
        of player: UInt32, _ body: (UnsafeRawBufferPointer) throws(LogError) -> Result
    ) throws(LogError) -> Result {
        let (tenant, id) = (tenant(of: player), id(of: player))
        return try withUnsafeTemporaryAllocation(byteCount: 128, alignment: 16) { (room) throws(LogError) in
            let base = room.baseAddress!
            copyBytes(from: tenant, to: base)
            base.storeBytes(of: UInt8(ascii: "/"), toByteOffset: tenant.count, as: UInt8.self)
            copyBytes(from: id, to: base + tenant.count + 1)
            return try body(UnsafeRawBufferPointer(start: base, count: tenant.count + 1 + id.count))
        }
    }

    /// The event that a record of this lane says, where one of the player's is looked for; in a sealed segment nil
    /// where it is another's. Its texts are good until the next read.
    func event(
        at address: UInt64, of player: UInt32, _ turn: borrowing LaneTurn
    ) throws(LogError) -> WalletEvent? {
        let record: RecordView?
        if try turn.isSealed(address) {
            record = try withKey(of: player) { (key) throws(LogError) in try turn.record(at: address, of: key) }
        } else {
            record = try turn.record(at: address)
        }
        guard let record else { return nil }
        do throws(MalformedEvent) {
            return try WalletEvent(record: record)
        } catch {
            throw .invalid(argument: "the event at address \(address)", reason: error.description)
        }
    }

    private func isOf(_ player: UInt32, _ event: borrowing WalletEvent) -> Bool {
        isPlayer(player, event.tenant, event.player)
    }

    /// Whether an event is about a request: true as its own command, false as its target, else nil. A rollback may
    /// bear its target's old name; then it is the newer command under that name.
    private func isAbout(_ id: UnsafeRawBufferPointer, _ event: borrowing WalletEvent) -> Bool? {
        if event.kind.isCommand, sameBytes(event.requestID, id) { return true }
        if event.kind.changesTarget, sameBytes(event.target, id) { return false }
        return nil
    }

    private mutating func record(_ event: borrowing WalletEvent, at address: UInt64, isOwn: Bool) -> RequestRecord {
        RequestRecord(
            address: address, kind: event.kind, isOwn: isOwn, about: event.about, time: event.time,
            operation: event.operation, undone: event.undone,
            asset: event.asset.count > 0 ? assets.id(ofLogged: event.asset) : 0, amount: event.amount)
    }
}

// MARK: One request, one answer

extension WalletState {
    /// What a request gets that was answered before and is still guarded; nil for one that is new.
    @inline(never)
    mutating func earlierAnswer(
        _ frame: CommandFrame, _ player: UInt32, _ turn: borrowing LaneTurn
    ) throws(LogError) -> Outcome? {
        var newest = try recall(frame.requestHash, player, frame.requestID, turn)
        if newest == nil, longHolds > 0 {
            let hold = findHold(frame.requestHash, player, frame.requestID)
            if hold != 0 {
                let address = holds.pointer(hold).pointee.address
                newest = record(try ownEvent(at: address, of: player, turn), at: address, isOwn: true)
            }
        }
        guard let newest else { return nil }
        if !newest.isOwn, newest.kind == .tombstoned {
            guard window.guards(newest.time, at: turn.now) else { return nil }
            return .refused(frame.operation.canBeRolledBack ? .rolledBack : .requestIDReused, at: turn.now)
        }
        guard let first = try firstAnswer(newest, frame.requestID, player, turn) else { return nil }
        let holdIsOpen = newest.isOwn && newest.kind == .authorised
        guard holdIsOpen || window.guards(first.time, at: turn.now) else { return nil }
        guard first.fingerprint == frame.fingerprint, first.operation == frame.operation else {
            return .refused(.requestIDReused, at: turn.now)
        }
        var outcome = outcome(of: first)
        outcome.isDuplicate = true
        return outcome
    }

    /// Goes back from the newest record about a request to its own command's: at most two steps. Nil where that was
    /// given up, which is longer ago than any request is guarded.
    private func firstAnswer(
        _ newest: RequestRecord, _ id: UnsafeRawBufferPointer, _ player: UInt32, _ turn: borrowing LaneTurn
    ) throws(LogError) -> WalletEvent? {
        var address = newest.isOwn ? newest.address : newest.about
        for _ in 0..<3 {
            if turn.isGivenUp(address) { return nil }
            let event = try ownEvent(at: address, of: player, turn)
            if event.kind.isCommand, sameBytes(event.requestID, id) { return event }
            guard event.about < address else { break }
            address = event.about
        }
        throw .invalid(
            argument: "the event at address \(newest.address)",
            reason: "the records that it refers to do not lead to its target's command")
    }

    /// The answer that an event's command got.
    mutating func outcome(of event: borrowing WalletEvent) -> Outcome {
        var outcome = Outcome()
        outcome.seq = event.seq
        outcome.time = event.time
        if event.asset.count > 0 {
            outcome.asset = assets.id(ofLogged: event.asset)
            outcome.balance = event.balanceAfter
            outcome.held = event.heldAfter
        }
        if let refusal = event.refusal {
            outcome.status = .refused
            outcome.refusal = refusal
            return outcome
        }
        outcome.status = .accepted
        outcome.event = event.kind
        outcome.amount = event.amount
        if event.kind == .authorised { outcome.extra = event.moment }
        if event.kind == .exchanged {
            outcome.toAsset = assets.id(ofLogged: event.other)
            outcome.extra = event.toAmount
            outcome.toBalance = event.toBalance
        }
        return outcome
    }
}
