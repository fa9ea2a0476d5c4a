/// By how much an event changes one purse. The same numbers move the state, fill the rows and prove the sums.
package struct Effect: Equatable, Sendable, BitwiseCopyable {
    package var balance: Int64 = 0
    package var held: Int64 = 0

    /// The effect on the event's own asset. What an exchange adds to `to_asset` is its `toAmount`.
    @inline(__always)
    static func of(_ kind: EventKind, amount: Int64, hold: Int64, undone: Undone?) -> Effect {
        switch kind {
        case .credited, .received: Effect(balance: amount)
        case .debited, .transferred, .exchanged: Effect(balance: -amount)
        case .authorised: Effect(held: amount)
        case .confirmed: Effect(balance: -amount, held: -hold)
        case .holdExpired: Effect(held: -amount)
        case .rolledBack:
            switch undone {
            case .openHold: Effect(held: -amount)
            case .confirmedHold, .debit: Effect(balance: amount)
            case .credit: Effect(balance: -amount)
            case .expiredHold, .refusedCredit, .refusedDebit, .refusedAuthorise, nil: Effect()
            }
        case .tombstoned, .locked, .unlocked, .refused: Effect()
        }
    }
}
