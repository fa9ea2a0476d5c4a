internal import HoldfastWallet

/// Sums of what moved, by what it was and in which asset.
struct FlowTable {
    private struct Key: Hashable {
        /// An `EventKind`, and of a credit or debit its kind.
        var event: UInt16
        var movement: UInt8
        var asset: AssetName
    }

    private var sums: [Key: (count: Int, sum: Int128, effect: Int128)] = [:]

    /// What an event moved. Refusals move nothing.
    mutating func add(_ event: borrowing WalletEvent) {
        guard event.kind != .refused, let asset = AssetName(event.asset) else { return }
        add(event.kind, event.movement, asset, event.amount, event.effect.balance)
        if event.kind == .exchanged, let toAsset = AssetName(event.other) {
            add(event.kind, 0, toAsset, event.toAmount, event.toAmount)
        }
    }

    private mutating func add(
        _ kind: EventKind, _ movement: UInt8, _ asset: AssetName, _ amount: Int64, _ effect: Int64
    ) {
        let key = Key(event: kind.rawValue, movement: movement, asset: asset)
        let before = sums[key] ?? (0, 0, 0)
        sums[key] = (before.count + 1, before.sum + Int128(amount), before.effect + Int128(effect))
    }

    /// By asset, then by name.
    var flows: [Statement.Flow] {
        sums.map { key, sum in
            Statement.Flow(
                name: Self.name(key), asset: key.asset, count: sum.count, sum: sum.sum, effect: sum.effect)
        }
        .sorted { ($0.asset, $0.name) < ($1.asset, $1.name) }
    }

    /// `deposit`, `bet`, `hold_expired`; adjustments say which way they go.
    private static func name(_ key: Key) -> String {
        guard let kind = Kind.wireName(key.movement)?.description else {
            return EventKind(rawValue: key.event)?.name ?? ""
        }
        guard kind == "adjustment" else { return kind }
        return key.event == EventKind.credited.rawValue ? "adjustment_in" : "adjustment_out"
    }
}
