/// The operations, in the order of the domain's table. The raw value is kept in the log.
public enum Operation: UInt8, Sendable, BitwiseCopyable, CaseIterable {
    case credit = 1
    case debit = 2
    case authorise = 3
    case confirm = 4
    case rollback = 5
    case transfer = 6
    case exchange = 7
    case lock = 8
    case unlock = 9

    public var name: String { wireName.description }

    package var wireName: StaticString {
        switch self {
        case .credit: "credit"
        case .debit: "debit"
        case .authorise: "authorise"
        case .confirm: "confirm"
        case .rollback: "rollback"
        case .transfer: "transfer"
        case .exchange: "exchange"
        case .lock: "lock"
        case .unlock: "unlock"
        }
    }

    /// These open a new player's log; the others need one that is there.
    var createsPlayer: Bool {
        switch self {
        case .credit, .rollback, .lock, .unlock: true
        case .debit, .authorise, .confirm, .transfer, .exchange: false
        }
    }

    /// What a rollback can undo, and what a tombstone therefore waits for.
    var canBeRolledBack: Bool {
        switch self {
        case .credit, .debit, .authorise: true
        case .confirm, .rollback, .transfer, .exchange, .lock, .unlock: false
        }
    }
}

/// Why funds came in.
public enum CreditKind: UInt8, Sendable, BitwiseCopyable, CaseIterable {
    case deposit = 1
    case win = 2
    case refund = 3
    case promo = 4
    case adjustment = 5

    public var name: String { Kind.wireName(rawValue)!.description }
}

/// Why funds went out.
public enum DebitKind: UInt8, Sendable, BitwiseCopyable, CaseIterable {
    case bet = 16
    case withdrawal = 17
    case fee = 18
    case adjustment = 19

    public var name: String { Kind.wireName(rawValue)!.description }
}

/// Both sorts of kind in one byte of the log, so that a row names it without knowing the operation.
package enum Kind {
    package static func wireName(_ raw: UInt8) -> StaticString? {
        switch raw {
        case CreditKind.deposit.rawValue: "deposit"
        case CreditKind.win.rawValue: "win"
        case CreditKind.refund.rawValue: "refund"
        case CreditKind.promo.rawValue: "promo"
        case CreditKind.adjustment.rawValue, DebitKind.adjustment.rawValue: "adjustment"
        case DebitKind.bet.rawValue: "bet"
        case DebitKind.withdrawal.rawValue: "withdrawal"
        case DebitKind.fee.rawValue: "fee"
        default: nil
        }
    }
}
