internal import HoldfastLog
package import HoldfastText
package import HoldfastWallet

/// The balances of a whole ledger, rebuilt from the log alone.
package struct LedgerBooks {
    package struct Entry: Equatable {
        let tenant: [UInt8]
        let player: [UInt8]
        let asset: AssetName
        package var balance: Int64
        package var held: Int64
    }

    /// By tenant, player and asset, in the order of their bytes.
    package private(set) var entries: [Entry] = []
    private var players = 0
    private var events: UInt64 = 0

    /// Replays every lane with the `apply` of the live path, up to a time if one is given: from its first event, or from
    /// its oldest snapshot where it has given up the first.
    package init(
        replaying files: LedgerFiles, asOf: Int64? = nil, progress: (Int) -> Void = { _ in }
    ) throws(LedgerError) {
        for log in files.logs {
            let machine = try files.machineAtBeginning(of: log, asOf: asOf)
            let cursor = log.batchesOnce(from: log.firstAddress, upTo: log.tail.address)
            while let batch = try cursor.next() {
                try batch.forEachRecord { (record, address) throws(LedgerError) in
                    if let asOf, record.time > asOf { return }
                    try machine.apply(record, at: address)
                    events += 1
                }
                progress(Int(events))
            }
            take(machine, asOf: asOf)
        }
        sort()
    }

    /// The books of states that were recovered otherwise.
    package init(of machines: [WalletMachine], asOf: Int64? = nil) {
        for machine in machines { take(machine, asOf: asOf) }
        sort()
    }

    private mutating func take(_ machine: WalletMachine, asOf: Int64?) {
        machine.withState { state in
            players += state.playerCount
            if asOf == nil {
                state.forEachPurse { tenant, player, asset, facts in
                    entries.append(
                        Entry(
                            tenant: Array(tenant), player: Array(player), asset: asset, balance: facts.balance,
                            held: facts.held))
                }
                return
            }
            state.forEachPlayer { view in
                for funds in Wallet(view).withHoldsEnded(by: asOf!).funds {
                    entries.append(
                        Entry(
                            tenant: Array(view.tenant.utf8), player: Array(view.player.utf8),
                            asset: AssetName(funds.asset)!, balance: funds.balance, held: funds.held))
                }
            }
        }
    }

    private mutating func sort() {
        entries.sort { a, b in
            if a.tenant != b.tenant { return a.tenant.lexicographicallyPrecedes(b.tenant) }
            if a.player != b.player { return a.player.lexicographicallyPrecedes(b.player) }
            return a.asset < b.asset
        }
    }

    /// Balance and held of each asset over all players. Sums are wide: many bounded balances may pass any bound.
    package var totals: [(asset: AssetName, balance: Int128, held: Int128)] {
        var sums: [AssetName: (Int128, Int128)] = [:]
        for entry in entries {
            let sum = sums[entry.asset] ?? (0, 0)
            sums[entry.asset] = (sum.0 + Int128(entry.balance), sum.1 + Int128(entry.held))
        }
        return sums.sorted { $0.key < $1.key }.map { ($0.key, $0.value.0, $0.value.1) }
    }

    package var totalsJSON: JSONWriter {
        JSONWriter.line { json in
            json.member("events", events)
            json.member("players", players)
            json.member("assets", objects: totals, by: { $0.asset.description }) { total, json in
                json.member("balance", wide: total.balance)
                json.member("held", wide: total.held)
            }
        }
    }

    /// One JSON object a line, `{"tenant","player","asset","balance","held"}`.
    package var lines: JSONWriter {
        var json = JSONWriter(capacity: 1 << 20)
        for entry in entries {
            json.beginObject()
            entry.tenant.withUnsafeBytes { json.member("tenant", $0) }
            entry.player.withUnsafeBytes { json.member("player", $0) }
            entry.asset.withBytes { json.member("asset", $0) }
            json.member("balance", entry.balance)
            json.member("held", entry.held)
            json.endObject()
            json.newline()
        }
        return json
    }
}
