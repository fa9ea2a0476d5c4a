package import Holdfast
package import HoldfastText
internal import HoldfastWallet

/// A statement on a page of plain text, line by line as the log goes by.
package struct StatementText: ~Copyable {
    private var text = TextBuffer(capacity: 1 << 18)
    private var money: MoneyTable
    /// What stands in the column that is being written.
    private var cell = TextBuffer(capacity: 64)
    private var spaces = 0
    private static let pieceBytes = 1 << 17

    /// Prints a player's statement; false when the player has no events.
    package static func print(
        _ player: Player, of files: LedgerFiles, from: Int64?, to: Int64?, to output: inout BufferedWriter
    ) throws -> Bool {
        var page = StatementText(MoneyTable(files.configuration.assets))
        page.begin(player, from: from, to: to)
        let statement = try Statement(of: player, in: files, from: from, to: to) { line in
            page.put(line)
            if page.text.count > pieceBytes { try page.flush(to: &output) }
        }
        guard let statement else { return false }
        page.end(statement)
        try page.flush(to: &output)
        return true
    }

    private init(_ money: MoneyTable) { self.money = money }

    private mutating func flush(to output: inout BufferedWriter) throws {
        try output.write(text)
        text.removeAll()
    }

    private mutating func begin(_ player: Player, from: Int64?, to: Int64?) {
        text.put("Statement of player \(player.id) of \(player.tenant)".visible() + "\n")
        if from != nil || to != nil {
            text.put("Period:")
            if let from { text.put(" from \(EventWords.time(from))") }
            if let to { text.put(" to \(EventWords.time(to))") }
            text.put("\n")
        }
        text.put("Times are in UTC.\n\n")
        headings()
    }

    private mutating func put(_ line: Statement.Line) {
        var isFirst = true
        for change in line.changes {
            begin(line, isFirst)
            if change.delta != 0 {
                if change.delta > 0 { cell.put(byte: UInt8(ascii: "+")) }
                putCell(change.delta, change.asset)
            }
            column(18)
            putCell(change.balance, change.asset)
            column(18)
            if change.held != 0 { putCell(change.held, change.asset) }
            column(16)
            end(isFirst ? line.words.visible() : "")
            isFirst = false
        }
        if !isFirst { return }
        begin(line, true)
        for width in [18, 18, 16] { column(width) }
        end(line.words.visible())
    }

    /// Time and number, only on the first row of an event.
    private mutating func begin(_ line: Statement.Line, _ isFirst: Bool) {
        if isFirst { text.put(EventWords.time(line.time)) } else { spaces += 23 }
        if isFirst { cell.put(line.seq) }
        column(6)
    }

    private mutating func putCell(_ minorUnits: Int64, _ asset: AssetName) {
        cell.putMoney(minorUnits, exponent: money.exponent(of: asset))
        cell.put(byte: UInt8(ascii: " "))
        asset.withBytes { cell.put($0) }
    }

    private mutating func end(_ statement: Statement) {
        text.put("\n\(Human.count(statement.lines)) events\n")
        if statement.firstSeq > 1 {
            text.put("The events before seq \(statement.firstSeq) were given up by the log; the archive has them.\n")
        }
        for purse in statement.opening {
            text.put("opening  \(money.text(purse.balance, purse.asset))")
            if purse.held != 0 { text.put(", of that held \(money.digits(purse.held, purse.asset))") }
            text.put("\n")
        }
        for line in FlowText.lines(statement.flows, &money) { text.put("  \(line)\n") }
        guard let wallet = statement.closing else { return text.put("closing  no events by then\n") }
        for funds in wallet.funds {
            guard let asset = AssetName(funds.asset) else { continue }
            text.put("closing  \(money.text(funds.balance, asset))")
            if funds.held != 0 {
                text.put(", of that held \(money.digits(funds.held, asset)), ")
                text.put("available \(money.digits(funds.available, asset))")
            }
            text.put("\n")
        }
        if wallet.isLocked { text.put("the wallet is locked\n") }
        for hold in wallet.holds {
            guard let asset = AssetName(hold.asset) else { continue }
            let amount = money.text(hold.amount, asset)
            text.put("open hold \(hold.requestID.visible())  \(amount), ends \(EventWords.time(hold.expiresAt))\n")
        }
    }

    private mutating func headings() {
        text.put("time")
        spaces += 19
        for (name, width) in [("seq", 6), ("amount", 18), ("balance", 18), ("held", 16)] {
            cell.put(name)
            column(width)
        }
        end("what happened")
    }

    /// Ends a column with what is in the cell. Numbers align on the right; what has no bound stands last.
    private mutating func column(_ width: Int) {
        spaces += 2 + max(0, width - cell.count)
        if cell.count == 0 { return }
        putSpaces()
        cell.withBytes { text.put($0) }
        cell.removeAll()
    }

    private mutating func end(_ what: String) {
        if !what.isEmpty {
            spaces += 2
            putSpaces()
            text.put(what)
        }
        spaces = 0
        text.put("\n")
    }

    /// Spaces wait until something stands behind them: no line ends in any.
    private mutating func putSpaces() {
        for _ in 0..<spaces { text.put(byte: UInt8(ascii: " ")) }
        spaces = 0
    }
}

/// What moved, one line for each sort of event and asset.
enum FlowText {
    static func lines(_ flows: [Statement.Flow], _ money: inout MoneyTable) -> [String] {
        var lines: [String] = []
        for flow in flows where flow.sum != 0 {
            let name = String(flow.name.map { $0 == "_" ? " " : $0 })
            let sum = "\(money.digits(flow.sum, flow.asset)) \(flow.asset)"
            var line = TextColumn.pad(name, 15) + TextColumn.padLeft(Human.count(flow.count), 9) + " ×"
            line += TextColumn.padLeft(sum, 24)
            if flow.effect != 0 {
                let sign = flow.effect > 0 ? "+" : ""
                line += "   balance \(sign)\(money.digits(flow.effect, flow.asset))"
            }
            lines.append(line)
        }
        return lines
    }
}
