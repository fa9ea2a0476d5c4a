/// What a decision needs to know of one player's funds in one asset.
@frozen
package struct PurseFacts: Equatable, Sendable, BitwiseCopyable {
    package var balance: Int64
    package var held: Int64

    package init(balance: Int64 = 0, held: Int64 = 0) {
        self.balance = balance
        self.held = held
    }

    /// Can't overflow: balances lie within ±2^53, held within 0 … 2^53.
    package var available: Int64 { balance &- held }
}

/// What the player's log says about the command that `target` names.
package enum TargetFacts: Equatable, Sendable, BitwiseCopyable {
    /// This player's log knows no command under that name.
    case unknown
    /// A rollback came first.
    case tombstone
    case openHold(amount: Int64)
    case confirmedHold(taken: Int64)
    case expiredHold
    case credited(amount: Int64)
    case debited(amount: Int64)
    /// A `credit`, `debit` or `authorise` that was refused.
    case refused(Operation)
    /// A `credit`, `debit` or `authorise` that was rolled back, whatever had become of it before.
    case rolledBack(Operation)
    /// What can't be a target: a confirm, a rollback, a transfer, an exchange, a lock; accepted or refused.
    case other

    /// What a credit must not settle any more.
    var isUndone: Bool {
        switch self {
        case .tombstone, .rolledBack: true
        case .unknown, .openHold, .confirmedHold, .expiredHold, .credited, .debited, .refused, .other: false
        }
    }
}

/// Everything that a decision depends on, beside the command. The purse is that of the command's asset or, for a
/// confirm or a rollback, of the target's.
package struct Situation: Sendable, BitwiseCopyable {
    package var now: Int64
    package var isLocked = false
    package var purse = PurseFacts()
    package var target = TargetFacts.unknown
    /// Of a transfer: whether the recipient has a log.
    package var recipientIsKnown = false
    /// Of a transfer the recipient's purse, of an exchange the sender's in `to_asset`.
    package var toPurse = PurseFacts()

    package init(now: Int64) { self.now = now }
}
