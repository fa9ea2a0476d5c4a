package import Holdfast
internal import HoldfastWallet

/// What moved through a ledger over time, by the hour: for plots and totals.
package struct LedgerVolumes: Sendable {
    /// What people ask of a day: the sorts of movement that a plot shows.
    package enum Sort: UInt8, CaseIterable, Sendable {
        case deposits, withdrawals, bets, wins, bonuses, others

        var name: String {
            switch self {
            case .deposits: "deposits"
            case .withdrawals: "withdrawals"
            case .bets: "bets"
            case .wins: "wins"
            case .bonuses: "bonuses"
            case .others: "others"
            }
        }
    }

    struct Slot: Hashable {
        var hour: Int64
        var asset: AssetName
        var sort: Sort
    }

    private(set) var sums: [Slot: Int128] = [:]
    /// Events and refusals by the hour.
    private(set) var events: [Int64: (all: Int, refused: Int)] = [:]
    private(set) var counts: [String: Int] = [:]
    private(set) var flows: [Statement.Flow] = []
    static let hourMilliseconds: Int64 = 3_600_000

    package init(of files: LedgerFiles, progress: (Int) -> Void = { _ in }) throws {
        var table = FlowTable()
        var kinds = [Int](repeating: 0, count: 32)
        try files.forEachRecord(EventSelection(), pause: progress) { record throws(LedgerError) in
            let event = try WalletEvent(reading: record)
            let hour = event.time / Self.hourMilliseconds
            kinds[Int(event.kind.rawValue)] += 1
            events[hour, default: (0, 0)].all += 1
            if event.kind == .refused { events[hour]!.refused += 1 }
            table.add(event)
            guard let asset = AssetName(event.asset), let (sort, amount) = Self.movement(event) else { return }
            sums[Slot(hour: hour, asset: asset, sort: sort), default: 0] += Int128(amount)
        }
        flows = table.flows
        for kind in EventKind.allCases where kinds[Int(kind.rawValue)] > 0 {
            counts[kind.name] = kinds[Int(kind.rawValue)]
        }
    }

    /// Which sort of volume an event is, and how much of it. Bets that were confirmed count when they were; what was
    /// rolled back counts where it came from, so a plot shows what was played rather than what was kept.
    private static func movement(_ event: WalletEvent) -> (Sort, Int64)? {
        switch event.kind {
        case .credited:
            switch CreditKind(rawValue: event.movement) {
            case .deposit: (.deposits, event.amount)
            case .win: (.wins, event.amount)
            case .promo: (.bonuses, event.amount)
            default: (.others, event.amount)
            }
        case .debited:
            switch DebitKind(rawValue: event.movement) {
            case .bet: (.bets, event.amount)
            case .withdrawal: (.withdrawals, event.amount)
            default: (.others, event.amount)
            }
        case .confirmed: (.bets, event.amount)
        default: nil
        }
    }

    /// How wide a bar is: an hour for a few days, a day for months, then a month's worth of days.
    package var stepHours: Int64 {
        guard let first = events.keys.min(), let last = events.keys.max() else { return 1 }
        switch last - first {
        case ..<72: return 1
        case ..<2_400: return 24
        default: return 24 * 7
        }
    }

    /// Sums of one asset by time, in the steps of `stepHours`.
    func series(_ asset: AssetName, _ sort: Sort) -> [(time: Int64, sum: Int128)] {
        let step = stepHours
        var steps: [Int64: Int128] = [:]
        for (slot, sum) in sums where slot.asset == asset && slot.sort == sort {
            steps[slot.hour / step * step, default: 0] += sum
        }
        return steps.sorted { $0.key < $1.key }.map { ($0.key * Self.hourMilliseconds, $0.value) }
    }

    var eventSeries: [(time: Int64, all: Int, refused: Int)] {
        let step = stepHours
        var steps: [Int64: (Int, Int)] = [:]
        for (hour, count) in events {
            let before = steps[hour / step * step] ?? (0, 0)
            steps[hour / step * step] = (before.0 + count.all, before.1 + count.refused)
        }
        return steps.sorted { $0.key < $1.key }.map { ($0.key * Self.hourMilliseconds, $0.value.0, $0.value.1) }
    }

    /// Assets by how much moved in them.
    var assets: [AssetName] {
        var events: [AssetName: Int] = [:]
        for flow in flows { events[flow.asset, default: 0] += flow.count }
        return events.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
    }
}
