import Holdfast
import HoldfastLog
import HoldfastText
import HoldfastWallet

struct HistoryVerb: Verb {
    static let manual = Manual(
        name: "history", summary: "Prints a player's events as rows, one JSON object a line.",
        arguments: [
            .required("DIR", "the ledger's directory"), .required("TENANT", "the brand"),
            .required("PLAYER", "the player's id"),
        ],
        options: [
            .integer("from", "SEQ", 1...Int.max, "the event to begin with; the first, or backwards the last"),
            .integer("limit", "N", 0...Int.max, "at most so many events"),
            .flag("backwards", "the newest first"),
        ],
        example: "holdfast history ledger evian p1 --backwards --limit 10")

    private let directory: String
    private let player: Player
    private let from: UInt64?
    private let limit: Int
    private let backwards: Bool

    init(_ values: ParsedOptions) throws(UsageError) {
        directory = values.text("DIR")
        player = Player(values.text("PLAYER"), of: values.text("TENANT"))
        from = values.integerIfGiven("from").map { UInt64($0) }
        limit = values.integerIfGiven("limit") ?? .max
        backwards = values.flag("backwards")
    }

    func run() async throws -> ExitCode {
        let files = try LedgerFiles(directory)
        var addresses: [UInt64] = []
        var first: UInt64?
        try files.forEachRecord(of: player) { (record, address) throws(LedgerError) in
            first = first ?? record.revision
            if backwards {
                if let from, record.revision > from { return false }
                addresses.append(address)
                return true
            }
            if record.revision >= from ?? 1 { addresses.append(address) }
            return addresses.count < limit
        }
        guard let first else {
            let since =
                files.firstPosition > 1 ? " since position \(files.firstPosition), with which the log begins" : ""
            throw Failure("player \(player.id) of \(player.tenant) has no events\(since)")
        }
        let chosen = backwards ? Array(addresses.reversed().prefix(limit)) : Array(addresses.prefix(limit))
        var output = BufferedWriter.standardOutput()
        var json = JSONWriter()
        let chain = files.chain(of: player)
        for address in chosen {
            json.removeAll()
            RowJSON.write(try EventRows(reading: chain.record(at: address)), to: &json)
            try output.write(json)
        }
        try output.flush()
        let showsFirst = backwards ? chosen.count < limit : from ?? 0 < first
        if first > 1, showsFirst {
            ArchiveVerbs.say(
                "holdfast history: the player's events before seq \(first) were given up; the archive has them")
        }
        return .done
    }
}
