internal import HoldfastWallet

/// What an event means for the sums of its player and day. The one place that says which event counts as a bet.
enum FlowEffect {
    case none
    case done(DailyTotals.Flow)
    case undone(DailyTotals.Flow)
    /// Money went out of one asset and into another.
    case exchanged

    @inline(__always)
    static func of(_ event: borrowing WalletEvent, undoneMovement: UInt8) -> FlowEffect {
        switch event.kind {
        case .credited, .debited: flow(ofMovement: event.movement, isCredit: event.kind == .credited)
        // A hold that is confirmed is a bet that was placed.
        case .confirmed: .done(.bets)
        case .transferred: .done(.transfersOut)
        case .received: .done(.transfersIn)
        case .exchanged: .exchanged
        case .rolledBack: undone(event.undone, undoneMovement)
        case .authorised, .tombstoned, .locked, .unlocked, .holdExpired, .refused: .none
        }
    }

    @inline(__always)
    private static func flow(ofMovement movement: UInt8, isCredit: Bool) -> FlowEffect {
        guard let flow = DailyTotals.Flow(movement: movement, isCredit: isCredit) else { return .none }
        return .done(flow)
    }

    private static func undone(_ undone: Undone?, _ movement: UInt8) -> FlowEffect {
        switch undone {
        case .confirmedHold: .undone(.bets)
        case .debit: DailyTotals.Flow(movement: movement, isCredit: false).map { .undone($0) } ?? .none
        case .credit: DailyTotals.Flow(movement: movement, isCredit: true).map { .undone($0) } ?? .none
        case .openHold, .expiredHold, .refusedCredit, .refusedDebit, .refusedAuthorise, nil: .none
        }
    }
}

extension DailyTotals.Flow {
    /// Of a credit's or debit's kind as the log has it.
    init?(movement: UInt8, isCredit: Bool) {
        if isCredit {
            switch CreditKind(rawValue: movement) {
            case .deposit: self = .deposits
            case .win: self = .wins
            case .refund: self = .refunds
            case .promo: self = .promos
            case .adjustment: self = .adjustmentsIn
            case nil: return nil
            }
        } else {
            switch DebitKind(rawValue: movement) {
            case .bet: self = .bets
            case .withdrawal: self = .withdrawals
            case .fee: self = .fees
            case .adjustment: self = .adjustmentsOut
            case nil: return nil
            }
        }
    }

    /// The bit that it leaves in a player's day.
    var did: Int64 {
        switch self {
        case .bets: Did.bet
        case .wins: Did.win
        case .deposits: Did.deposit
        case .withdrawals: Did.withdrawal
        case .refunds, .promos, .fees, .adjustmentsIn, .adjustmentsOut, .transfersIn, .transfersOut, .exchangesIn,
            .exchangesOut:
            0
        }
    }

    /// Its place among a purse's lifetime sums, if it has one.
    var lifetime: Int? {
        switch self {
        case .deposits: 0
        case .withdrawals: 1
        case .bets: 2
        case .wins: 3
        case .promos: 4
        case .fees: 5
        case .refunds, .adjustmentsIn, .adjustmentsOut, .transfersIn, .transfersOut, .exchangesIn, .exchangesOut:
            nil
        }
    }
}

extension EventKind {
    /// Whether the event is something that the player, or a game for them, did: what counts as being active. A
    /// rollback, an expiry, a refusal or money that arrives from another player is not.
    var isActivity: Bool {
        switch self {
        case .credited, .debited, .authorised, .confirmed, .transferred, .exchanged: true
        case .rolledBack, .tombstoned, .received, .locked, .unlocked, .holdExpired, .refused: false
        }
    }
}
