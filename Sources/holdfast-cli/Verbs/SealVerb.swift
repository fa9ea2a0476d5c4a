import Holdfast
import HoldfastLog
import HoldfastText

struct SealVerb: Verb {
    static let manual = Manual(
        name: "seal", summary: "Seals everything up to now.",
        description: """
            Closes the segments that are being filled and rewrites all that are not sealed yet: by player, compressed, \
            with an index, and a Merkle root chained to the one before. Each is read back before the open one goes. \
            The next write begins a new segment. Interrupted, it goes on where it was. Prints one JSON object a \
            segment. A running ledger seals full segments by itself.
            """,
        arguments: [.required("DIR", "the ledger's directory")], example: "holdfast seal ledger")

    private let directory: String

    init(_ values: ParsedOptions) throws(UsageError) { directory = values.text("DIR") }

    func run() async throws -> ExitCode {
        let log = try LogDirectory.ledger(at: directory)
        let progress = Progress.onStandardError("seal", unit: .things("events"), total: nil)
        var output = BufferedWriter.standardOutput()
        var done = 0
        for root in try log.sealAll(progress: { root in
            done += Int(root.eventCount)
            progress.update(done: done)
        }) {
            try output.write(Self.json(root))
        }
        progress.finish()
        try output.flush()
        return .done
    }

    private static func json(_ root: SegmentRoot) -> JSONWriter {
        JSONWriter.line { json in
            json.member("lane", root.lane)
            json.member("segment", root.number)
            json.member("first_position", root.firstPosition)
            json.member("events", root.eventCount)
            json.member("root", root.root.hexadecimal as String?)
            json.member("chained", root.chained.hexadecimal as String?)
        }
    }
}
