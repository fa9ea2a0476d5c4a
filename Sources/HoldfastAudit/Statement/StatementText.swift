package import Holdfast
package import HoldfastText
internal import HoldfastWallet

/// A statement on a page of plain text, line by line as the log goes by.
package struct StatementText: ~Copyable {
    private var text = TextBuffer(capacity: 1 << 18)
    private var money: MoneyTable
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
        text.put("Statement of player \(player.id) of \(player.tenant)\n")
        if from != nil || to != nil {
            text.put("Period:")
            if let from { text.put(" from \(EventWords.time(from))") }
            if let to { text.put(" to \(EventWords.time(to))") }
            text.put("\n")
        }
        text.put("Times are in UTC.\n\n")
        row("time", "seq", "amount", "balance", "held", "what happened")
    }

    private mutating func put(_ line: Statement.Line) {
        guard let first = line.changes.first else {
            return row(EventWords.time(line.time), "\(line.seq)", "", "", "", line.words)
        }
        row(EventWords.time(line.time), "\(line.seq)", amount(first), balance(first), held(first), line.words)
        for change in line.changes.dropFirst() { row("", "", amount(change), balance(change), held(change), "") }
    }

    private mutating func amount(_ change: Statement.Change) -> String {
        change.delta == 0 ? "" : "\(money.signed(change.delta, change.asset)) \(change.asset)"
    }

    private mutating func balance(_ change: Statement.Change) -> String { money.text(change.balance, change.asset) }

    private mutating func held(_ change: Statement.Change) -> String {
        change.held == 0 ? "" : money.text(change.held, change.asset)
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
            text.put(
                "open hold \(hold.requestID)  \(money.text(hold.amount, asset)), ends \(EventWords.time(hold.expiresAt))\n"
            )
        }
    }

    /// Columns of numbers align on the right; what has no bound stands last.
    private mutating func row(
        _ time: String, _ seq: String, _ amount: String, _ balance: String, _ held: String, _ what: String
    ) {
        let line =
            TextColumn.pad(time, 23) + "  " + TextColumn.padLeft(seq, 6) + "  " + TextColumn.padLeft(amount, 18) + "  "
            + TextColumn.padLeft(balance, 18) + "  "
            + TextColumn.padLeft(held, 16) + "  " + what
        text.put(String(line.reversed().drop { $0 == " " }.reversed()))
        text.put("\n")
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

/// Text in columns.
enum TextColumn {
    static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    static func padLeft(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}
