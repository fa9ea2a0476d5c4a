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
        arguments: [
            .required("DIR", "the ledger's directory"), .required("INTO", "the directory of the tables"),
        ],
        options: [
            .integer("shard", "NUMBER", 0...1023, "only this one"),
            .flag("all-days", "brings back the rows that are only in the archive"),
            .flag("json", "prints what was done as one JSON object"),
        ],
        example: "holdfast tables rebuild ledger tables")

    private let directory: String
    private let into: String
    private let shard: Int?
    private let allDays: Bool
    private let asJSON: Bool

    init(_ values: ParsedOptions) throws(UsageError) {
        directory = values.text("DIR")
        into = values.text("INTO")
        shard = values.integerIfGiven("shard")
        allDays = values.flag("all-days")
        asJSON = values.flag("json")
    }

    func run() async throws -> ExitCode {
        let progress = Progress.onStandardError("tables rebuild", unit: .things("events"))
        let report = try TablesBuild.rebuild(
            ledger: directory, tables: into, only: shard, bringsBackAll: allDays
        ) { done, total in
            progress.setTotal(total)
            progress.update(done: done)
        }
        progress.finish(summary: "\(Human.count(report.events)) events, up to \(report.position)")
        if asJSON { try BuildReport.print(report) }
        return .done
    }
}

struct TablesReshardVerb: Verb {
    static let manual = Manual(
        name: "tables reshard", summary: "Spreads the tables over another number of shards.",
        description: """
            Builds the new set beside the old one from the log and swaps at the end, as tables rebuild does. The map in \
            INTO/global.sqlite has a new version then. A day must be in the archive in all shards or in none.
            """,
        arguments: [
            .required("DIR", "the ledger's directory"), .required("INTO", "the directory of the tables"),
        ],
        options: [
            .integer("shards", "N", 1...1024, "number of shards", required: true),
            .flag("all-days", "brings back the rows that are only in the archive"),
            .flag("json", "prints what was done as one JSON object"),
        ],
        example: "holdfast tables reshard ledger tables --shards 16")

    private let directory: String
    private let into: String
    private let shards: Int
    private let allDays: Bool
    private let asJSON: Bool

    init(_ values: ParsedOptions) throws(UsageError) {
        directory = values.text("DIR")
        into = values.text("INTO")
        shards = values.integer("shards")
        allDays = values.flag("all-days")
        asJSON = values.flag("json")
    }

    func run() async throws -> ExitCode {
        let progress = Progress.onStandardError("tables reshard", unit: .things("events"))
        let report = try TablesBuild.reshard(
            ledger: directory, tables: into, shards: shards, bringsBackAll: allDays
        ) { done, total in
            progress.setTotal(total)
            progress.update(done: done)
        }
        progress.finish(summary: "\(Human.count(report.events)) events over \(report.shards) shards")
        if asJSON { try BuildReport.print(report) }
        return .done
    }
}

private enum BuildReport {
    static func print(_ report: TablesBuild.Report) throws {
        var json = JSONWriter()
        json.beginObject()
        json.member("shards", report.shards)
        json.member("events", report.events)
        json.member("position", report.position)
        json.member("map_version", report.mapVersion)
        json.endObject()
        json.newline()
        var output = BufferedWriter.standardOutput()
        try output.write(json)
        try output.flush()
    }
}
