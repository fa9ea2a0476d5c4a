import Holdfast
import HoldfastArchive
import HoldfastLog
import HoldfastText
import HoldfastWallet

struct HistoryVerb: Verb {
    static let manual = Manual(
        name: "history", summary: "Prints a player's events as rows, one JSON object a line.",
        description: """
            Events that are no longer in the log, because old segments of it were dropped, come from the archive that \
            --archive names, before those of the log and each once.
            """,
        arguments: [
            .required("DIR", "the ledger's directory"), .required("TENANT", "the brand"),
            .required("PLAYER", "the player's id"),
        ],
        options: [
            .integer("from", "SEQ", 1...Int.max, "the event to begin with; the first, or backwards the last"),
            .integer("limit", "N", 0...Int.max, "at most so many events"),
            .flag("backwards", "the newest first"),
            .text("archive", "ROOT", "the archive that has what the log has no more"),
        ],
        example: "holdfast history ledger evian p1 --backwards --limit 10",
        exitCodes: [
            .init(.done, "done"), .init(.failed, "some of the events are nowhere any more, or the command failed"),
            .init(.usage, "wrong usage"),
        ])

    private let directory: String
    private let player: Player
    private let from: UInt64?
    private let limit: Int
    private let backwards: Bool
    private let archiveRoot: String?

    init(_ values: ParsedOptions) throws(UsageError) {
        directory = values.text("DIR")
        player = Player(values.text("PLAYER"), of: values.text("TENANT"))
        from = values.integerIfGiven("from").map { UInt64($0) }
        limit = values.integerIfGiven("limit") ?? .max
        backwards = values.flag("backwards")
        archiveRoot = values.textIfGiven("archive")
    }

    func run() async throws -> ExitCode {
        let files = try LedgerFiles(directory)
        let archive = try archiveRoot.map { try Archive.open($0, for: .reading) }
        let history =
            backwards
            ? try WholeHistory(of: player, in: files, and: archive, from: 1, to: from ?? .max)
            : try WholeHistory(of: player, in: files, and: archive, from: from ?? 1, to: .max, limit: limit)
        guard history.isKnown else {
            let since =
                files.firstPosition > 1 ? " since position \(files.firstPosition), with which the log begins" : ""
            throw Failure("player \(player.id) of \(player.tenant) has no events\(since)")
        }
        let chosen = backwards ? Array(history.events.reversed().prefix(limit)) : history.events
        try write(chosen, files)
        guard let missing = history.missing, chosen.count < limit || passesGap(chosen) else { return .done }
        guard archive == nil else {
            throw Failure(
                "events \(missing.lowerBound) to \(missing.upperBound) are not in the log any more, and the archive does "
                    + "not have them")
        }
        let words =
            "the player's events before seq \(history.firstLogged ?? missing.upperBound + 1) were given up; the archive has "
            + "them (--archive ROOT)"
        if let from, missing.contains(from) { throw Failure(words) }
        Output.say("holdfast history: \(words)")
        return .done
    }

    /// Whether events from beyond what is missing, which lies between the archive's and the log's, are among these.
    private func passesGap(_ events: [WholeHistory.Event]) -> Bool {
        guard let last = events.last else { return false }
        if case .archived = last { return backwards }
        return !backwards
    }

    private func write(_ events: [WholeHistory.Event], _ files: LedgerFiles) throws {
        var output = BufferedWriter.standardOutput()
        var json = JSONWriter()
        let chain = files.chain(of: player)
        for event in events {
            switch event {
            case .logged(let address):
                json.removeAll()
                RowJSON.write(try EventRows(reading: chain.record(at: address)), to: &json)
                try output.write(json)
            case .archived(let rows):
                for row in rows { try output.writeLine(String(decoding: row.line, as: UTF8.self)) }
            }
        }
        try output.flush()
    }
}
