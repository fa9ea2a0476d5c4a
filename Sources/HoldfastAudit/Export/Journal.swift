internal import HoldfastText
internal import HoldfastWallet

/// A plain-text-accounting journal that hledger and ledger accept: a third program that recomputes the books.
///
/// It is written from the players' side: what a wallet holds is positive. A player has two accounts, `wallets:T:P` with
/// what is available and `holds:T:P` with what is held; their sum is the balance. Against them stand `bank`, `house`,
/// `bonus`, `exchange` and `transfers` of the tenant. Every event that concerns an asset is one transaction that sums
/// to nothing, and asserts what the event says was there afterwards. Events that concern none are comments.
struct Journal: ~Copyable {
    var text = TextBuffer(capacity: 1 << 19)
    private var money: MoneyTable
    /// Whether events before the first are left out, so that opening balances are due.
    private let beginsLate: Bool
    private var declared: Set<String> = []
    /// Purses that were opened, where the journal begins late.
    private var opened: Set<[UInt8]> = []
    private var day: Int64 = .min
    private var dayText = ""

    init(assets: AssetRegistry, beginsLate: Bool) {
        money = MoneyTable(assets)
        self.beginsLate = beginsLate
    }

    mutating func begin(_ selection: EventSelection) {
        text.put(
            """
            ; Written by holdfast export --format hledger. Positive is what players own. Dates are days in UTC.
            ; Names are percent-encoded as in a URL.

            """ as StaticString)
        if selection.tenant != nil || selection.player != nil {
            text.put("; Only")
            if let tenant = selection.tenant { text.put(" tenant \(JournalName.encoded(tenant))") }
            if let player = selection.player { text.put(" player \(JournalName.encoded(player))") }
            text.put("\n")
        }
    }

    mutating func write(_ event: borrowing WalletEvent, position: UInt64) {
        let rows = EventRows(of: event, position: position)
        noteDay(event.time)
        text.put("\n")
        declarePlayerIfNew(event)
        guard let asset = rows.first.asset.flatMap({ AssetName($0) }), event.kind != .refused else {
            text.put("; ")
            writeHeading(event, position)
            return
        }
        declare(asset)
        let second = rows.second?.asset.flatMap { AssetName($0) }
        if let second { declare(second) }
        let counter = CounterAccount.of(event)
        if rows.first.balanceDelta != 0 { declare(account: counter, event.tenant) }
        if beginsLate {
            openIfNew(rows.first, asset, event)
            if let second, let row = rows.second { openIfNew(row, second, event) }
        }
        writeHeading(event, position)
        writePostings(rows.first, asset, counter, event)
        if let second, let row = rows.second { writePostings(row, second, counter, event) }
    }

    // MARK: Transactions

    private mutating func writeHeading(_ event: borrowing WalletEvent, _ position: UInt64) {
        text.put(dayText)
        text.put(" ")
        if event.requestID.count > 0 {
            text.put("(")
            JournalName.put(event.requestID, to: &text)
            text.put(") ")
        }
        text.put(event.kind.wireName)
        if let refusal = event.refusal {
            text.put(" ")
            text.put(refusal.wireName)
        } else if let kind = Kind.wireName(event.movement) {
            text.put(" ")
            text.put(kind)
        }
        text.put("  ; seq:")
        text.put(event.seq)
        text.put(", position:")
        text.put(position)
        text.put(", time:")
        text.putTime(event.time)
        put(tag: ", target:", event.target)
        put(tag: ", ref:", event.ref)
        put(tag: ", other:", event.other)
        text.put("\n")
    }

    private mutating func put(tag: StaticString, _ value: UnsafeRawBufferPointer) {
        guard value.count > 0 else { return }
        text.put(tag)
        JournalName.put(value, to: &text)
    }

    private mutating func writePostings(
        _ row: borrowing EventRow, _ asset: AssetName, _ counter: StaticString, _ event: borrowing WalletEvent
    ) {
        let (balance, held) = (row.balanceDelta ?? 0, row.heldDelta ?? 0)
        let (balanceAfter, heldAfter) = (row.balanceAfter ?? 0, row.heldAfter ?? 0)
        let movesNothing = balance == 0 && held == 0
        if balance != held || movesNothing {
            post("wallets", event.tenant, event.player, balance - held, asset, balanceAfter - heldAfter)
        }
        if held != 0 || movesNothing { post("holds", event.tenant, event.player, held, asset, heldAfter) }
        guard balance != 0 else { return }
        text.put("    ")
        Self.put(account: counter, event.tenant, to: &text)
        text.put("  ")
        put(-balance, asset)
        text.put("\n")
    }

    /// A posting to a player's account, with what must be there afterwards.
    private mutating func post(
        _ account: StaticString, _ tenant: UnsafeRawBufferPointer, _ player: UnsafeRawBufferPointer, _ amount: Int64,
        _ asset: AssetName, _ after: Int64
    ) {
        text.put("    ")
        Self.put(account: account, tenant, player, to: &text)
        text.put("  ")
        put(amount, asset)
        text.put(" = ")
        put(after, asset)
        text.put("\n")
    }

    /// Where earlier events are left out, a purse opens with what was there before its first one.
    private mutating func openIfNew(_ row: borrowing EventRow, _ asset: AssetName, _ event: borrowing WalletEvent) {
        var purse = Array(event.tenant) + [UInt8(ascii: "/")] + Array(event.player)
        asset.withBytes { purse += [UInt8(ascii: "/")] + Array($0) }
        guard opened.insert(purse).inserted else { return }
        let balance = (row.balanceAfter ?? 0) - (row.balanceDelta ?? 0)
        let held = (row.heldAfter ?? 0) - (row.heldDelta ?? 0)
        guard balance != 0 || held != 0 else { return }
        declare(account: "equity:opening", event.tenant)
        text.put(dayText)
        text.put(" opening balance\n")
        post("wallets", event.tenant, event.player, balance - held, asset, balance - held)
        if held != 0 { post("holds", event.tenant, event.player, held, asset, held) }
        text.put("    ")
        Self.put(account: "equity:opening", event.tenant, to: &text)
        text.put("  ")
        put(-balance, asset)
        text.put("\n\n")
    }

    // MARK: Parts

    private mutating func noteDay(_ time: Int64) {
        let date = CivilDate(milliseconds: time)
        guard date.daysSince1970 != day else { return }
        day = date.daysSince1970
        dayText = date.description
    }

    /// The amount, and the asset: in quotes unless it is all letters, as these programs want it.
    private mutating func put(_ amount: Int64, _ asset: AssetName) {
        text.putMoney(amount, exponent: money.exponent(of: asset))
        text.put(" ")
        Self.put(commodity: asset, to: &text)
    }

    private static func put(commodity asset: AssetName, to text: inout TextBuffer) {
        asset.withBytes { name in
            let isPlain = name.allSatisfy { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 }
            if !isPlain { text.put("\"") }
            text.put(name)
            if !isPlain { text.put("\"") }
        }
    }

    private static func put(
        account: StaticString, _ tenant: UnsafeRawBufferPointer, _ player: UnsafeRawBufferPointer? = nil,
        to text: inout TextBuffer
    ) {
        // `house:evian:bets`: the tenant stands behind the first part.
        let name = UnsafeRawBufferPointer(start: account.utf8Start, count: account.utf8CodeUnitCount)
        let colon = name.firstIndex(of: UInt8(ascii: ":")) ?? name.count
        text.put(UnsafeRawBufferPointer(rebasing: name[..<colon]))
        text.put(":")
        text.put(tenant)
        text.put(UnsafeRawBufferPointer(rebasing: name[colon...]))
        guard let player else { return }
        text.put(":")
        JournalName.put(player, to: &text)
    }

    // MARK: Declarations, so that the strict checks of these programs pass too

    private mutating func declare(_ asset: AssetName) {
        guard declared.insert(asset.description).inserted else { return }
        text.put("commodity ")
        Self.put(commodity: asset, to: &text)
        text.put("\n\n")
    }

    private mutating func declare(account: StaticString, _ tenant: UnsafeRawBufferPointer) {
        var name = TextBuffer(capacity: 64)
        Self.put(account: account, tenant, to: &name)
        guard declared.insert(name.text).inserted else { return }
        text.put("account ")
        Self.put(account: account, tenant, to: &text)
        text.put("\n\n")
    }

    /// With a player's first event. Only where that may be missing each player has to be remembered.
    private mutating func declarePlayerIfNew(_ event: borrowing WalletEvent) {
        if beginsLate {
            var key = TextBuffer(capacity: 128)
            Self.put(account: "wallets", event.tenant, event.player, to: &key)
            guard declared.insert(key.text).inserted else { return }
        } else if event.seq != 1 {
            return
        }
        text.put("account ")
        Self.put(account: "wallets", event.tenant, event.player, to: &text)
        text.put("\naccount ")
        Self.put(account: "holds", event.tenant, event.player, to: &text)
        text.put("\n\n")
    }
}

/// Names that may hold anything, for programs in which spaces, colons, brackets and semicolons have a meaning.
enum JournalName {
    /// Percent-encoded as in a URL: letters and digits of ASCII and `. _ @ + -` stand for themselves.
    static func put(_ name: UnsafeRawBufferPointer, to text: inout TextBuffer) {
        for byte in name {
            if isPlain(byte) {
                text.put(byte: byte)
            } else {
                text.put(byte: UInt8(ascii: "%"))
                text.put(byte: hexadecimal(byte >> 4))
                text.put(byte: hexadecimal(byte & 15))
            }
        }
    }

    static func encoded(_ name: String) -> String {
        var text = TextBuffer(capacity: 64)
        var name = name
        name.withUTF8 { put(UnsafeRawBufferPointer($0), to: &text) }
        return text.text
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "@"),
            UInt8(ascii: "+"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    private static func hexadecimal(_ digit: UInt8) -> UInt8 {
        digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "A") + digit - 10
    }
}

/// What stands against a player's accounts when their balance moves.
enum CounterAccount {
    static func of(_ event: borrowing WalletEvent) -> StaticString {
        switch event.kind {
        case .credited:
            switch CreditKind(rawValue: event.movement) {
            case .win: "house:wins"
            case .refund: "house:refunds"
            case .promo: "bonus:promo"
            case .adjustment: "house:adjustments"
            case .deposit, nil: "bank:deposits"
            }
        case .debited:
            switch DebitKind(rawValue: event.movement) {
            case .withdrawal: "bank:withdrawals"
            case .fee: "house:fees"
            case .adjustment: "house:adjustments"
            case .bet, nil: "house:bets"
            }
        case .confirmed: "house:bets"
        case .rolledBack: "house:rollbacks"
        case .transferred, .received: "transfers"
        case .exchanged: "exchange"
        case .authorised, .holdExpired, .tombstoned, .locked, .unlocked, .refused: "holds"
        }
    }
}
