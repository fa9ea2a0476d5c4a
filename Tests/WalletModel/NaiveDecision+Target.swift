/// The two operations whose answer depends on what their target has become.
extension NaiveLedger {
    func confirm(_ command: NaiveCommand, _ player: NaivePlayer) -> NaiveDecision {
        guard let target = player.records[command.target!] else { return .refused(.unknownTarget) }
        guard let held = target.command else { return .refused(.alreadyRolledBack) }
        guard held.operation == .authorise else { return .refused(.invalidTarget) }
        let asset = held.text("asset")
        let hold = held.whole("amount")
        switch target.state {
        case .rolledBack, .tombstone: return .refused(.alreadyRolledBack, asset: asset)
        case .refused, .accepted: return .refused(.invalidTarget, asset: asset)
        case .confirmedHold: return .refused(.alreadyConfirmed, asset: asset)
        case .expiredHold: return .refused(.holdExpired, asset: asset)
        case .openHold: break
        }
        let taken = command.amount ?? hold
        guard taken <= hold else { return .refused(.amountExceedsHold, asset: asset) }
        return .accepted(
            NaiveChange(
                event: "confirmed", amount: taken, asset: asset,
                moves: [NaiveMove(asset: asset, balance: -taken, held: -hold)],
                targetBecomes: .confirmedHold(taken: taken)))
    }

    func rollback(_ command: NaiveCommand, _ player: NaivePlayer) -> NaiveDecision {
        guard let target = player.records[command.target!] else {
            return .accepted(NaiveChange(event: "tombstoned", targetBecomes: .tombstone))
        }
        guard let undone = target.command else { return .refused(.alreadyRolledBack) }
        guard undone.operation.canBeRolledBack else { return .refused(.invalidTarget) }
        let asset = undone.text("asset")
        let amount = undone.whole("amount")
        switch target.state {
        case .rolledBack, .tombstone: return .refused(.alreadyRolledBack, asset: asset)
        case .refused, .expiredHold: return .accepted(rolledBack(0, asset))
        case .openHold: return .accepted(rolledBack(amount, asset, held: -amount))
        case .confirmedHold(let taken): return payBack(taken, asset, player)
        case .accepted where undone.operation == .debit: return payBack(amount, asset, player)
        case .accepted: return takeBack(amount, asset, player, isForced: command.isForced)
        }
    }

    private func payBack(_ amount: Int64, _ asset: String, _ player: NaivePlayer) -> NaiveDecision {
        guard fits(player.purse(asset).balance, plus: amount) else {
            return .refused(.amountOverflow, asset: asset)
        }
        return .accepted(rolledBack(amount, asset, balance: amount))
    }

    /// Force may take the balance below zero, but not beyond what an amount can be: the bound leaves room
    /// for every open hold to be confirmed afterwards.
    private func takeBack(
        _ amount: Int64, _ asset: String, _ player: NaivePlayer, isForced: Bool
    ) -> NaiveDecision {
        let available = player.purse(asset).available
        guard isForced || available >= amount else {
            return .refused(.insufficientFunds, asset: asset)
        }
        guard available - amount >= -NaiveForm.amountMax else {
            return .refused(.amountOverflow, asset: asset)
        }
        return .accepted(rolledBack(amount, asset, balance: -amount))
    }

    private func rolledBack(
        _ amount: Int64, _ asset: String, balance: Int64 = 0, held: Int64 = 0
    ) -> NaiveChange {
        NaiveChange(
            event: "rolled_back", amount: amount, asset: asset,
            moves: [NaiveMove(asset: asset, balance: balance, held: held)],
            targetBecomes: .rolledBack)
    }
}
