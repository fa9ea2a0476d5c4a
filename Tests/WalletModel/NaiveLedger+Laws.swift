/// What tests ask of the whole ledger.
extension NaiveLedger {
    public func player(tenant: String, player: String) -> NaivePlayer? {
        players[AccountName(tenant: tenant, player: player)]
    }

    public func openHolds(of account: AccountName) -> [NaiveHold] {
        openHolds.filter { $0.account == account }
    }

    /// The sum of all balances and holds, by asset.
    public func totals() -> [String: NaivePurse] {
        var totals: [String: NaivePurse] = [:]
        for player in players.values {
            for (asset, purse) in player.purses {
                totals[asset, default: NaivePurse()].balance += purse.balance
                totals[asset, default: NaivePurse()].held += purse.held
            }
        }
        return totals
    }

    /// The laws that hold after every command, recomputed from the logs alone. Empty when they do.
    public func brokenLaws() -> [String] {
        players.flatMap { account, player in
            brokenSequence(account, player) + brokenSums(account, player)
                + brokenHolds(account, player)
        }
    }

    private func brokenSequence(_ account: AccountName, _ player: NaivePlayer) -> [String] {
        zip(player.events, 1...).compactMap { event, expected in
            event.seq == expected ? nil : "\(account): event \(expected) bears seq \(event.seq)"
        }
    }

    private func brokenSums(_ account: AccountName, _ player: NaivePlayer) -> [String] {
        var recomputed: [String: NaivePurse] = [:]
        for effect in player.events.flatMap(\.effects) {
            recomputed[effect.asset, default: NaivePurse()].balance += effect.balanceDelta
            recomputed[effect.asset, default: NaivePurse()].held += effect.heldDelta
        }
        guard recomputed != player.purses else { return [] }
        return ["\(account): the events add up to \(recomputed), the purses say \(player.purses)"]
    }

    private func brokenHolds(_ account: AccountName, _ player: NaivePlayer) -> [String] {
        player.purses.compactMap { asset, purse in
            let open = openHolds.filter { $0.account == account && $0.asset == asset }
            let sum = open.reduce(0) { $0 + $1.amount }
            if purse.held != sum { return "\(account) \(asset): held \(purse.held), open \(sum)" }
            if open.contains(where: { $0.expiresAt <= now }) {
                return "\(account) \(asset): a hold outlived its time"
            }
            return nil
        }
    }
}
