package import Holdfast
internal import HoldfastText
internal import HoldfastWallet

/// The story of a request as a page: what became of it, the balances meanwhile, where each event stands, and the proof
/// that it stands there.
package struct StoryPage {
    private let story: RequestStory
    private let proofs: PageProofs
    private var money: MoneyTable
    private var page: Page

    /// `directory` is the ledger's, for the commands on the page. Balances are plotted from the story's first event to
    /// its last, with all that else happened in between.
    package static func html(_ story: RequestStory, of files: LedgerFiles, directory: String) throws -> String {
        var page = StoryPage(story, files, directory)
        page.buildTiles()
        try page.buildPlot(files)
        page.buildEvents()
        page.buildPlaces()
        try page.proofs.write(story.steps.compactMap { step in step.proof.map { (step.line, $0) } }, to: &page.page)
        page.page.footer = "Made by holdfast story from the ledger's log."
        return page.page.html
    }

    private init(_ story: RequestStory, _ files: LedgerFiles, _ directory: String) {
        self.story = story
        proofs = PageProofs(player: story.player, directory: directory)
        money = MoneyTable(files.configuration.assets, for: .page)
        page = Page(
            "Request \(story.requestID): \(story.stateWords)",
            subtitle: "Player \(story.player.id) of tenant \(story.player.tenant). Times are in UTC.")
    }

    private mutating func buildTiles() {
        var tiles = [(label: "became", value: story.stateWords)]
        let own = story.steps.last { $0.role == .command || $0.role == .received }
        if let amount = own?.amount, let asset = own?.line.changes.first?.asset {
            tiles.append(("amount", money.text(amount, asset)))
        }
        tiles.append(("events", Human.count(story.steps.count)))
        if let (first, last) = span {
            tiles.append(("from the first to the last", Human.duration(milliseconds: last - first)))
        }
        page.tiles(tiles)
        if let ends = story.expiresAt { page.paragraph("The hold ends \(EventWords.time(ends)).") }
    }

    /// From the story's first event to its last; nil where no time lies between them.
    private var span: (first: Int64, last: Int64)? {
        guard let first = story.steps.first?.line.time, let last = story.steps.last?.line.time, first < last else {
            return nil
        }
        return (first, last)
    }

    private mutating func buildPlot(_ files: LedgerFiles) throws {
        guard let span else { return }
        let assets = Set(story.steps.flatMap(\.line.changes).map(\.asset))
        var plot = BalancePlot()
        _ = try Statement(of: story.player, in: files, from: span.first, to: span.last) { line in
            var line = line
            line.changes.removeAll { !assets.contains($0.asset) }
            plot.take(line)
        }
        page.heading("Balances meanwhile")
        for charts in plot.closeUps(&money) { page.charts(charts) }
    }

    private mutating func buildEvents() {
        page.heading("What happened")
        var events = EventTable(money, roles: true)
        for step in story.steps {
            events.add(
                step.line, role: step.role.words,
                linkedTo: step.proof == nil ? PageProofs.anchor : PageProofs.anchor(of: step.line))
        }
        page.table(events.table)
    }

    private mutating func buildPlaces() {
        page.heading("Where it stands")
        page.paragraph(
            "The batch's hash vouches for the event; the chain of hashes that verify computes leads through it.")
        var table = PageTable([
            .figures("seq"), .figures("position"), .words("file"), .figures("byte"), .figures("lane"),
            .figures("batch"), .brief("committed"), .digest("SHA-256 of the batch"),
        ])
        for step in story.steps {
            let place = step.location
            table.row([
                "\(step.line.seq)", "\(step.line.position)", place.file, "\(place.offset)", "\(place.lane)",
                "\(place.batch)", EventWords.time(place.batchTime), place.batchHash,
            ])
        }
        page.table(table)
        if story.steps.contains(where: \.location.isSealed) {
            page.note("Where a segment is sealed, the byte is that of the event before it was.")
        }
    }
}

extension RequestStory {
    /// The state as people read it: `rolled back`.
    var stateWords: String { state.split(separator: "_").joined(separator: " ") }
}

extension RequestStory.Role {
    fileprivate var words: String {
        switch self {
        case .command: "the request"
        case .actsOnIt: "acts on it"
        case .itsTarget: "its target"
        case .received: "the other half"
        }
    }
}
