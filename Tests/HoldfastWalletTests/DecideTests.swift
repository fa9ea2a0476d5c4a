import Testing

@testable import HoldfastWallet

/// A row of the domain's tables: a command in a situation, and what it causes.
struct Row: Sendable, CustomTestStringConvertible {
    let name: String
    let command: Command
    let situation: Situation
    let decision: Decision

    var testDescription: String { name }

    init(
        _ name: String, _ command: Command, _ decision: Decision, balance: Int64 = 0, held: Int64 = 0,
        locked: Bool = false, target: TargetFacts = .unknown, recipient: Bool = true, to: Int64 = 0
    ) {
        self.name = name
        self.command = command
        self.decision = decision
        var situation = Situation(now: 1_000)
        situation.purse = PurseFacts(balance: balance, held: held)
        situation.isLocked = locked
        situation.target = target
        situation.recipientIsKnown = recipient
        situation.toPurse = PurseFacts(balance: to)
        self.situation = situation
    }
}

@Suite("The domain's table")
struct DecideTests {
    private static let max = Amount.max

    static let creditRows = [
        Row("a credit adds to the balance", .credit(amount: 5), .credited(amount: 5)),
        Row("a zero credit is a settlement notice", .credit(amount: 0), .credited(amount: 0)),
        Row("a lock lets credits pass", .credit(amount: 5), .credited(amount: 5), locked: true),
        Row(
            "a credit whose target was rolled back is refused", .credit(amount: 5),
            .refused(.targetRolledBack, naming: .asset), target: .rolledBack(.debit)),
        Row(
            "a credit whose target has a tombstone is refused", .credit(amount: 5),
            .refused(.targetRolledBack, naming: .asset), target: .tombstone),
        Row("a credit of an expired hold passes", .credit(amount: 5), .credited(amount: 5), target: .expiredHold),
        Row("a credit of a refused bet passes", .credit(amount: 5), .credited(amount: 5), target: .refused(.debit)),
        Row("a credit of anything else passes", .credit(amount: 5), .credited(amount: 5), target: .other),
        Row("a balance may come to the bound", .credit(amount: 1), .credited(amount: 1), balance: max - 1),
        Row(
            "no balance passes the bound", .credit(amount: 1), .refused(.amountOverflow, naming: .asset),
            balance: max),
        Row(
            "a rolled back target is named before an overflow", .credit(amount: max),
            .refused(.targetRolledBack, naming: .asset), balance: max, target: .tombstone),
    ]

    static let takeRows = [
        Row("a debit takes what is available", .debit(amount: 5), .debited(amount: 5), balance: 7, held: 2),
        Row(
            "a debit takes no held funds", .debit(amount: 6), .refused(.insufficientFunds, naming: .asset),
            balance: 7, held: 2),
        Row(
            "a lock refuses debits, before the funds do", .debit(amount: 6), .refused(.playerLocked, naming: .asset),
            locked: true),
        Row(
            "an authorise holds until its time is over", .authorise(amount: 5, ttlMilliseconds: 30),
            .authorised(amount: 5, expiresAt: 1_030), balance: 5),
        Row(
            "an authorise needs available funds", .authorise(amount: 5, ttlMilliseconds: 30),
            .refused(.insufficientFunds, naming: .asset), balance: 5, held: 1),
        Row(
            "a lock refuses authorises", .authorise(amount: 5, ttlMilliseconds: 30),
            .refused(.playerLocked, naming: .asset), balance: 5, locked: true),
        Row("a transfer moves", .transfer(amount: 5), .transferred(amount: 5), balance: 5),
        Row(
            "an unknown recipient is named before a lock", .transfer(amount: 5),
            .refused(.unknownRecipient, naming: .asset), locked: true, recipient: false),
        Row(
            "a lock is named before the funds", .transfer(amount: 5), .refused(.playerLocked, naming: .asset),
            locked: true, to: max),
        Row(
            "the funds are named before the recipient's overflow", .transfer(amount: 5),
            .refused(.insufficientFunds, naming: .asset), balance: 4, to: max),
        Row(
            "a recipient's balance does not pass the bound", .transfer(amount: 5),
            .refused(.amountOverflow, naming: .asset), balance: 5, to: max - 4),
    ]

    static let exchangeRows = [
        Row(
            "an exchange rounds down", .exchange(amount: 10, numerator: 2, denominator: 3),
            .exchanged(amount: 10, toAmount: 6), balance: 10),
        Row(
            "an exchange computes without loss", .exchange(amount: max, numerator: max, denominator: max),
            .exchanged(amount: max, toAmount: max), balance: max),
        Row(
            "an exchange for less than one is refused", .exchange(amount: 1, numerator: 1, denominator: 2),
            .refused(.amountTooSmall, naming: .asset), balance: 1),
        Row(
            "the funds are named before a result too small", .exchange(amount: 1, numerator: 1, denominator: 2),
            .refused(.insufficientFunds, naming: .asset)),
        Row(
            "a lock refuses exchanges", .exchange(amount: 1, numerator: 1, denominator: 2),
            .refused(.playerLocked, naming: .asset), locked: true),
        Row(
            "a result beyond 64 bits overflows", .exchange(amount: max, numerator: max, denominator: 1),
            .refused(.amountOverflow, naming: .asset), balance: max),
        Row(
            "a result that the purse can't take overflows", .exchange(amount: 2, numerator: 1, denominator: 1),
            .refused(.amountOverflow, naming: .asset), balance: 2, to: max - 1),
    ]

    static let confirmRows = [
        Row(
            "a confirm takes the whole hold by default", .confirm(amount: nil), .confirmed(amount: 9, hold: 9),
            target: .openHold(amount: 9)),
        Row(
            "a confirm may take less", .confirm(amount: 0), .confirmed(amount: 0, hold: 9),
            target: .openHold(amount: 9)),
        Row(
            "a lock lets confirms pass", .confirm(amount: 9), .confirmed(amount: 9, hold: 9), locked: true,
            target: .openHold(amount: 9)),
        Row(
            "a confirm takes no more than the hold", .confirm(amount: 10),
            .refused(.amountExceedsHold, naming: .asset), target: .openHold(amount: 9)),
        Row("a confirm needs a target", .confirm(amount: nil), .refused(.unknownTarget, naming: .nothing)),
        Row(
            "a tombstone can't be confirmed", .confirm(amount: nil), .refused(.alreadyRolledBack, naming: .nothing),
            target: .tombstone),
        Row(
            "a released hold can't be confirmed", .confirm(amount: nil),
            .refused(.alreadyRolledBack, naming: .asset), target: .rolledBack(.authorise)),
        Row(
            "a hold is confirmed once", .confirm(amount: nil), .refused(.alreadyConfirmed, naming: .asset),
            target: .confirmedHold(taken: 1)),
        Row(
            "an expired hold can't be confirmed", .confirm(amount: nil), .refused(.holdExpired, naming: .asset),
            target: .expiredHold),
        Row(
            "a refused authorise is no hold", .confirm(amount: nil), .refused(.invalidTarget, naming: .asset),
            target: .refused(.authorise)),
        Row(
            "a debit is no hold", .confirm(amount: nil), .refused(.invalidTarget, naming: .nothing),
            target: .debited(amount: 3)),
        Row(
            "a credit is no hold", .confirm(amount: nil), .refused(.invalidTarget, naming: .nothing),
            target: .credited(amount: 3)),
        Row(
            "a refused debit is no hold", .confirm(amount: nil), .refused(.invalidTarget, naming: .nothing),
            target: .refused(.debit)),
        Row(
            "a rolled back debit is no hold", .confirm(amount: nil), .refused(.invalidTarget, naming: .nothing),
            target: .rolledBack(.debit)),
        Row(
            "a lock is no hold", .confirm(amount: nil), .refused(.invalidTarget, naming: .nothing), target: .other),
    ]

    static let rollbackRows = [
        Row("a rollback before the bet leaves a tombstone", .rollback(isForced: false), .tombstoned),
        Row(
            "a tombstone can't be rolled back", .rollback(isForced: true),
            .refused(.alreadyRolledBack, naming: .nothing), target: .tombstone),
        Row(
            "each command is rolled back once", .rollback(isForced: true),
            .refused(.alreadyRolledBack, naming: .asset), target: .rolledBack(.credit)),
        Row(
            "a transfer can't be rolled back", .rollback(isForced: true),
            .refused(.invalidTarget, naming: .nothing), target: .other),
        Row(
            "an open hold is released", .rollback(isForced: false), .rolledBack(.openHold, amount: 9),
            target: .openHold(amount: 9)),
        Row(
            "a confirmed hold is paid back as far as it was taken", .rollback(isForced: false),
            .rolledBack(.confirmedHold, amount: 4), target: .confirmedHold(taken: 4)),
        Row(
            "a debit is paid back, whatever the lock", .rollback(isForced: false), .rolledBack(.debit, amount: 3),
            locked: true, target: .debited(amount: 3)),
        Row(
            "a pay-back does not pass the bound", .rollback(isForced: false),
            .refused(.amountOverflow, naming: .asset), balance: max - 2, target: .debited(amount: 3)),
        Row(
            "a credit is taken back", .rollback(isForced: false), .rolledBack(.credit, amount: 3), balance: 3,
            target: .credited(amount: 3)),
        Row(
            "a credit that was spent can't be taken back", .rollback(isForced: false),
            .refused(.insufficientFunds, naming: .asset), balance: 5, held: 3, target: .credited(amount: 3)),
        Row(
            "force takes a credit back below zero", .rollback(isForced: true), .rolledBack(.credit, amount: 3),
            balance: 1, target: .credited(amount: 3)),
        Row(
            "force has its bound too", .rollback(isForced: true), .refused(.amountOverflow, naming: .asset),
            balance: -max + 2, target: .credited(amount: 3)),
        Row(
            "an expired hold has nothing to undo", .rollback(isForced: false), .rolledBack(.expiredHold, amount: 0),
            target: .expiredHold),
        Row(
            "a refused credit has nothing to undo", .rollback(isForced: false),
            .rolledBack(.refusedCredit, amount: 0), target: .refused(.credit)),
        Row(
            "a refused debit has nothing to undo", .rollback(isForced: false),
            .rolledBack(.refusedDebit, amount: 0), target: .refused(.debit)),
        Row(
            "a refused authorise has nothing to undo", .rollback(isForced: false),
            .rolledBack(.refusedAuthorise, amount: 0), target: .refused(.authorise)),
    ]

    static let lockRows = [
        Row("a lock locks", .lock, .locked),
        Row("a lock may be repeated", .lock, .locked, locked: true),
        Row("an unlock unlocks", .unlock, .unlocked, locked: true),
    ]

    @Test("decides", arguments: creditRows + takeRows + exchangeRows + confirmRows + rollbackRows + lockRows)
    func decides(row: Row) {
        #expect(decide(row.command, in: row.situation) == row.decision)
    }

    @Test("an exchange equals exact arithmetic", arguments: 0..<200)
    func exactExchange(seed: UInt64) {
        var random = SystemRandomNumberGenerator()
        let amount = Int64.random(in: 1...Amount.max, using: &random) >> Int64(seed % 50)
        let numerator = Int64.random(in: 1...Amount.max, using: &random) >> Int64(seed % 40)
        let denominator = Int64.random(in: 1...Amount.max, using: &random) >> Int64(seed % 30)
        guard denominator > 0 else { return }
        let exact = UInt128(amount) * UInt128(numerator) / UInt128(denominator)
        let expected = exact <= UInt128(Amount.max) ? Int64(exact) : nil
        #expect(Amount.exchanged(amount, numerator: numerator, denominator: denominator) == expected)
    }

    @Test("raw values that are in logs never change")
    func rawValues() {
        #expect(
            EventKind.allCases.map { "\($0.rawValue) \($0.name)" } == [
                "1 credited", "2 debited", "3 authorised", "4 confirmed", "5 rolled_back", "6 tombstoned",
                "7 transferred", "8 received", "9 exchanged", "10 locked", "11 unlocked", "12 hold_expired",
                "13 refused",
            ])
        #expect(
            Operation.allCases.map { "\($0.rawValue) \($0.name)" } == [
                "1 credit", "2 debit", "3 authorise", "4 confirm", "5 rollback", "6 transfer", "7 exchange",
                "8 lock", "9 unlock",
            ])
        #expect(
            Refusal.allCases.map { "\($0.rawValue) \($0.name)" } == [
                "1 target_rolled_back", "2 amount_overflow", "3 player_locked", "4 insufficient_funds",
                "5 unknown_target", "6 already_confirmed", "7 already_rolled_back", "8 hold_expired",
                "9 invalid_target", "10 amount_exceeds_hold", "11 unknown_recipient", "12 amount_too_small",
                "64 invalid_request", "65 unknown_asset", "66 unknown_player", "67 request_id_reused",
                "68 rolled_back",
            ])
        #expect(CreditKind.allCases.map(\.name) == ["deposit", "win", "refund", "promo", "adjustment"])
        #expect(DebitKind.allCases.map(\.name) == ["bet", "withdrawal", "fee", "adjustment"])
        #expect(CreditKind.allCases.map(\.rawValue) == [1, 2, 3, 4, 5])
        #expect(DebitKind.allCases.map(\.rawValue) == [16, 17, 18, 19])
        #expect(Undone.allCases.map(\.rawValue) == [1, 2, 3, 4, 5, 6, 7, 8])
    }
}
