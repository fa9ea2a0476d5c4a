import Holdfast
import HoldfastAudit
import HoldfastLog
import HoldfastText

struct BalanceVerb: Verb {
    static let manual = Manual(
        name: "balance", summary: "Prints a player's wallet, now or as it was.",
        description: """
            One JSON object: seq, locked, assets and open holds. Without a time it is the wallet as the log's last \
            event left it; with --as-of holds whose time had come by then have fallen back.
            """,
        arguments: [
            .required("DIR", "the ledger's directory"), .required("TENANT", "the brand"),
            .required("PLAYER", "the player's id"),
        ],
        options: [
            .time("as-of", "as it was at this time"),
            .integer("at-seq", "N", 1...Int.max, "as it was after this event of the player's log"),
        ],
        exclusive: [["as-of", "at-seq"]],
        example: "holdfast balance ledger evian p1 --as-of 2026-01-31T12:00:00Z")

    private let directory: String
    private let player: Player
    private let asOf: Int64?
    private let atSeq: UInt64?

    init(_ values: ParsedOptions) throws(UsageError) {
        directory = values.text("DIR")
        player = Player(values.text("PLAYER"), of: values.text("TENANT"))
        asOf = values.millisecondsIfGiven("as-of")
        atSeq = values.integerIfGiven("at-seq").map { UInt64($0) }
    }

    func run() async throws -> ExitCode {
        let files = try LedgerFiles(directory)
        var wallet = try files.wallet(of: player, asOf: asOf ?? .max, atSeq: atSeq ?? .max)
        if let asOf { wallet = wallet?.withHoldsEnded(by: asOf) }
        guard let wallet else {
            throw Failure("player \(player.id) of \(player.tenant) has no events\(asOf == nil ? "" : " by then")")
        }
        if let atSeq, wallet.seq < atSeq {
            throw Failure("player \(player.id) of \(player.tenant) has \(wallet.seq) events, not \(atSeq)")
        }
        try Output.print(wallet.json)
        return .done
    }
}

/// A verb's own finding that ends it with exit code 1.
struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
