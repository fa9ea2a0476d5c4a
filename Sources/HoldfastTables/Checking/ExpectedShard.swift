internal import HoldfastLog
internal import HoldfastWallet

/// What a shard must hold besides the rows, added up from the log event by event, plainly and without batches.
struct ExpectedShard {
    struct Purse: Equatable {
        var balance: Int64 = 0
        var held: Int64 = 0
        var seq: UInt64 = 0
        var updatedAt: Int64 = 0
        var sums = [Int64](repeating: 0, count: 6)
    }

    struct Player {
        var firstSeen: Int64
        /// Whether all of their events were added up: not where the log has given up the first ones.
        var isWhole = true
        /// Of their last event that concerned no wallet.
        var touchedAt: Int64 = 0
        var purses: [String: Purse] = [:]
        var hasDeadLetter = false
    }

    struct TotalKey: Hashable {
        let tenant: String
        let asset: String
        let day: Day
    }

    struct ActivityKey: Hashable {
        let player: [UInt8]
        let asset: String
        let day: Day
    }

    /// By the bytes of `tenant/player`: no tenant has a slash. (Two Strings are equal for Swift when they look alike.)
    private(set) var players: [[UInt8]: Player] = [:]
    private(set) var totals: [TotalKey: [Int64]] = [:]
    private(set) var rows: [Day: Int64] = [:]
    /// Of the days whose rows are not all here. What was done on the others is seen from their rows.
    private(set) var activity: [ActivityKey: Int64] = [:]
    /// Sums to which a rollback belongs of which nobody knows any more what it undid.
    private(set) var unclear: Set<TotalKey> = []
    private let daysWithoutRows: Set<Day>
    private let isTrimmed: Bool

    init(daysWithoutRows: Set<Day>, isTrimmed: Bool = false) {
        self.daysWithoutRows = daysWithoutRows
        self.isTrimmed = isTrimmed
    }

    /// An event that is not in the tables, because it is in the dead letters.
    mutating func excuse(_ key: [UInt8], at time: Int64) {
        players[key, default: Player(firstSeen: time)].hasDeadLetter = true
    }

    mutating func add(_ event: borrowing WalletEvent, _ rows: EventRows, undoneMovement: UInt8) {
        let key = Array(rows.first.tenantID) + [UInt8(ascii: "/")] + Array(rows.first.playerID)
        let tenant = RowText.text(rows.first.tenantID)
        let day = Day(of: event.time)
        let time = event.time
        self.rows[day, default: 0] += rows.second == nil ? 1 : 2
        if players[key] == nil { players[key] = Player(firstSeen: time, isWhole: rows.first.seq == 1) }
        guard let assetText = rows.first.asset, event.kind != .refused else {
            players[key]!.touchedAt = max(players[key]!.touchedAt, time)
            if let assetText = rows.first.asset {
                count(DailyTotals.refusedSlot, TotalKey(tenant: tenant, asset: RowText.text(assetText), day: day))
            }
            return
        }
        let asset = RowText.text(assetText)
        let total = TotalKey(tenant: tenant, asset: asset, day: day)
        set(rows.first, key, asset)
        let undone = event.undone
        if isTrimmed, undoneMovement == 0, undone == .debit || undone == .credit { unclear.insert(total) }
        var did = Did.anything
        switch FlowEffect.of(event, undoneMovement: undoneMovement) {
        case .none: break
        case .exchanged: add(.exchangesOut, event.amount, total)
        case .done(let flow):
            add(flow, event.amount, total)
            did |= flow.did
            if let sum = flow.lifetime { players[key]!.purses[asset]!.sums[sum] += event.amount }
        case .undone(let flow):
            add(event.amount, DailyTotals.undoneSlot(flow), total)
            count(DailyTotals.undoneCountSlot(flow), total)
            if let sum = flow.lifetime { players[key]!.purses[asset]!.sums[sum] -= event.amount }
        }
        switch event.kind {
        case .authorised: count(DailyTotals.holdsOpenedSlot, total)
        case .holdExpired: count(DailyTotals.holdsReleasedSlot, total)
        case .rolledBack: if event.undone == .openHold { count(DailyTotals.holdsReleasedSlot, total) }
        default: break
        }
        note(event.kind, key, asset, day, did)
        if let second = rows.second {
            let toAsset = RowText.text(second.asset!)
            set(second, key, toAsset)
            add(.exchangesIn, event.toAmount, TotalKey(tenant: tenant, asset: toAsset, day: day))
            note(event.kind, key, toAsset, day, Did.anything)
        }
    }

    private mutating func set(_ row: EventRow, _ key: [UInt8], _ asset: String) {
        var purse = players[key]!.purses[asset] ?? Purse()
        purse.balance = row.balanceAfter ?? 0
        purse.held = row.heldAfter ?? 0
        purse.seq = row.seq
        purse.updatedAt = max(purse.updatedAt, row.createdAt)
        players[key]!.purses[asset] = purse
    }

    private mutating func note(_ kind: EventKind, _ key: [UInt8], _ asset: String, _ day: Day, _ did: Int64) {
        guard kind.isActivity, daysWithoutRows.contains(day) else { return }
        activity[ActivityKey(player: key, asset: asset, day: day), default: 0] |= did
    }

    private mutating func add(_ flow: DailyTotals.Flow, _ amount: Int64, _ key: TotalKey) {
        add(amount, DailyTotals.slot(flow), key)
        count(DailyTotals.countSlot(flow), key)
    }

    private mutating func count(_ slot: Int, _ key: TotalKey) { add(1, slot, key) }

    private mutating func add(_ amount: Int64, _ slot: Int, _ key: TotalKey) {
        totals[key, default: [Int64](repeating: 0, count: DailyTotals.slots)][slot] &+= amount
    }
}
