import Holdfast
import HoldfastLog
import HoldfastText
import HoldfastWallet

struct EventsVerb: Verb {
    static let manual = Manual(
        name: "events", summary: "Prints every event in log order as rows, one JSON object a line.",
        description: """
            An exchange is two rows of one event. May run beside the process that owns the ledger. Of a ledger that has \
            given up its oldest segments they begin with the first event that is left.
            """,
        arguments: [.required("DIR", "the ledger's directory")],
        options: [
            .integer("from", "POSITION", 1...Int.max, "the event to begin with; the first"),
            .integer("limit", "N", 0...Int.max, "at most so many events"),
            .flag("follow", "goes on as events come"),
        ],
        example: "holdfast events ledger --from 1000 --follow")

    private let directory: String
    private let from: UInt64?
    private let limit: Int
    private let follow: Bool
    /// How often a follower looks for new events.
    private static let pollMilliseconds = 50

    init(_ values: ParsedOptions) throws(UsageError) {
        directory = values.text("DIR")
        from = values.integerIfGiven("from").map { UInt64($0) }
        limit = values.integerIfGiven("limit") ?? .max
        follow = values.flag("follow")
    }

    func run() async throws -> ExitCode {
        let files = try LedgerFiles(directory)
        let reader = try files.reader(from: from ?? files.firstPosition)
        if from == nil { LogBeginning.say("events", files.firstPosition) }
        var output = BufferedWriter.standardOutput()
        var json = JSONWriter(capacity: 1 << 20)
        var left = limit
        while left > 0 {
            json.removeAll()
            let count = try reader.readBatch { (record, _, _, _) throws(LedgerError) in
                if left == 0 { return }
                left -= 1
                RowJSON.write(try EventRows(reading: record), to: &json)
            }
            try output.write(json)
            if count > 0 { continue }
            guard follow else { break }
            try output.flush()
            try BufferedWriter.checkReaderOfStandardOutput()
            try await Task.sleep(for: .milliseconds(Self.pollMilliseconds))
            try files.catchUp(reader)
        }
        try output.flush()
        return .done
    }
}
