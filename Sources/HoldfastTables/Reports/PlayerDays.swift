/// Counts different players over the days of one shard: who was active on a day, in a week, in a month, at all; who
/// came back when; who was last seen when.
///
/// It is told what each player did day after day, in the order of the days, and keeps three days for each purse: the
/// first, the last, and the last with a deposit. That is all it takes: a player is new to a week, for example, when
/// they were last active before it began. A player is in one shard only, so counts of shards add up.
struct PlayerDays: ~Copyable {
    private struct History {
        let player: Int64
        let asset: Int64
        let scope: Int
        var first = Self.never
        var last = Self.never
        var lastPaid = Self.never

        static let never = Int64.min
    }

    /// What was counted of one scope since the day began, one for each unit.
    private typealias Counts = InlineArray<4, PlayerCounts>

    private let range: DayRange
    private var histories: [History] = []
    private var index = FlatIndex()
    private var today: [Counts] = []
    /// The scopes that have something in `today`.
    private var touched: [Int] = []
    private var day: Day?
    /// Where each unit's period began, or the report if that is later.
    private var begins = InlineArray<4, Int64>(repeating: 0)

    init(_ range: DayRange) { self.range = range }

    /// The number that stands for all assets together; no asset's number in a file is 0.
    static let anyAsset: Int64 = 0

    /// Days must come in order. `scope` is asked for once for each player and asset.
    mutating func note(
        player: Int64, asset: Int64, day: Day, did: Int64, into sums: ReportSums, scope: (Int64) -> Int
    ) {
        guard did & Did.play != 0 else { return }
        if day != self.day { turn(to: day, sums) }
        count(slot(player, asset, scope), did, sums)
        count(slot(player, Self.anyAsset, scope), did, sums)
    }

    private mutating func count(_ slot: Int, _ did: Int64, _ sums: ReportSums) {
        let today = day!.number
        let history = histories[slot]
        // In any asset, the same day may come several times.
        if history.last != today {
            noteReturn(history, today, sums)
            if history.first == History.never { histories[slot].first = today }
            add(history.scope, lastOn: history.last, isPaying: false)
            histories[slot].last = today
        }
        if did & Did.deposit != 0, history.lastPaid != today {
            add(history.scope, lastOn: history.lastPaid, isPaying: true)
            histories[slot].lastPaid = today
        }
    }

    private func noteReturn(_ history: History, _ today: Int64, _ sums: ReportSums) {
        if history.first == History.never {
            sums.addToCohort(history.scope, Day(number: today)) { $0.players += 1 }
        } else if let age = Cohort.ages.firstIndex(of: today - history.first) {
            sums.addToCohort(history.scope, Day(number: history.first)) { $0.returned[age] += 1 }
        }
    }

    /// Counts a player in each unit whose period they are new to.
    private mutating func add(_ scope: Int, lastOn last: Int64, isPaying: Bool) {
        guard day! >= range.lower else { return }
        if scope >= today.count {
            today.append(contentsOf: repeatElement(Counts(repeating: PlayerCounts()), count: scope + 1 - today.count))
        }
        // Whoever is counted is new to the day at least.
        if today[scope][ReportUnit.day.rawValue] == PlayerCounts() { touched.append(scope) }
        for unit in 0..<4 where last < begins[unit] {
            if isPaying { today[scope][unit].paying += 1 } else { today[scope][unit].active += 1 }
        }
    }

    private mutating func turn(to day: Day, _ sums: ReportSums) {
        flush(sums)
        self.day = day
        for unit in ReportUnit.allCases { begins[unit.rawValue] = max(unit.begin(of: day), range.lower).number }
    }

    private mutating func flush(_ sums: ReportSums) {
        guard let day else { return }
        for scope in touched {
            for unit in ReportUnit.allCases { sums.addPlayers(scope, unit, day, today[scope][unit.rawValue]) }
            today[scope] = Counts(repeating: PlayerCounts())
        }
        touched.removeAll(keepingCapacity: true)
    }

    /// After the last day.
    mutating func finish(_ sums: ReportSums) {
        flush(sums)
        for history in histories { sums.noteLastSeen(history.scope, Day(number: history.last)) }
    }

    private mutating func slot(_ player: Int64, _ asset: Int64, _ scope: (Int64) -> Int) -> Int {
        let hash = Self.hash(player, asset)
        let found = histories.withUnsafeBufferPointer { histories in
            index.find(hash) { histories[$0].player == player && histories[$0].asset == asset }
        }
        if let found { return found }
        histories.append(History(player: player, asset: asset, scope: scope(asset)))
        histories.withUnsafeBufferPointer { histories in
            index.add(hash, slot: histories.count - 1) { Self.hash(histories[$0].player, histories[$0].asset) }
        }
        return histories.count - 1
    }

    private static func hash(_ player: Int64, _ asset: Int64) -> UInt64 {
        var hash = UInt64(bitPattern: player) &* 0x9E37_79B9_7F4A_7C15
        hash ^= UInt64(bitPattern: asset) &* 0xC2B2_AE3D_27D4_EB4F
        hash = (hash ^ hash >> 29) &* 0xBF58_476D_1CE4_E5B9
        return hash ^ hash >> 32
    }
}
