/// A command as the decision sees it: names have become facts.
package enum Command: Equatable, Sendable, BitwiseCopyable {
    case credit(amount: Int64)
    case debit(amount: Int64)
    case authorise(amount: Int64, ttlMilliseconds: Int64)
    /// Without an amount the whole hold is taken.
    case confirm(amount: Int64?)
    case rollback(isForced: Bool)
    case transfer(amount: Int64)
    case exchange(amount: Int64, numerator: Int64, denominator: Int64)
    case lock
    case unlock
}

/// What a command causes.
package enum Decision: Equatable, Sendable, BitwiseCopyable {
    case credited(amount: Int64)
    case debited(amount: Int64)
    case authorised(amount: Int64, expiresAt: Int64)
    case confirmed(amount: Int64, hold: Int64)
    case rolledBack(Undone, amount: Int64)
    case tombstoned
    case transferred(amount: Int64)
    case exchanged(amount: Int64, toAmount: Int64)
    case locked
    case unlocked
    /// An event too. `naming` says whether the answer carries an asset and its balances.
    case refused(Refusal, naming: AssetNamed)
}

/// Whether a refusal concerns an asset. A refused confirm of a credit, for example, concerns none.
package enum AssetNamed: Equatable, Sendable, BitwiseCopyable {
    case asset
    case nothing
}

/// What a rollback undid. The raw value is kept in the log.
package enum Undone: UInt8, Sendable, BitwiseCopyable, CaseIterable {
    case openHold = 1
    case confirmedHold = 2
    case debit = 3
    case credit = 4
    case expiredHold = 5
    case refusedCredit = 6
    case refusedDebit = 7
    case refusedAuthorise = 8

    /// The operation of the command that was rolled back.
    var operation: Operation {
        switch self {
        case .openHold, .confirmedHold, .expiredHold, .refusedAuthorise: .authorise
        case .debit, .refusedDebit: .debit
        case .credit, .refusedCredit: .credit
        }
    }
}
