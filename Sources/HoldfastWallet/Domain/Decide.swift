/// The domain's table: what a command causes in a situation. Pure, total and without allocation; the order of the
/// guards is the order in which refusals take precedence.
package func decide(_ command: Command, in situation: Situation) -> Decision {
    switch command {
    case .credit(let amount):
        guard !situation.target.isUndone else { return .refused(.targetRolledBack, naming: .asset) }
        guard Amount.sum(situation.purse.balance, amount) != nil else {
            return .refused(.amountOverflow, naming: .asset)
        }
        return .credited(amount: amount)

    case .debit(let amount):
        if let refusal = refusalToTakeOut(amount, in: situation) { return refusal }
        return .debited(amount: amount)

    case .authorise(let amount, let ttlMilliseconds):
        if let refusal = refusalToTakeOut(amount, in: situation) { return refusal }
        return .authorised(amount: amount, expiresAt: situation.now &+ ttlMilliseconds)

    case .confirm(let amount):
        return decideConfirm(amount, of: situation.target)

    case .rollback(let isForced):
        return decideRollback(isForced: isForced, in: situation)

    case .transfer(let amount):
        guard situation.recipientIsKnown else { return .refused(.unknownRecipient, naming: .asset) }
        if let refusal = refusalToTakeOut(amount, in: situation) { return refusal }
        guard Amount.sum(situation.toPurse.balance, amount) != nil else {
            return .refused(.amountOverflow, naming: .asset)
        }
        return .transferred(amount: amount)

    case .exchange(let amount, let numerator, let denominator):
        if let refusal = refusalToTakeOut(amount, in: situation) { return refusal }
        guard let result = Amount.exchanged(amount, numerator: numerator, denominator: denominator) else {
            return .refused(.amountOverflow, naming: .asset)
        }
        guard result >= 1 else { return .refused(.amountTooSmall, naming: .asset) }
        guard Amount.sum(situation.toPurse.balance, result) != nil else {
            return .refused(.amountOverflow, naming: .asset)
        }
        return .exchanged(amount: amount, toAmount: result)

    case .lock: return .locked
    case .unlock: return .unlocked
    }
}

/// A lock speaks before the funds do: a locked player learns nothing about the balance.
private func refusalToTakeOut(_ amount: Int64, in situation: Situation) -> Decision? {
    if situation.isLocked { return .refused(.playerLocked, naming: .asset) }
    if situation.purse.available < amount { return .refused(.insufficientFunds, naming: .asset) }
    return nil
}

private func decideConfirm(_ amount: Int64?, of target: TargetFacts) -> Decision {
    switch target {
    case .unknown: return .refused(.unknownTarget, naming: .nothing)
    case .tombstone: return .refused(.alreadyRolledBack, naming: .nothing)
    case .credited, .debited, .other: return .refused(.invalidTarget, naming: .nothing)
    case .rolledBack(let operation):
        guard operation == .authorise else { return .refused(.invalidTarget, naming: .nothing) }
        return .refused(.alreadyRolledBack, naming: .asset)
    case .refused(let operation):
        return .refused(.invalidTarget, naming: operation == .authorise ? .asset : .nothing)
    case .confirmedHold: return .refused(.alreadyConfirmed, naming: .asset)
    case .expiredHold: return .refused(.holdExpired, naming: .asset)
    case .openHold(let hold):
        let taken = amount ?? hold
        guard taken <= hold else { return .refused(.amountExceedsHold, naming: .asset) }
        return .confirmed(amount: taken, hold: hold)
    }
}

private func decideRollback(isForced: Bool, in situation: Situation) -> Decision {
    switch situation.target {
    case .unknown: return .tombstoned
    case .tombstone: return .refused(.alreadyRolledBack, naming: .nothing)
    case .rolledBack: return .refused(.alreadyRolledBack, naming: .asset)
    case .other: return .refused(.invalidTarget, naming: .nothing)
    case .openHold(let hold): return .rolledBack(.openHold, amount: hold)
    case .expiredHold: return .rolledBack(.expiredHold, amount: 0)
    case .refused(.credit): return .rolledBack(.refusedCredit, amount: 0)
    case .refused(.debit): return .rolledBack(.refusedDebit, amount: 0)
    case .refused(.authorise): return .rolledBack(.refusedAuthorise, amount: 0)
    case .refused: return .refused(.invalidTarget, naming: .nothing)
    case .confirmedHold(let taken): return payBack(taken, .confirmedHold, in: situation)
    case .debited(let amount): return payBack(amount, .debit, in: situation)
    case .credited(let amount):
        let available = situation.purse.available
        guard isForced || available >= amount else { return .refused(.insufficientFunds, naming: .asset) }
        // Bounding what is available, and not the balance, leaves room for every open hold to be confirmed.
        guard Amount.sum(available, -amount) != nil else { return .refused(.amountOverflow, naming: .asset) }
        return .rolledBack(.credit, amount: amount)
    }
}

private func payBack(_ amount: Int64, _ undone: Undone, in situation: Situation) -> Decision {
    guard Amount.sum(situation.purse.balance, amount) != nil else {
        return .refused(.amountOverflow, naming: .asset)
    }
    return .rolledBack(undone, amount: amount)
}
