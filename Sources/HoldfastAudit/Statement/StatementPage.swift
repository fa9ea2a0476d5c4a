package import Holdfast
internal import HoldfastLog
internal import HoldfastText
internal import HoldfastWallet

/// A player's statement as a page: balances plotted over time, every event in words, and how each is proven.
package struct StatementPage {
    private var page: Page
    private var money: MoneyTable
    private let player: Player
    private let directory: String
    private let proofs: Int
    private var lines: [Statement.Line] = []
    private var plot = BalancePlot()

    /// Events that a page lists; a longer log is for `explain` without a page.
    package static let linesMax = 5_000

    /// The page as HTML; nil when the player has no events. `proofs` is for how many of the newest events the proof
    /// itself is put into the page.
    package static func html(
        _ player: Player, of files: LedgerFiles, directory: String, from: Int64?, to: Int64?, proofs: Int,
        progress: @escaping (Int) -> Void = { _ in }
    ) throws -> String? {
        var page = StatementPage(player, files, directory, proofs)
        let statement = try Statement(of: player, in: files, from: from, to: to, for: .page) { page.take($0) }
        guard let statement else { return nil }
        try page.build(statement, files, Prover(files, progress: progress))
        return page.page.html
    }

    private init(_ player: Player, _ files: LedgerFiles, _ directory: String, _ proofs: Int) {
        self.player = player
        self.directory = directory
        self.proofs = proofs
        money = MoneyTable(files.configuration.assets, for: .page)
        page = Page("Statement of player \(player.id)", subtitle: "Tenant \(player.tenant). Times are in UTC.")
    }

    private mutating func take(_ line: Statement.Line) {
        lines.append(line)
        // Twice the room, so that cutting down is rare.
        if lines.count > 2 * Self.linesMax { lines.removeFirst(Self.linesMax) }
        plot.take(line)
    }

    private mutating func build(_ statement: Statement, _ files: LedgerFiles, _ prover: Prover) throws {
        if lines.count > Self.linesMax { lines.removeFirst(lines.count - Self.linesMax) }
        buildTiles(statement)
        buildCharts()
        buildFlows(statement)
        buildHolds(statement)
        try buildEvents(statement, prover)
        page.footer = "Made by holdfast explain from the ledger's log, \(Human.count(statement.lines)) events."
    }

    private mutating func buildTiles(_ statement: Statement) {
        var tiles: [(String, String)] = []
        for funds in statement.closing?.funds ?? [] {
            guard let asset = AssetName(funds.asset) else { continue }
            tiles.append(("balance", money.text(funds.balance, asset)))
            if funds.held != 0 { tiles.append(("of that held", money.text(funds.held, asset))) }
        }
        tiles.append(("events", Human.count(statement.lines)))
        page.tiles(tiles.map { (label: $0.0, value: $0.1) })
        if let first = statement.firstTime, let last = statement.lastTime {
            page.paragraph("From \(EventWords.time(first)) to \(EventWords.time(last)).")
        }
        if statement.firstSeq > 1 {
            page.paragraph(
                "The events before seq \(statement.firstSeq) were given up by the log; the archive has them.")
        }
        if statement.closing?.isLocked == true { page.paragraph("The wallet is locked.") }
    }

    private mutating func buildCharts() {
        page.heading("Balances")
        for chart in plot.charts(&money) { page.chart(chart) }
    }

    private mutating func buildFlows(_ statement: Statement) {
        page.heading("What moved")
        var table = PageTable([
            .words("what"), .words("asset"), .figures("events"), .figures("sum"), .figures("balance"),
        ])
        for purse in statement.opening {
            table.row(["opening", "\(purse.asset)", "", "", money.digits(purse.balance, purse.asset)])
        }
        for flow in statement.flows {
            let effect = flow.effect == 0 ? "" : (flow.effect > 0 ? "+" : "") + money.digits(flow.effect, flow.asset)
            table.row([
                String(flow.name.map { $0 == "_" ? " " : $0 }), "\(flow.asset)", Human.count(flow.count),
                money.digits(flow.sum, flow.asset), effect,
            ])
        }
        for funds in statement.closing?.funds ?? [] {
            guard let asset = AssetName(funds.asset) else { continue }
            table.sum(["closing", "\(asset)", "", "", money.digits(funds.balance, asset)])
        }
        page.table(table)
    }

    private mutating func buildHolds(_ statement: Statement) {
        guard let holds = statement.closing?.holds, !holds.isEmpty else { return }
        page.heading("Open holds")
        var table = PageTable([.words("request"), .figures("amount"), .brief("ends")])
        for hold in holds {
            guard let asset = AssetName(hold.asset) else { continue }
            table.row([hold.requestID, money.text(hold.amount, asset), EventWords.time(hold.expiresAt)])
        }
        page.table(table)
    }

    private mutating func buildEvents(_ statement: Statement, _ prover: Prover) throws {
        page.heading("Events")
        if lines.count < statement.lines {
            page.note("The newest \(Human.count(lines.count)) of \(Human.count(statement.lines)); explain prints all.")
        }
        let proven = lines.suffix(proofs)
        let firstProven = proven.first?.seq ?? .max
        var events = EventTable(money)
        for line in lines {
            events.add(
                line, linkedTo: line.seq >= firstProven ? PageProofs.anchor(of: line) : PageProofs.anchor)
        }
        page.table(events.table)
        try PageProofs(player: player, directory: directory).write(prove(Array(proven), prover), to: &page)
    }

    /// Those of the lines that can be proven, with their proofs: one pass of the player's log gathers the records.
    private func prove(
        _ lines: [Statement.Line], _ prover: Prover
    ) throws -> [(line: Statement.Line, proof: InclusionProof)] {
        guard let first = lines.first?.seq, let last = lines.last?.seq else { return [] }
        var records: [UInt64: (record: [UInt8], address: UInt64)] = [:]
        try prover.files.forEachRecord(of: player) { (record, address) throws(LedgerError) in
            if record.revision >= first { records[record.revision] = (Array(record.bytes), address) }
            return record.revision < last
        }
        let lane = prover.files.lane(of: player)
        var proofs: [(line: Statement.Line, proof: InclusionProof)] = []
        for line in lines {
            guard let (record, address) = records[line.seq],
                let proof = try prover.inclusion(of: record, at: address, lane: lane)
            else { continue }
            proofs.append((line, proof))
        }
        return proofs
    }
}
