internal import HoldfastLog
internal import HoldfastWallet

/// Turns events into what the shard's tables say. Rows are inserted as events come; all that a batch changes over and
/// over (purses, holds, sums, players) is gathered in memory and written once, by `flush`.
///
/// It runs inside the caller's transaction. After a failure the caller rolls back and calls `forget`: what memory knew
/// may not be in the file.
final class ShardProjector {
    private let shard: ShardFile
    private let database: Database
    private let statements: ShardStatements
    /// Told of a tenant that is new to this shard, before anything of it is committed.
    private let noteTenant: (UnsafeRawBufferPointer, Int64) throws(TablesError) -> Void
    /// Days of which rows are in the archive only, those up to a row number: they are counted and not written.
    private let omitted: [Day: Int64]
    /// While building, rows go in without their index and the views are made at the end.
    private let isBuilding: Bool

    @exclusivity(unchecked) private var cache = PlayerCache()
    @exclusivity(unchecked) private var holds = OpenHolds()
    @exclusivity(unchecked) private var totals = TotalsCache()
    private var tenants: [String] = []
    private var tenantNumbers: [String: Int] = [:]
    private var assets: [AssetName: Int64] = [:]
    private var assetNames: [Int64: AssetName] = [:]
    @exclusivity(unchecked) private var latestAsset: (name: AssetName, ref: Int64)?
    private var nextPlayer: Int64?
    private var dayWriters: [Day: DayWriter] = [:]
    @exclusivity(unchecked) private var latestDay: DayWriter?
    private var omittedRows: [Day: Int64] = [:]
    private var viewsAreStale = false

    init(
        _ shard: ShardFile, isBuilding: Bool = false, omitting omitted: [Day: Int64] = [:],
        noteTenant: @escaping (UnsafeRawBufferPointer, Int64) throws(TablesError) -> Void
    ) throws(TablesError) {
        self.shard = shard
        database = shard.database
        statements = try ShardStatements(database)
        self.isBuilding = isBuilding
        self.omitted = omitted
        self.noteTenant = noteTenant
    }

    // MARK: One event

    func project(_ entry: PlacedEntry) throws(TablesError) {
        let event: WalletEvent
        do throws(MalformedEvent) {
            event = try WalletEvent(record: entry.record)
        } catch {
            throw .event(position: entry.record.position, reason: error.description)
        }
        let position = entry.record.position
        let player = try player(entry.record.key, tenantCount: event.tenant.count, at: event.time)
        let rows = EventRows(of: event, position: position)
        let asset = rows.first.asset == nil ? nil : try self.asset(rows.first.asset!)
        let kind = KindCode.of(movement: event.movement)
        let ref = cache.players[player].ref
        let day = Day(of: event.time)
        try put(rows.first, part: 0, day: day, player: ref, asset: asset, kind: kind)
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
            let toAsset = try self.asset(second.asset!)
            try put(second, part: 1, day: day, player: ref, asset: toAsset, kind: kind)
            let purse = update(second, player: player, asset: toAsset)
            noteActivity(purse, day: day, did: Did.anything)
            try add(.exchangesIn, event.toAmount, player: player, asset: toAsset, day: day, position: position)
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

    private var earlierActivity: [(day: Int64, asset: Int64, player: Int64, did: Int64)] = []

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

    // MARK: Names

    @inline(__always)
    private func player(
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
        var ref: Int64?
        // A file that was empty has nobody whom we haven't met, as long as we forgot nobody.
        if !knowsAll { ref = try statements.findPlayer.bind(1, borrowing: tenant).bind(2, borrowing: id).value() }
        let number = try tenantNumber(tenant, at: time)
        if ref == nil {
            if nextPlayer == nil { nextPlayer = (try statements.lastPlayer.value() ?? 0) + 1 }
            ref = nextPlayer
            nextPlayer = nextPlayer! + 1
            try statements.addPlayer.bind(1, ref!).bind(2, borrowing: tenant).bind(3, borrowing: id).bind(4, time).run()
        }
        return cache.add(key, hash, ref: ref!, tenantCount: tenantCount, tenant: number)
    }

    /// Whether every player in the file is in memory.
    private var knowsAll = false

    /// Says that the file has no players yet.
    func beginsEmpty() { knowsAll = true }

    private func tenantNumber(_ name: UnsafeRawBufferPointer, at time: Int64) throws(TablesError) -> Int {
        let text = String(decoding: name, as: UTF8.self)
        if let known = tenantNumbers[text] { return known }
        try noteTenant(name, time)
        tenantNumbers[text] = tenants.count
        tenants.append(text)
        return tenants.count - 1
    }

    @inline(__always)
    private func asset(_ name: UnsafeRawBufferPointer) throws(TablesError) -> Int64 {
        let name = AssetName(unchecked: name)!
        if let latestAsset, latestAsset.name == name { return latestAsset.ref }
        return try otherAsset(name)
    }

    @inline(never)
    private func otherAsset(_ name: AssetName) throws(TablesError) -> Int64 {
        var ref = assets[name]
        if ref == nil {
            let text = name.description
            ref = try statements.findAsset.bind(1, text).value()
            if ref == nil { ref = try statements.addAsset.bind(1, text).value() }
            assets[name] = ref
            assetNames[ref!] = name
        }
        latestAsset = (name, ref!)
        return ref!
    }

    // MARK: Rows

    @inline(__always)
    private func put(
        _ row: EventRow, part: Int64, day: Day, player: Int64, asset: Int64?, kind: Int64
    ) throws(TablesError) {
        let id = EntryID.of(position: row.position, part: part)
        let writer: DayWriter
        if let latestDay, latestDay.day == day {
            writer = latestDay
        } else {
            if let through = omitted[day], id <= through {
                omittedRows[day, default: 0] += 1
                return
            }
            writer = try writerOf(day)
        }
        try writer.put(row, id: id, player: player, asset: asset, kind: kind)
    }

    @inline(never)
    private func writerOf(_ day: Day) throws(TablesError) -> DayWriter {
        if let known = dayWriters[day] {
            latestDay = known
            return known
        }
        if shard.days[day]?.rows ?? 0 == 0 {
            try database.run(DayTable.create(day))
            if !isBuilding { try database.run(DayTable.createIndex(day)) }
            viewsAreStale = true
        }
        // A statement a day is little, but a ledger may have thousands of days.
        if dayWriters.count >= 64, dayWriters.values.allSatisfy({ $0.added == 0 }) { dayWriters.removeAll() }
        let writer = try DayWriter(database, day: day)
        dayWriters[day] = writer
        latestDay = writer
        return writer
    }

    // MARK: Writing what was gathered

    /// Writes the rows' counts and all that was gathered, and moves the cursor.
    func flush(position: UInt64) throws(TablesError) {
        try flushGathered()
        try moveCursor(position)
    }

    /// While building: only what must not grow without bounds.
    func flushIfLarge() throws(TablesError) {
        if cache.isLarge || holds.isLarge || earlierActivity.count > 1 << 20 {
            try flushGathered()
            if cache.isLarge { forgetPlayers() }
        }
    }

    func moveCursor(_ position: UInt64) throws(TablesError) {
        try statements.cursor.bind(1, Int64(position)).bind(2, wallClock()).run()
    }

    private func flushGathered() throws(TablesError) {
        try flushDays()
        try flushPlayers()
        try flushPurses()
        try flushHolds()
        try flushTotals()
        if viewsAreStale, !isBuilding {
            try shard.remakeViews()
            viewsAreStale = false
        }
    }

    private func flushDays() throws(TablesError) {
        for (day, writer) in dayWriters where writer.added > 0 {
            try shard.addRows(day, present: writer.added, omitted: 0)
            writer.added = 0
        }
        for (day, count) in omittedRows { try shard.addRows(day, present: 0, omitted: count) }
        omittedRows.removeAll()
    }

    private func flushPlayers() throws(TablesError) {
        for slot in cache.dirtyPlayers {
            let player = cache.players[slot]
            statements.changePlayer.bind(1, player.ref).bind(2, player.locked.map { $0 ? 1 : 0 })
            try statements.changePlayer.bind(3, player.touchedAt).run()
            cache.withPlayer(slot) { player in
                player.isDirty = false
                player.locked = nil
            }
        }
        cache.dirtyPlayers.removeAll(keepingCapacity: true)
    }

    private func flushPurses() throws(TablesError) {
        // In the order of the table: neighbours are on one page.
        let order = cache.dirtyPurses.sorted { cache.purses[$0].player < cache.purses[$1].player }
        for slot in order {
            let purse = cache.purses[slot]
            statements.purse.bind(1, purse.player).bind(2, purse.asset).bind(3, purse.balance).bind(4, purse.held)
                .bind(5, purse.seq).bind(6, purse.updatedAt)
            for sum in 0..<6 { statements.purse.bind(Int32(7 + sum), purse.sums[sum]) }
            try statements.purse.run()
            cache.withPurse(slot) { purse in
                purse.isDirty = false
                purse.sums = .init(repeating: 0)
            }
        }
        for entry in earlierActivity { try flushActivity(entry.day, entry.asset, entry.player, entry.did) }
        earlierActivity.removeAll(keepingCapacity: true)
        for slot in order {
            let purse = cache.purses[slot]
            guard purse.did != purse.didInFile else { continue }
            try flushActivity(purse.activeDay, purse.asset, purse.player, purse.did)
            cache.withPurse(slot) { $0.didInFile = $0.did }
        }
        cache.dirtyPurses.removeAll(keepingCapacity: true)
    }

    private func flushActivity(_ day: Int64, _ asset: Int64, _ player: Int64, _ did: Int64) throws(TablesError) {
        try statements.activity.bind(1, day).bind(2, asset).bind(3, player).bind(4, did).run()
    }

    private func flushHolds() throws(TablesError) {
        for hold in holds.closed { try statements.closeHold.bind(1, hold).run() }
        try holds.forEachOpened { (number, hold) throws(TablesError) in
            let statement = statements.openHold
            statement.bind(1, number).bind(2, hold.player).bind(3, hold.asset)
            let id = String(unsafeUninitializedCapacity: hold.idCount) { buffer in
                for index in 0..<hold.idCount { buffer[index] = hold.id[index] }
                return hold.idCount
            }
            try statement.bind(4, id).bind(5, hold.amount).bind(6, hold.createdAt).bind(7, hold.expiresAt).run()
        }
        holds.removeAll()
    }

    private func flushTotals() throws(TablesError) {
        if totals.isEmpty { return }
        try totals.forEach { (key, sums) throws(TablesError) in
            statements.total.bind(1, tenants[key.tenant]).bind(2, assetNames[key.asset]!.description).bind(3, key.day)
            var column: Int32 = 4
            for slot in 0..<DailyTotals.slots where DailyTotals.slotColumns[slot] != nil {
                statements.total.bind(column, sums[sums.startIndex + slot])
                column += 1
            }
            try statements.total.run()
        }
        totals.removeAll()
    }

    /// What was put off while building: the rest of what was gathered, the indexes, the days' marks and the views.
    func finishBuilding(position: UInt64, marks: [Day: ArchiveMark]) throws(TablesError) {
        try flushGathered()
        if isBuilding { for day in shard.presentDays { try database.run(DayTable.createIndex(day)) } }
        for (day, mark) in marks { try shard.apply(mark, to: day) }
        try shard.remakeViews()
        try moveCursor(position)
    }

    // MARK: Events that come late

    /// An event that was put aside before, when others of its player had come after it: it counts, but what came after
    /// it stays as it is.
    func projectLate(_ entry: PlacedEntry) throws(TablesError) {
        let event: WalletEvent
        do throws(MalformedEvent) {
            event = try WalletEvent(record: entry.record)
        } catch {
            throw .event(position: entry.record.position, reason: error.description)
        }
        let day = Day(of: event.time)
        let id = EntryID.of(position: entry.record.position, part: 1)
        if let state = shard.days[day], id <= state.archivedThrough {
            throw .day(
                file: shard.path, day: day, reason: "the archive has it, without this event; restore the day first")
        }
        try project(entry)
        let player = try player(entry.record.key, tenantCount: event.tenant.count, at: event.time)
        let ref = cache.players[player].ref
        try database.prepare("UPDATE player_refs SET first_seen = min(first_seen, ?) WHERE ref = ?").bind(1, event.time)
            .bind(2, ref).run()
        switch event.kind {
        case .authorised:
            if try hasLater([.confirmed, .rolledBack, .holdExpired], of: ref, event, target: event.requestID) {
                holds.close(PlacedEntry.hold(address: entry.address, lane: entry.lane))
            }
        case .locked, .unlocked:
            if try hasLater([.locked, .unlocked], of: ref, event, target: nil) {
                cache.withPlayer(player) { $0.locked = nil }
            }
        default: break
        }
    }

    private func hasLater(
        _ kinds: [EventKind], of player: Int64, _ event: borrowing WalletEvent, target: UnsafeRawBufferPointer?
    ) throws(TablesError) -> Bool {
        let statement = try database.prepare(
            """
            SELECT count(*) FROM entry_rows WHERE player = ? AND seq > ?
              AND event IN (\(kinds.map { "\($0.rawValue)" }.joined(separator: ", ")))
              AND (?3 IS NULL OR target = ?3)
            """)
        statement.bind(1, player).bind(2, Int64(bitPattern: event.seq))
        if let target { statement.bind(3, borrowing: target) }
        return try statement.value() ?? 0 > 0
    }

    // MARK: Forgetting

    private func forgetPlayers() {
        cache.removeAll()
        knowsAll = false
    }

    /// After a transaction that failed, or when another connection has changed the file: the archive took a day, someone
    /// retried a dead letter.
    func forget() {
        forgetPlayers()
        holds.removeAll()
        totals.removeAll()
        earlierActivity.removeAll()
        omittedRows.removeAll()
        assets.removeAll()
        assetNames.removeAll()
        latestAsset = nil
        nextPlayer = nil
        dayWriters.removeAll()
        latestDay = nil
        viewsAreStale = false
        try? shard.refreshDays()
    }
}
