import Holdfast
import HoldfastAudit
import HoldfastText

struct ExplainVerb: Verb {
    static let manual = Manual(
        name: "explain", summary: "Prints a player's log as a statement that people can read.",
        description: """
            One line an event: when, what moved, the balance and what was held afterwards, and what happened in words. \
            Then what the period opened with, sums by what it was, and the wallet at the end. With --html the same as \
            one page that needs nothing else, with the balances plotted.
            """,
        arguments: [
            .required("DIR", "the ledger's directory"), .required("TENANT", "the brand"),
            .required("PLAYER", "the player's id"),
        ],
        options: [
            .time("from", "begins with events of this time"), .time("to", "ends with events of this time"),
            .text("html", "FILE", "writes a page instead"),
            .integer(
                "proofs", "N", 0...5000, "of how many of the newest events the page has the proof", default: 100),
        ],
        example: "holdfast explain ledger evian p1 --html p1.html --proofs 20")

    private let directory: String
    private let player: Player
    private let from: Int64?
    private let to: Int64?
    private let html: String?
    private let proofs: Int

    init(_ values: ParsedOptions) throws(UsageError) {
        directory = values.text("DIR")
        player = Player(values.text("PLAYER"), of: values.text("TENANT"))
        from = values.millisecondsIfGiven("from")
        to = values.millisecondsIfGiven("to")
        html = values.textIfGiven("html")
        proofs = values.integer("proofs")
        if let from, let to, from > to { throw UsageError("--from is later than --to") }
        if html == nil, values.isGiven("proofs") { throw UsageError("--proofs goes with --html") }
    }

    func run() async throws -> ExitCode {
        let file = try html.map { path in try OutputFile(path) }
        let files = try LedgerFiles(directory)
        let nobody = Failure("player \(player.id) of \(player.tenant) has no events")
        if let file {
            let progress = Progress.onStandardError("prove", unit: .bytes)
            let page = try StatementPage.html(
                player, of: files, directory: directory, from: from, to: to, proofs: proofs
            ) { progress.advance(by: $0) }
            progress.finish()
            guard let page else { throw nobody }
            try file.write(page)
            return .done
        }
        var output = BufferedWriter.standardOutput()
        guard try StatementText.print(player, of: files, from: from, to: to, to: &output) else { throw nobody }
        try output.flush()
        return .done
    }
}
