import Holdfast
import HoldfastAudit
import HoldfastText

struct StoryVerb: Verb {
    static let manual = Manual(
        name: "story", summary: "Tells what became of one request.",
        description: """
            Every event of the player's log that the request caused, that acted on it (a confirm, a rollback, an \
            expiry) or that it acted on, with its place: position, lane, batch and the batch's hash, file and byte; and \
            with the proof that it stands there, for the roots of now. In --json each proof is what `prove` writes. With \
            --html the same as one page that needs nothing else, with the balances meanwhile plotted.
            """,
        arguments: [
            .required("DIR", "the ledger's directory"), .required("TENANT", "the brand"),
            .required("PLAYER", "the player's id"), .required("REQUEST_ID", "the request's id"),
        ],
        options: [
            .flag("json", "one JSON object instead of text"), .text("html", "FILE", "writes a page instead"),
            .flag("no-proofs", "leaves the proofs out: where no segment is sealed, they need the whole lane read"),
        ],
        exclusive: [["json", "html"]],
        example: "holdfast story ledger evian p1 b1 --html b1.html")

    private let directory: String
    private let player: Player
    private let requestID: String
    private let asJSON: Bool
    private let html: String?
    private let isProven: Bool

    init(_ values: ParsedOptions) throws(UsageError) {
        directory = values.text("DIR")
        player = Player(values.text("PLAYER"), of: values.text("TENANT"))
        requestID = values.text("REQUEST_ID")
        asJSON = values.flag("json")
        html = values.textIfGiven("html")
        isProven = !values.flag("no-proofs")
    }

    func run() async throws -> ExitCode {
        let page = try html.map { path in try OutputFile(path) }
        let files = try LedgerFiles(directory)
        let progress = Progress.onStandardError("prove", unit: .bytes)
        let prover = isProven ? Prover(files) { progress.advance(by: $0) } : nil
        let reader: MoneyTable.Reader = html == nil ? .plainText : .page
        let story = try RequestStory(of: requestID, player: player, in: files, provenBy: prover, for: reader)
        guard let story else {
            let begin =
                files.firstPosition > 1
                ? ": it begins with position \(files.firstPosition), and the archive may have what was given up before"
                : ""
            throw Failure("the log of player \(player.id) of \(player.tenant) knows no request \(requestID)\(begin)")
        }
        progress.finish()
        if let page {
            try page.write(StoryPage.html(story, of: files, directory: directory))
        } else if asJSON {
            try Output.print(story.json())
        } else {
            try Output.print(story.lines(files))
        }
        return .done
    }
}
