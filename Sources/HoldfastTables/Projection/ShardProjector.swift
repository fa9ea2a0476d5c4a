internal import HoldfastLog
internal import HoldfastWallet

/// Turns events into what the shard's tables say. Rows are inserted as events come; all that a batch changes over and
/// over (purses, holds, sums, players) is gathered in memory and written once, by `flush`.
///
/// It runs inside the caller's transaction. After a failure the caller rolls back and calls `forget`: what memory knew
/// may not be in the file.
final class ShardProjector {
    let shard: ShardFile
    let statements: ShardStatements
    let names: NameRefs
    let entries: EntryTables
    @exclusivity(unchecked) var cache = PlayerCache()
    @exclusivity(unchecked) var holds = OpenHolds()
    @exclusivity(unchecked) var totals = TotalsCache()
    /// What players did on days before their latest one, as far as it is not in the file.
    var earlierActivity: [(day: Int64, asset: Int64, player: Int64, did: Int64)] = []

    /// `noteTenant` is told of a tenant that is new to this shard, before anything of it is committed. Days of
    /// `omitted` are in the archive only, up to a row number.
    init(
        _ shard: ShardFile, isBuilding: Bool = false, omitting omitted: [Day: Int64] = [:],
        noteTenant: @escaping (UnsafeRawBufferPointer, Int64) throws(TablesError) -> Void
    ) throws(TablesError) {
        self.shard = shard
        statements = try ShardStatements(shard.database)
        names = NameRefs(statements, noteTenant: noteTenant)
        entries = try EntryTables(shard, isBuilding: isBuilding, omitting: omitted)
    }

    // MARK: One event

    func project(_ entry: PlacedEntry) throws(TablesError) {
        let event = try Self.event(of: entry)
        let position = entry.record.position
        let player = try player(entry.record.key, tenantCount: event.tenant.count, at: event.time)
        let rows = EventRows(of: event, position: position)
        let asset = rows.first.asset == nil ? nil : try names.asset(rows.first.asset!)
        let kind = KindCode.of(movement: event.movement)
        let ref = cache.players[player].ref
        let day = Day(of: event.time)
        try entries.put(rows.first, part: 0, day: day, player: ref, asset: asset, kind: kind)
        guard let asset else {
            cache.touch(
                player: player, at: event.time,
                locked: event.kind == .locked ? true : event.kind == .unlocked ? false : nil)
            return
        }
        if event.kind == .refused {
            // A refusal opens no purse and moves none.
            cache.touch(player: player, at: event.time, locked: nil)
            let place = totals.place(tenant: cache.players[player].tenant, asset: asset, day: day.number)
            _ = totals.add(1, to: DailyTotals.refusedSlot, at: place)
            return
        }
        try move(rows.first, event, player: player, asset: asset, day: day, entry: entry)
        if let second = rows.second {
            let toAsset = try names.asset(second.asset!)
            try entries.put(second, part: 1, day: day, player: ref, asset: toAsset, kind: kind)
            let purse = update(second, player: player, asset: toAsset)
            noteActivity(purse, day: day, did: Did.anything)
            try add(.exchangesIn, event.toAmount, player: player, asset: toAsset, day: day, position: position)
        }
    }

    @inline(__always)
    static func event(of entry: PlacedEntry) throws(TablesError) -> WalletEvent {
        do throws(MalformedEvent) {
            return try WalletEvent(record: entry.record)
        } catch {
            throw .event(position: entry.record.position, reason: error.description)
        }
    }

    /// What the event does to the purse and the day of its own asset.
    @inline(__always)
    private func move(
        _ row: EventRow, _ event: borrowing WalletEvent, player: Int, asset: Int64, day: Day, entry: PlacedEntry
    ) throws(TablesError) {
        let purse = update(row, player: player, asset: asset)
        let position = row.position
        var did = Did.anything
        switch FlowEffect.of(event, undoneMovement: entry.undoneMovement) {
        case .none: break
        case .exchanged:
            try add(.exchangesOut, event.amount, player: player, asset: asset, day: day, position: position)
        case .done(let flow):
            did |= flow.did
            if let sum = flow.lifetime { try addLifetime(event.amount, sum, purse, position) }
            try add(flow, event.amount, player: player, asset: asset, day: day, position: position)
        case .undone(let flow):
            if let sum = flow.lifetime { try addLifetime(-event.amount, sum, purse, position) }
            try undo(flow, event.amount, player: player, asset: asset, day: day, position: position)
        }
        if event.kind.isActivity { noteActivity(purse, day: day, did: did) }
        trackHold(event, entry, player: player, asset: asset, day: day)
    }

    @inline(__always)
    private func update(_ row: EventRow, player: Int, asset: Int64) -> Int {
        let purse = cache.dirtyPurse(of: player, asset: asset)
        cache.withPurse(purse) { purse in
            purse.balance = row.balanceAfter ?? 0
            purse.held = row.heldAfter ?? 0
            purse.seq = Int64(bitPattern: row.seq)
            purse.updatedAt = max(purse.updatedAt, row.createdAt)
        }
        return purse
    }

    @inline(__always)
    private func trackHold(
        _ event: borrowing WalletEvent, _ entry: PlacedEntry, player: Int, asset: Int64, day: Day
    ) {
        switch event.kind {
        case .authorised:
            holds.open(
                PlacedEntry.hold(address: entry.address, lane: entry.lane), player: cache.players[player].ref,
                asset: asset, amount: event.amount, createdAt: event.time, expiresAt: event.moment,
                id: event.requestID)
            count(DailyTotals.holdsOpenedSlot, player: player, asset: asset, day: day)
        case .confirmed:
            holds.close(PlacedEntry.hold(address: event.about, lane: entry.lane))
        case .rolledBack where event.undone == .openHold, .holdExpired:
            holds.close(PlacedEntry.hold(address: event.about, lane: entry.lane))
            count(DailyTotals.holdsReleasedSlot, player: player, asset: asset, day: day)
        default: break
        }
    }

    // MARK: Sums

    @inline(__always)
    private func count(_ slot: Int, player: Int, asset: Int64, day: Day) {
        let place = totals.place(tenant: cache.players[player].tenant, asset: asset, day: day.number)
        _ = totals.add(1, to: slot, at: place)
    }

    @inline(__always)
    private func add(
        _ flow: DailyTotals.Flow, _ amount: Int64, player: Int, asset: Int64, day: Day, position: UInt64
    ) throws(TablesError) {
        let place = totals.place(tenant: cache.players[player].tenant, asset: asset, day: day.number)
        guard totals.add(amount, to: DailyTotals.slot(flow), at: place) else { throw Self.tooMuch(position) }
        _ = totals.add(1, to: DailyTotals.countSlot(flow), at: place)
    }

    private func undo(
        _ flow: DailyTotals.Flow, _ amount: Int64, player: Int, asset: Int64, day: Day, position: UInt64
    ) throws(TablesError) {
        let place = totals.place(tenant: cache.players[player].tenant, asset: asset, day: day.number)
        guard totals.add(amount, to: DailyTotals.undoneSlot(flow), at: place) else { throw Self.tooMuch(position) }
        _ = totals.add(1, to: DailyTotals.undoneCountSlot(flow), at: place)
    }

    @inline(__always)
    private func addLifetime(_ amount: Int64, _ sum: Int, _ purse: Int, _ position: UInt64) throws(TablesError) {
        let fits = cache.withPurse(purse) { purse -> Bool in
            let (value, overflow) = purse.sums[sum].addingReportingOverflow(amount)
            purse.sums[sum] = value
            return !overflow
        }
        guard fits else { throw Self.tooMuch(position) }
    }

    private static func tooMuch(_ position: UInt64) -> TablesError {
        .event(position: position, reason: "a sum would pass 9 223 372 036 854 775 807, the most that a column holds")
    }

    // MARK: Activity

    /// What is known to be in the file already isn't written again.
    @inline(__always)
    private func noteActivity(_ purse: Int, day: Day, did: Int64) {
        let isOther = cache.withPurse(purse) { purse -> Bool in
            if purse.activeDay == day.number {
                purse.did |= did
                return false
            }
            return true
        }
        if isOther { turnDay(purse, to: day, did: did) }
    }

    @inline(never)
    private func turnDay(_ slot: Int, to day: Day, did: Int64) {
        let purse = cache.purses[slot]
        if purse.did != purse.didInFile {
            earlierActivity.append((purse.activeDay, purse.asset, purse.player, purse.did))
        }
        cache.withPurse(slot) { purse in
            purse.activeDay = day.number
            purse.did = did
            purse.didInFile = 0
        }
    }

    // MARK: Players

    @inline(__always)
    func player(
        _ key: UnsafeRawBufferPointer, tenantCount: Int, at time: Int64
    ) throws(TablesError) -> Int {
        let hash = PlayerCache.hash(key)
        if let known = cache.find(key, hash) { return known }
        return try meet(key, hash, tenantCount: tenantCount, at: time)
    }

    /// A player whom this process has not met yet: in the file, or new.
    @inline(never)
    private func meet(
        _ key: UnsafeRawBufferPointer, _ hash: UInt64, tenantCount: Int, at time: Int64
    ) throws(TablesError) -> Int {
        let tenant = UnsafeRawBufferPointer(rebasing: key[..<tenantCount])
        let id = UnsafeRawBufferPointer(rebasing: key[(tenantCount + 1)...])
        let number = try names.tenant(tenant, at: time)
        let ref = try names.player(id, of: tenant, at: time)
        return cache.add(key, hash, ref: ref, tenantCount: tenantCount, tenant: number)
    }

    /// Says that the file has no players yet.
    func beginsEmpty() { names.knowsAllPlayers = true }

    func forgetPlayers() {
        cache.removeAll()
        names.knowsAllPlayers = false
    }

    /// After a transaction that failed, or when another connection has changed the file: the archive took a day, someone
    /// retried a dead letter.
    func forget() {
        forgetPlayers()
        holds.removeAll()
        totals.removeAll()
        earlierActivity.removeAll()
        names.forget()
        entries.forget()
    }
}
