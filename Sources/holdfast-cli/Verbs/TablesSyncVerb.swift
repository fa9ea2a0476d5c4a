import Holdfast
import HoldfastTables
import HoldfastText

struct TablesSyncVerb: Verb {
    static let manual = Manual(
        name: "tables sync", summary: "Projects the log into sharded SQLite tables, from where they stood.",
        description: """
            Makes INTO/shard-00.sqlite … and INTO/global.sqlite where they are missing. Every event is in the tables \
            exactly once, whatever is killed and whenever. May run beside the process that owns the ledger. \
            docs/SCHEMA.md describes the tables.
            """,
        arguments: [
            .required("DIR", "the ledger's directory"), .required("INTO", "the directory of the tables"),
        ],
        options: [
            .integer(
                "shards", "N", 1...1024, "number of shards of new tables; \(TablesSync.shardsDefault) if not given"),
            .flag("follow", "goes on as events come"),
            .integer(
                "batch-rows", "N", 1...1_000_000, "events that make a shard's batch due while the ledger is not busy",
                default: 100),
            .duration("batch-wait", "how long an event waits for its batch at most", default: "5s"),
            .flag("json", "prints what was done as one JSON object"),
        ],
        example: "holdfast tables sync ledger tables --shards 8 --follow")

    private let directory: String
    private let into: String
    private let shards: Int?
    private let follow: Bool
    private let asJSON: Bool
    private var settings = SyncSettings()

    init(_ values: ParsedOptions) throws(UsageError) {
        directory = values.text("DIR")
        into = values.text("INTO")
        shards = values.integerIfGiven("shards")
        follow = values.flag("follow")
        asJSON = values.flag("json")
        settings.batchRows = values.integer("batch-rows")
        settings.batchWaitMilliseconds = values.milliseconds("batch-wait")
    }

    func run() async throws -> ExitCode {
        let sync = try TablesSync(ledger: directory, into: into, shards: shards, settings: settings)
        let display = SyncDisplay.onStandardError(follow: follow)
        try sync.run(following: follow) { display.show($0, taking: sync.takeStatus) }
        let status = sync.takeStatus()
        display.finish(status)
        guard asJSON else { return .done }
        try Output.print(
            JSONWriter.line { json in
                json.member("shards", sync.shards)
                json.member("events", status.events)
                json.member("position", status.position)
                json.member("dead_letters", status.deadLetters)
                json.member("batches", status.batches)
            })
        return .done
    }
}
