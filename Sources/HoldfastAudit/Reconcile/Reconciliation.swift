package import Holdfast
internal import HoldfastLog
internal import HoldfastText
internal import HoldfastWallet

/// A provider's statement against the ledger: what is missing on either side, and what differs.
package struct Reconciliation: Sendable {
    package enum Sort: String, Sendable, CaseIterable {
        /// The statement has it, the ledger has no such request.
        case missingInLedger = "missing_in_ledger"
        /// The ledger moved money, the statement does not say so.
        case missingInStatement = "missing_in_statement"
        /// Both have it, with other amounts, times, assets.
        case differs
        /// The statement has it, the ledger refused it.
        case refused
        /// The statement has it more than once.
        case duplicate
    }

    package struct Item: Sendable {
        package var sort: Sort
        package var requestID: String
        /// Of the statement's row.
        package var line: Int?
        package var tenant: String?
        package var player: String?
        package var seq: UInt64?
        package var position: UInt64?
        /// `amount`, `time`, `asset`: in what they differ.
        package var field: String?
        package var statement: String?
        package var ledger: String?
    }

    package private(set) var items: [Item] = []
    package private(set) var counts: [Sort: Int] = [:]
    package private(set) var matched = 0
    package private(set) var eventsRead = 0
    package let statementRows: Int

    package var isGood: Bool { counts.values.allSatisfy { $0 == 0 } }

    package struct Options: Sendable {
        package var tenant: String?
        package var toleranceMilliseconds: Int64 = 2_000
        /// Of `kinds`, those that the provider knows of; empty for all that moved money.
        package var only: Set<String> = []
        package var itemsMax = 10_000

        package init() {}
    }

    /// What `Options.only` may name: the kinds of credits and debits, and the events that move money under the name of
    /// a request. Nothing else can be missing in a statement.
    package static let kinds: [String] = {
        let kinds = CreditKind.allCases.map(\.name) + DebitKind.allCases.filter { $0 != .adjustment }.map(\.name)
        let events: [EventKind] = [.credited, .debited, .confirmed, .rolledBack, .transferred, .exchanged]
        return kinds + events.map(\.name)
    }()

    package init(
        _ statement: ProviderStatement, with files: LedgerFiles, _ options: Options,
        progress: (Int) -> Void = { _ in }
    ) throws {
        statementRows = statement.rows.count
        var matching = Matching(statement, options, MoneyTable(files.configuration.assets))
        try files.forEachRecord(EventSelection(tenant: options.tenant), pause: progress) { record throws(LedgerError) in
            eventsRead += 1
            matching.take(try WalletEvent(reading: record), at: record.position)
        }
        matching.finish()
        items = matching.items
        counts = matching.counts
        matched = matching.matched
    }
}

/// The statement's rows by request, and what has been found for each.
private struct Matching {
    private let statement: ProviderStatement
    private let options: Reconciliation.Options
    private var money: MoneyTable
    /// Numbers of rows by request_id, and by player where the statement names them. By bytes: two spellings of "é" are
    /// two names.
    private var rows: [[UInt8]: [Int]] = [:]
    private var isFound: [Bool]
    private var isRefused: [Int: Refusal] = [:]
    private(set) var items: [Reconciliation.Item] = []
    private(set) var counts: [Reconciliation.Sort: Int] = [:]
    private(set) var matched = 0

    init(_ statement: ProviderStatement, _ options: Reconciliation.Options, _ money: MoneyTable) {
        self.statement = statement
        self.options = options
        self.money = money
        isFound = Array(repeating: false, count: statement.rows.count)
        for (number, row) in statement.rows.enumerated() {
            rows[Self.key(row.requestID, row.player), default: []].append(number)
        }
    }

    private static func isSame(_ a: ProviderStatement.Row, _ b: ProviderStatement.Row) -> Bool {
        a.amount == b.amount && a.asset == b.asset
    }

    private static func key(_ requestID: String, _ player: String? = nil) -> [UInt8] {
        player.map { Array($0.utf8) + [0] + Array(requestID.utf8) } ?? Array(requestID.utf8)
    }

    mutating func take(_ event: WalletEvent, at position: UInt64) {
        guard event.kind != .received, event.requestID.count > 0 else { return }
        let requestID = EventWords.text(event.requestID)
        let player = EventWords.text(event.player)
        let candidates = (rows[Self.key(requestID, player)] ?? []) + (rows[Self.key(requestID)] ?? [])
        if candidates.isEmpty { return noteMissing(event, requestID, player, position) }
        if event.kind == .refused {
            for number in candidates where !isFound[number] { isRefused[number] = event.refusal }
            return
        }
        // Of several rows under one name the one that fits best is the event's.
        let open = candidates.filter { !isFound[$0] }
        // Names are each player's own: what is under one name twice here must be there twice too.
        guard let number = open.first(where: { differences(event, $0, position).isEmpty }) ?? open.first else {
            return noteMissing(event, requestID, player, position)
        }
        isFound[number] = true
        let found = differences(event, number, position)
        if found.isEmpty { matched += 1 }
        for item in found { note(item) }
    }

    /// In what an event and a row of its name differ.
    private mutating func differences(
        _ event: WalletEvent, _ number: Int, _ position: UInt64
    ) -> [Reconciliation.Item] {
        let row = statement.rows[number]
        var found: [Reconciliation.Item] = []
        func differ(_ field: String, _ statement: String, _ ledger: String) {
            found.append(
                Reconciliation.Item(
                    sort: .differs, requestID: row.requestID, line: row.line, tenant: EventWords.text(event.tenant),
                    player: EventWords.text(event.player), seq: event.seq, position: position, field: field,
                    statement: statement, ledger: ledger))
        }
        if let asset = AssetName(event.asset) {
            if let named = row.asset, named.uppercased() != asset.description.uppercased() {
                differ("asset", named, asset.description)
            }
            let exponent = money.exponent(of: asset)
            let amount = row.amount.minorUnits(exponent: statement.areMinorUnits ? 0 : exponent)
            if amount != event.amount {
                let said =
                    statement.areMinorUnits ? amount.map { money.text($0, asset) } ?? row.amountText : row.amountText
                differ("amount", said, money.text(event.amount, asset))
            }
        }
        if let time = row.time, !isNear(time, event.time) {
            differ("time", RFC3339.text(time), RFC3339.text(event.time))
        }
        return found
    }

    /// The ledger moved money under a name that the statement doesn't have. A confirm also answers to its hold's name.
    private mutating func noteMissing(
        _ event: WalletEvent, _ requestID: String, _ player: String, _ position: UInt64
    ) {
        let effect = event.effect
        guard effect.balance != 0, isWanted(event) else { return }
        if let period = statement.period {
            let time = min(max(event.time, period.lowerBound), period.upperBound)
            guard isNear(time, event.time) else { return }
        }
        if event.target.count > 0 {
            let target = EventWords.text(event.target)
            let rowsOfHold = rows[Self.key(target, player)] ?? rows[Self.key(target)]
            if event.kind == .confirmed, rowsOfHold != nil { return }
        }
        var amount = "\(event.amount)"
        if let asset = AssetName(event.asset) { amount = money.text(event.amount, asset) }
        note(
            Reconciliation.Item(
                sort: .missingInStatement, requestID: requestID, tenant: EventWords.text(event.tenant), player: player,
                seq: event.seq, position: position,
                ledger: "\(event.kind.name) \(amount) at \(RFC3339.text(event.time))"))
    }

    /// Within the tolerance. Two times may lie further apart than a number can say.
    private func isNear(_ a: Int64, _ b: Int64) -> Bool {
        let (apart, isTooFar) = a.subtractingReportingOverflow(b)
        return !isTooFar && apart.magnitude <= options.toleranceMilliseconds.magnitude
    }

    private func isWanted(_ event: WalletEvent) -> Bool {
        if options.only.isEmpty || options.only.contains(event.kind.name) { return true }
        return Kind.wireName(event.movement).map { options.only.contains($0.description) } ?? false
    }

    mutating func finish() {
        for (number, row) in statement.rows.enumerated() where !isFound[number] {
            let alike = rows[Self.key(row.requestID, row.player)]?.first { Self.isSame(statement.rows[$0], row) }
            if let alike, alike < number {
                note(
                    Reconciliation.Item(
                        sort: .duplicate, requestID: row.requestID, line: row.line, player: row.player,
                        statement: "also on line \(statement.rows[alike].line)"))
                continue
            }
            let refusal = isRefused[number]
            note(
                Reconciliation.Item(
                    sort: refusal == nil ? .missingInLedger : .refused, requestID: row.requestID, line: row.line,
                    player: row.player, statement: row.amountText + (row.asset.map { " \($0)" } ?? ""),
                    ledger: refusal?.name))
        }
    }

    private mutating func note(_ item: Reconciliation.Item) {
        counts[item.sort, default: 0] += 1
        if items.count < options.itemsMax { items.append(item) }
    }
}
