import Holdfast
import HoldfastAudit
import HoldfastText

struct ExplainVerb: Verb {
    static let manual = Manual(
        name: "explain", summary: "Prints a player's log as a statement that people can read.",
        description: """
            One line an event: when, what moved, the balance and what was held afterwards, and what happened in words. \
            Then what the period opened with, sums by what it was, and the wallet at the end.
            """,
        arguments: [
            .required("DIR", "the ledger's directory"), .required("TENANT", "the brand"),
            .required("PLAYER", "the player's id"),
        ],
        options: [
            .time("from", "begins with events of this time"), .time("to", "ends with events of this time"),
        ],
        example: "holdfast explain ledger evian p1 --from 2026-01-01T00:00:00Z")

    private let directory: String
    private let player: Player
    private let from: Int64?
    private let to: Int64?

    init(_ values: ParsedOptions) throws(UsageError) {
        directory = values.text("DIR")
        player = Player(values.text("PLAYER"), of: values.text("TENANT"))
        from = values.millisecondsIfGiven("from")
        to = values.millisecondsIfGiven("to")
        if let from, let to, from > to { throw UsageError("--from is later than --to") }
    }

    func run() async throws -> ExitCode {
        let files = try LedgerFiles(directory)
        var output = BufferedWriter.standardOutput()
        guard try StatementText.print(player, of: files, from: from, to: to, to: &output) else {
            throw Failure("player \(player.id) of \(player.tenant) has no events")
        }
        try output.flush()
        return .done
    }
}
