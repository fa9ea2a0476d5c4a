package import Holdfast
internal import HoldfastLog
package import HoldfastWallet

/// A player's log as a statement: what was there at the beginning, what happened, what is there at the end.
package struct Statement: Sendable {
    package struct Purse: Sendable, Equatable {
        package var asset: AssetName
        package var balance: Int64
        package var held: Int64
    }

    /// What an event did to one purse.
    package struct Change: Sendable, Equatable {
        package var asset: AssetName
        package var delta: Int64
        package var balance: Int64
        package var held: Int64
    }

    package struct Line: Sendable {
        package var seq: UInt64
        package var position: UInt64
        package var time: Int64
        package var event: EventKind
        package var words: String
        /// None, one, or of an exchange two.
        package var changes: [Change]
    }

    /// Sums of what moved, by what it was.
    package struct Flow: Sendable, Equatable {
        package var name: String
        package var asset: AssetName
        package var count: Int
        /// Of the amounts.
        package var sum: Int128
        /// What that did to balances.
        package var effect: Int128
    }

    package let player: Player
    package let from: Int64?
    package let to: Int64?
    /// As the events before the period left them.
    package private(set) var opening: [Purse] = []
    /// Nil where the player's log begins later.
    package private(set) var closing: Wallet?
    package private(set) var flows: [Flow] = []
    package private(set) var lines = 0
    package private(set) var firstTime: Int64?
    package private(set) var lastTime: Int64?
    /// With which event the player's log begins: a later one than the first where the log has given up its beginning.
    package private(set) var firstSeq: UInt64 = 1
    package let money: MoneyTable

    /// Reads the player's log; `each` sees every line of the period as it comes, in words for this reader. Nil when the
    /// player has no events, and none that the log has given up.
    package init?(
        of player: Player, in files: LedgerFiles, from: Int64? = nil, to: Int64? = nil,
        for reader: MoneyTable.Reader = .plainText, each: (Line) throws -> Void = { _ in }
    ) throws {
        self.player = player
        self.from = from
        self.to = to
        money = MoneyTable(files.configuration.assets, for: reader)
        var replay = PlayerReplay(player, files.configuration)
        var reading = Reading(EventWords(money))
        var failure: (any Error)?
        var first: UInt64?
        try files.forEachRecord(of: player) { (record, address) throws(LedgerError) in
            first = first ?? record.revision
            if let to, record.time > to { return false }
            if first == 1 { try replay.apply(record, at: address) } else { reading.beginsLate = true }
            let event = try WalletEvent(reading: record)
            guard record.time >= from ?? .min else {
                reading.passOver(event)
                return true
            }
            do { try each(reading.line(event, at: record.position)) } catch { failure = error }
            return failure == nil
        }
        if let failure { throw failure }
        let wallet = first == 1 ? replay.wallet() : try files.wallet(of: player, asOf: to ?? .max)
        // Without an event in the log there may have been some that it has given up: then there is a wallet.
        guard let first = first ?? wallet.map({ $0.seq + 1 }) else { return nil }
        firstSeq = first
        if first > 1 { reading.openUntouched(wallet) }
        opening = reading.opening.sorted { $0.asset < $1.asset }
        flows = reading.flows.flows
        lines = reading.lines
        firstTime = reading.firstTime
        lastTime = reading.lastTime
        closing = to.map { time in wallet?.withHoldsEnded(by: time) } ?? wallet
    }
}

/// What is gathered while a player's log goes by.
private struct Reading {
    private var words: EventWords
    private(set) var opening: [Statement.Purse] = []
    private(set) var flows = FlowTable()
    private(set) var lines = 0
    private(set) var firstTime: Int64?
    private(set) var lastTime: Int64?

    /// Events before the first that is left were given up: what they led to shows in those that follow.
    var beginsLate = false

    init(_ words: EventWords) { self.words = words }

    /// An event before the period: it only says what the period opens with.
    mutating func passOver(_ event: borrowing WalletEvent) {
        let rows = EventRows(of: event, position: 0)
        for row in [rows.first, rows.second] {
            guard let row, let asset = row.asset.flatMap({ AssetName($0) }) else { continue }
            let purse = Statement.Purse(asset: asset, balance: row.balanceAfter ?? 0, held: row.heldAfter ?? 0)
            if let index = opening.firstIndex(where: { $0.asset == asset }) {
                opening[index] = purse
            } else {
                opening.append(purse)
            }
        }
    }

    /// A purse that is met for the first time opened with what it had before.
    private mutating func open(_ rows: EventRows) {
        for row in [rows.first, rows.second] {
            guard let row, let asset = row.asset.flatMap({ AssetName($0) }),
                !opening.contains(where: { $0.asset == asset })
            else { continue }
            opening.append(
                Statement.Purse(
                    asset: asset, balance: (row.balanceAfter ?? 0) - (row.balanceDelta ?? 0),
                    held: (row.heldAfter ?? 0) - (row.heldDelta ?? 0)))
        }
    }

    /// A purse that no event up to the end of the period was about had then what it has now.
    mutating func openUntouched(_ wallet: Wallet?) {
        for funds in wallet?.funds ?? [] {
            guard let asset = AssetName(funds.asset), !opening.contains(where: { $0.asset == asset }) else { continue }
            opening.append(Statement.Purse(asset: asset, balance: funds.balance, held: funds.held))
        }
    }

    mutating func line(_ event: borrowing WalletEvent, at position: UInt64) -> Statement.Line {
        lines += 1
        if firstTime == nil { firstTime = event.time }
        lastTime = event.time
        let rows = EventRows(of: event, position: position)
        let line = Statement.Line(event, rows, &words)
        flows.add(event)
        if beginsLate { open(rows) }
        return line
    }
}

extension Statement.Line {
    init(_ event: borrowing WalletEvent, _ rows: EventRows, _ words: inout EventWords) {
        seq = event.seq
        position = rows.first.position
        time = event.time
        self.event = event.kind
        self.words = words.sentence(event)
        changes = []
        for row in [rows.first, rows.second] {
            guard let row, let asset = row.asset.flatMap({ AssetName($0) }) else { continue }
            changes.append(
                Statement.Change(
                    asset: asset, delta: row.balanceDelta ?? 0, balance: row.balanceAfter ?? 0,
                    held: row.heldAfter ?? 0))
        }
    }
}
