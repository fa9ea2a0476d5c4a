import HoldfastTables
import HoldfastText

struct TablesRebuildVerb: Verb {
    static let manual = Manual(
        name: "tables rebuild", summary: "Makes the tables anew from the log.",
        description: """
            Builds beside the old files, in INTO/next, and swaps at the end; a crash before that leaves the old ones as \
            they are. The ledger may run meanwhile, and so may tables sync --follow, which goes on with the new files. \
            Damaged or missing files are made anew too. What the archive has taken stays taken, as far as the old \
            files say so; --all-days brings it all back.
            """,
        arguments: TablesBuilding.arguments,
        options: [.integer("shard", "NUMBER", 0...1023, "only this one")] + TablesBuilding.options,
        example: "holdfast tables rebuild ledger tables")

    private let building: TablesBuilding
    private let shard: Int?

    init(_ values: ParsedOptions) throws(UsageError) {
        building = TablesBuilding(values)
        shard = values.integerIfGiven("shard")
    }

    func run() async throws -> ExitCode {
        do {
            return try building.run(Self.manual.name) { (progress) throws(TablesError) in
                try TablesBuild.rebuild(
                    ledger: building.directory, tables: building.into, only: shard, bringsBackAll: building.allDays,
                    progress: progress)
            }
        } catch TablesError.invalid(argument: "shard", let reason) {
            // Only the tables know how many shards they have; they refuse before anything is done.
            throw UsageError("--shard: \(reason)")
        }
    }
}

struct TablesReshardVerb: Verb {
    static let manual = Manual(
        name: "tables reshard", summary: "Spreads the tables over another number of shards.",
        description: """
            Builds the new set beside the old one from the log and swaps at the end, as tables rebuild does. The map in \
            INTO/global.sqlite has a new version then. A day must be in the archive in all shards or in none.
            """,
        arguments: TablesBuilding.arguments,
        options: [.integer("shards", "N", 1...1024, "number of shards", required: true)] + TablesBuilding.options,
        example: "holdfast tables reshard ledger tables --shards 16")

    private let building: TablesBuilding
    private let shards: Int

    init(_ values: ParsedOptions) throws(UsageError) {
        building = TablesBuilding(values)
        shards = values.integer("shards")
    }

    func run() async throws -> ExitCode {
        try building.run(Self.manual.name) { (progress) throws(TablesError) in
            try TablesBuild.reshard(
                ledger: building.directory, tables: building.into, shards: shards, bringsBackAll: building.allDays,
                progress: progress)
        }
    }
}

/// What the verbs that make tables anew have in common.
private struct TablesBuilding {
    static let arguments: [Manual.Argument] = [
        .required("DIR", "the ledger's directory"), .required("INTO", "the directory of the tables"),
    ]
    static let options: [Manual.Option] = [
        .flag("all-days", "brings back the rows that are only in the archive"),
        .flag("json", "prints what was done as one JSON object"),
    ]

    let directory: String
    let into: String
    let allDays: Bool
    private let asJSON: Bool

    init(_ values: ParsedOptions) {
        directory = values.text("DIR")
        into = values.text("INTO")
        allDays = values.flag("all-days")
        asJSON = values.flag("json")
    }

    func run(
        _ verb: String, _ build: (_ progress: (Int, Int) -> Void) throws(TablesError) -> TablesBuild.Report
    ) throws -> ExitCode {
        let progress = Progress.onStandardError(verb, unit: .things("events"))
        let report = try build { done, total in
            progress.setTotal(total)
            progress.update(done: done)
        }
        progress.finish(
            summary: "\(Human.count(report.events)) events, up to \(report.position), over \(report.shards) shards")
        guard asJSON else { return .done }
        try Output.print(
            JSONWriter.line { json in
                json.member("shards", report.shards)
                json.member("events", report.events)
                json.member("position", report.position)
                json.member("map_version", report.mapVersion)
            })
        return .done
    }
}
