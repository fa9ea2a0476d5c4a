/// The refusals that depend on state. Each becomes an event in the player's log.
enum NaiveRefusal: String {
    case alreadyConfirmed = "already_confirmed"
    case alreadyRolledBack = "already_rolled_back"
    case amountExceedsHold = "amount_exceeds_hold"
    case amountOverflow = "amount_overflow"
    case amountTooSmall = "amount_too_small"
    case holdExpired = "hold_expired"
    case insufficientFunds = "insufficient_funds"
    case invalidTarget = "invalid_target"
    case playerLocked = "player_locked"
    case targetRolledBack = "target_rolled_back"
    case unknownRecipient = "unknown_recipient"
    case unknownTarget = "unknown_target"
}

/// By how much an event changes one purse.
struct NaiveMove {
    let asset: String
    var balance: Int64 = 0
    var held: Int64 = 0
}

/// All that an accepted command changes.
struct NaiveChange {
    let event: String
    var amount: Int64 = 0
    /// The asset whose balances the answer carries.
    var asset: String?
    var moves: [NaiveMove] = []
    var targetBecomes: NaiveRecord.State?
    var opensHoldUntil: Int64?
    var received: NaiveMove?
    var exchanged: (asset: String, amount: Int64)?
    var setsLock: Bool?
}

enum NaiveDecision {
    case accepted(NaiveChange)
    case refused(NaiveRefusal, asset: String? = nil)
}

extension NaiveLedger {
    /// The domain's table. Nothing changes here.
    func decide(_ command: NaiveCommand) -> NaiveDecision {
        let player = players[command.account]!
        switch command.operation {
        case .credit: return credit(command, player)
        case .debit: return debit(command, player)
        case .authorise: return authorise(command, player)
        case .confirm: return confirm(command, player)
        case .rollback: return rollback(command, player)
        case .transfer: return transfer(command, player)
        case .exchange: return exchange(command, player)
        case .lock: return .accepted(NaiveChange(event: "locked", setsLock: true))
        case .unlock: return .accepted(NaiveChange(event: "unlocked", setsLock: false))
        }
    }

    private func credit(_ command: NaiveCommand, _ player: NaivePlayer) -> NaiveDecision {
        let asset = command.text("asset")
        let amount = command.whole("amount")
        if let target = command.target, player.records[target]?.isUndone == true {
            return .refused(.targetRolledBack, asset: asset)
        }
        guard fits(player.purse(asset).balance, plus: amount) else {
            return .refused(.amountOverflow, asset: asset)
        }
        let moves = [NaiveMove(asset: asset, balance: amount)]
        return .accepted(NaiveChange(event: "credited", amount: amount, asset: asset, moves: moves))
    }

    private func debit(_ command: NaiveCommand, _ player: NaivePlayer) -> NaiveDecision {
        let asset = command.text("asset")
        let amount = command.whole("amount")
        if let refusal = refusalToTakeOut(amount, of: asset, player) {
            return .refused(refusal, asset: asset)
        }
        let moves = [NaiveMove(asset: asset, balance: -amount)]
        return .accepted(NaiveChange(event: "debited", amount: amount, asset: asset, moves: moves))
    }

    private func authorise(_ command: NaiveCommand, _ player: NaivePlayer) -> NaiveDecision {
        let asset = command.text("asset")
        let amount = command.whole("amount")
        if let refusal = refusalToTakeOut(amount, of: asset, player) {
            return .refused(refusal, asset: asset)
        }
        return .accepted(
            NaiveChange(
                event: "authorised", amount: amount, asset: asset,
                moves: [NaiveMove(asset: asset, held: amount)],
                opensHoldUntil: now + command.ttlMilliseconds))
    }

    private func transfer(_ command: NaiveCommand, _ player: NaivePlayer) -> NaiveDecision {
        let asset = command.text("asset")
        let amount = command.whole("amount")
        guard let recipient = players[command.recipient] else {
            return .refused(.unknownRecipient, asset: asset)
        }
        if let refusal = refusalToTakeOut(amount, of: asset, player) {
            return .refused(refusal, asset: asset)
        }
        guard fits(recipient.purse(asset).balance, plus: amount) else {
            return .refused(.amountOverflow, asset: asset)
        }
        return .accepted(
            NaiveChange(
                event: "transferred", amount: amount, asset: asset,
                moves: [NaiveMove(asset: asset, balance: -amount)],
                received: NaiveMove(asset: asset, balance: amount)))
    }

    private func exchange(_ command: NaiveCommand, _ player: NaivePlayer) -> NaiveDecision {
        let asset = command.text("asset")
        let toAsset = command.text("to_asset")
        let amount = command.whole("amount")
        if let refusal = refusalToTakeOut(amount, of: asset, player) {
            return .refused(refusal, asset: asset)
        }
        let product = Int128(amount) * Int128(command.rate.num)
        let result = product / Int128(command.rate.den)
        guard result >= 1 else { return .refused(.amountTooSmall, asset: asset) }
        guard let bought = Int64(exactly: result), fits(player.purse(toAsset).balance, plus: bought)
        else { return .refused(.amountOverflow, asset: asset) }
        return .accepted(
            NaiveChange(
                event: "exchanged", amount: amount, asset: asset,
                moves: [
                    NaiveMove(asset: asset, balance: -amount), NaiveMove(asset: toAsset, balance: bought),
                ],
                exchanged: (toAsset, bought)))
    }
}

extension NaiveLedger {
    /// A lock speaks before the funds do: a locked player learns nothing about the balance.
    private func refusalToTakeOut(
        _ amount: Int64, of asset: String, _ player: NaivePlayer
    ) -> NaiveRefusal? {
        if player.isLocked { return .playerLocked }
        if player.purse(asset).available < amount { return .insufficientFunds }
        return nil
    }

    func fits(_ balance: Int64, plus amount: Int64) -> Bool {
        let (sum, overflow) = balance.addingReportingOverflow(amount)
        return !overflow && sum <= NaiveForm.amountMax
    }
}
