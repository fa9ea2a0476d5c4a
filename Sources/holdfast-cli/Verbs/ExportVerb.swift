import Holdfast
import HoldfastAudit
import HoldfastText

struct ExportVerb: Verb {
    static let manual = Manual(
        name: "export", summary: "Writes events for people's own tools.",
        description: """
            jsonl and csv are the rows of the domain's page. hledger is a plain-text-accounting journal that hledger \
            and ledger accept: each event a transaction between the player's accounts and the house, with what must \
            be there afterwards asserted. The same files give the same bytes each time.
            """,
        arguments: [.required("DIR", "the ledger's directory")],
        options: [
            .choice("format", of: LedgerExport.Format.self, "what to write", required: true),
            .text("tenant", "T", "only events of this tenant"),
            .text("player", "P", "only events of the player with this id"),
            .time("from", "only events of this time or later; a journal opens with the balances of then"),
            .time("to", "only events of this time or earlier"),
        ],
        example: "holdfast export ledger --format hledger > ledger.journal && hledger -f ledger.journal check")

    private let directory: String
    private let format: LedgerExport.Format
    private let selection: EventSelection

    init(_ values: ParsedOptions) throws(UsageError) {
        directory = values.text("DIR")
        format = values.choice("format", as: LedgerExport.Format.self)
        selection = EventSelection(
            tenant: values.textIfGiven("tenant"), player: values.textIfGiven("player"),
            from: values.millisecondsIfGiven("from"), to: values.millisecondsIfGiven("to"))
        if let from = selection.from, let to = selection.to, from > to {
            throw UsageError("--from is later than --to")
        }
    }

    func run() async throws -> ExitCode {
        let files = try LedgerFiles(directory)
        let progress = Progress.onStandardError("export", unit: .things("events"), total: Int(files.lastPosition))
        var output = BufferedWriter.standardOutput()
        let count = try LedgerExport(files, selection, as: format).write(to: &output) { progress.update(done: $0) }
        try output.flush()
        progress.finish()
        if count == 0, let player = selection.player {
            throw Failure("player \(player)\(selection.tenant.map { " of \($0)" } ?? "") has no such events")
        }
        return .done
    }
}
