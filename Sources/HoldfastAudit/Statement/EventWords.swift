internal import Holdfast
internal import HoldfastText
internal import HoldfastWallet

/// What an event was, in a sentence for people.
struct EventWords {
    var money: MoneyTable

    init(_ money: MoneyTable) { self.money = money }

    ///     Bet (b1), paid back by rollback r1
    mutating func sentence(_ event: borrowing WalletEvent) -> String {
        let request = Self.text(event.requestID)
        let target = Self.text(event.target)
        let named = request.isEmpty ? "" : " (\(request))"
        let words: String =
            switch event.kind {
            case .credited: Self.credit(event.movement) + named + (target.isEmpty ? "" : ", settles \(target)")
            case .debited: Self.debit(event.movement) + named
            case .authorised: "Hold opened\(named), ends \(Self.time(event.moment))"
            case .confirmed: "Hold \(target) confirmed\(partly(event))\(named)"
            case .rolledBack: Self.rolledBack(event.undone, target) + named
            case .tombstoned: "Rollback\(named) of \(target), which had not come: it is refused from now on"
            case .transferred: "Transfer to \(Self.text(event.other))\(named)"
            case .received: "Transfer from \(Self.text(event.other))\(named)"
            case .exchanged: "Exchanged at \(event.numerator)/\(event.denominator)\(named)"
            case .locked: "Wallet locked\(named)"
            case .unlocked: "Wallet unlocked\(named)"
            case .holdExpired: "Hold \(target) expired, released"
            case .refused: refused(event, target) + named
            }
        let ref = Self.text(event.ref)
        return ref.isEmpty ? words : words + " [\(ref)]"
    }

    private static func credit(_ movement: UInt8) -> String {
        switch CreditKind(rawValue: movement) {
        case .win: "Win"
        case .refund: "Refund"
        case .promo: "Bonus"
        case .adjustment: "Adjustment in"
        case .deposit, nil: "Deposit"
        }
    }

    private static func debit(_ movement: UInt8) -> String {
        switch DebitKind(rawValue: movement) {
        case .withdrawal: "Withdrawal"
        case .fee: "Fee"
        case .adjustment: "Adjustment out"
        case .bet, nil: "Bet"
        }
    }

    /// Of a hold that was taken in part: how much of it.
    private mutating func partly(_ event: borrowing WalletEvent) -> String {
        guard event.amount != event.moment, let asset = AssetName(event.asset) else { return "" }
        return ", \(money.digits(event.amount, asset)) of \(money.text(event.moment, asset))"
    }

    private static func rolledBack(_ undone: Undone?, _ target: String) -> String {
        switch undone {
        case .openHold: "Hold \(target) rolled back, released"
        case .confirmedHold: "Hold \(target) rolled back, paid back"
        case .debit: "Debit \(target) rolled back, paid back"
        case .credit: "Credit \(target) rolled back, taken back"
        case .expiredHold: "Hold \(target) rolled back; it had expired"
        case .refusedCredit, .refusedDebit, .refusedAuthorise, nil: "\(target) rolled back; it had been refused"
        }
    }

    private mutating func refused(_ event: borrowing WalletEvent, _ target: String) -> String {
        var words = "Refused: \(event.operation?.name ?? "command")"
        if !target.isEmpty { words += " of \(target)" }
        if event.amount > 0, let asset = AssetName(event.asset) { words += " of \(money.text(event.amount, asset))" }
        let reason = event.refusal?.name.split(separator: "_").joined(separator: " ") ?? "refused"
        return words + ", \(reason)"
    }

    static func text(_ bytes: UnsafeRawBufferPointer) -> String { String(decoding: bytes, as: UTF8.self) }

    /// `2025-11-21 00:00:30.000`, in UTC.
    static func time(_ milliseconds: Int64) -> String {
        String(unsafeUninitializedCapacity: RFC3339.length) { bytes in
            let count = RFC3339.write(milliseconds, to: UnsafeMutableRawBufferPointer(bytes))
            // What no four digits of year can say stays the number that it is.
            if count < RFC3339.length { return count }
            bytes[10] = UInt8(ascii: " ")
            return count - 1
        }
    }
}
