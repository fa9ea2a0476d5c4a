import Holdfast
import HoldfastAudit
import HoldfastText

struct DiffVerb: Verb {
    static let manual = Manual(
        name: "diff", summary: "Compares two moments of a player or of the whole ledger.",
        description: """
            A MOMENT is a time (RFC 3339 or milliseconds), position:N for an event of the log, seq:N for one of the \
            player's events, or end. Both moments include what happened at them; what is between them is what is \
            reported as moved. At a time, holds that had ended by then have fallen back.
            """,
        arguments: [
            .required("DIR", "the ledger's directory"), .optional("TENANT", "the brand; without it the whole ledger"),
            .optional("PLAYER", "the player's id"),
        ],
        options: [
            .text("from", "MOMENT", "the earlier moment", required: true),
            .text("to", "MOMENT", "the later moment", default: "end"),
            .flag("json", "one JSON object instead of text"),
        ],
        example: "holdfast diff ledger evian p1 --from 2026-01-01T00:00:00Z --to 2026-02-01T00:00:00Z")

    private let directory: String
    private let player: Player?
    private let from: Moment
    private let to: Moment
    private let asJSON: Bool

    init(_ values: ParsedOptions) throws(UsageError) {
        directory = values.text("DIR")
        if let tenant = values.textIfGiven("TENANT") {
            guard let id = values.textIfGiven("PLAYER") else { throw UsageError("a PLAYER is missing after TENANT") }
            player = Player(id, of: tenant)
        } else {
            player = nil
        }
        from = try Moment(values.text("from"))
        to = try Moment(values.text("to"))
        asJSON = values.flag("json")
        for moment in [from, to] {
            if case .seq = moment, player == nil { throw UsageError("seq:N is a moment of one player: name one") }
        }
        if Self.isLater(from, than: to) { throw UsageError("--from is later than --to") }
    }

    /// As far as the two can be compared without the log.
    private static func isLater(_ a: Moment, than b: Moment) -> Bool {
        switch (a, b) {
        case (.time(let a), .time(let b)): a > b
        case (.seq(let a), .seq(let b)), (.position(let a), .position(let b)): a > b
        case (.end, let b): b != .end
        default: false
        }
    }

    func run() async throws -> ExitCode {
        let files = try LedgerFiles(directory)
        for case .position(let position) in [from, to] where position > files.lastPosition {
            throw Failure("the log ends at position \(files.lastPosition), before \(position)")
        }
        if let player {
            guard let difference = try WalletDifference(of: player, in: files, from: from, to: to) else {
                throw Failure("player \(player.id) of \(player.tenant) has no events")
            }
            for case (.seq(let seq), let wallet) in [(from, difference.before), (to, difference.after)] {
                let last = wallet?.seq ?? 0
                guard last < seq else { continue }
                throw Failure("player \(player.id) of \(player.tenant) has \(last) events, not \(seq)")
            }
            if difference.before?.seq ?? 0 > difference.after?.seq ?? 0 { throw Failure("--from is later than --to") }
            if asJSON { try Output.print(difference.json) } else { try Output.print(difference.lines(files)) }
        } else {
            let progress = Progress.onStandardError("diff", unit: .things("events"), total: Int(files.lastPosition))
            let difference = try LedgerDifference(of: files, from: from, to: to) { progress.update(done: $0) }
            progress.finish()
            if difference.before.events > difference.after.events { throw Failure("--from is later than --to") }
            if asJSON { try Output.print(difference.json) } else { try Output.print(difference.lines(files)) }
        }
        return .done
    }
}
