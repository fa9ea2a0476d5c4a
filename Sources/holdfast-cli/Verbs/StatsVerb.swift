import Holdfast
import HoldfastLog
import HoldfastText

struct StatsVerb: Verb {
    static let manual = Manual(
        name: "stats", summary: "Prints what a ledger holds.",
        description: "Reads the newest snapshot and what came after it, without owning the ledger.",
        arguments: [.required("DIR", "the ledger's directory")],
        options: [.flag("json", "one JSON object instead of a table")], example: "holdfast stats ledger --json")

    private let directory: String
    private let asJSON: Bool

    init(_ values: ParsedOptions) throws(UsageError) {
        directory = values.text("DIR")
        asJSON = values.flag("json")
    }

    func run() async throws -> ExitCode {
        let stats = try LedgerStats(LedgerFiles(directory))
        if asJSON {
            try Output.print(stats.json)
        } else {
            try Output.print(Self.table(stats).map { TextColumn.pad($0, 18) + $1 })
        }
        return .done
    }

    private static func table(_ stats: LedgerStats) -> [(String, String)] {
        [
            ("players", Human.count(stats.players)), ("events", Human.count(Int(stats.events))),
            (
                "bytes per event",
                Human.count(Int(stats.bytesPerEvent.rounded()))
                    + (stats.bytesPerEventSealed.map { ", sealed \($0), open \(stats.bytesPerEventOpen)" } ?? "")
            ),
            ("segments", "\(stats.openSegments) open, \(stats.sealedSegments) sealed"), ("lanes", "\(stats.lanes)"),
            ("newest position", "\(stats.position)"), ("open holds", Human.count(stats.openHolds)),
            ("last event", stats.lastEventAt.map(RFC3339.text) ?? "none"),
            ("last snapshot", stats.lastSnapshot ?? "none"),
        ]
    }
}
