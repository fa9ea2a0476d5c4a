import Holdfast
import HoldfastLog
import HoldfastText

struct RestoreVerb: Verb {
    static let manual = Manual(
        name: "restore", summary: "Brings a ledger back from a backup: the newest, or as it was at an earlier moment.",
        description: """
            DIR must be missing or empty. Everything is checked: each file of the backup against its SHA-256, and the \
            restored log with all of its hashes. With --to or --to-position exactly the events up to that moment are \
            restored; a transfer's two halves are never parted. Prints one JSON object. --check only checks the \
            backup's files; --list prints its points, one JSON object a line.
            """,
        arguments: [
            .required("TARGET", "the backup's directory"),
            .optional("DIR", "where the ledger will live"),
        ],
        options: [
            .time("to", "the events up to this time"),
            .integer("to-position", "N", 0...Int.max - 1, "the events up to this position"),
            .flag("list", "prints the points of the backup"), .flag("check", "checks the backup, restores nothing"),
        ],
        exclusive: [["to", "to-position", "list", "check"]],
        usage: ["TARGET DIR [--to TIME | --to-position N]", "TARGET --list", "TARGET --check"],
        example: "holdfast restore /mnt/backup/ledger ledger --to 2026-01-31T12:00:00Z")

    private enum Job {
        case list
        case check
        case restore(into: String, RestoreMoment)
    }

    private let target: String
    private let job: Job

    init(_ values: ParsedOptions) throws(UsageError) {
        target = values.text("TARGET")
        if values.flag("list") || values.flag("check") {
            guard !values.isGiven("DIR") else { throw UsageError("--list and --check restore nothing: leave DIR out") }
            job = values.flag("list") ? .list : .check
            return
        }
        guard let directory = values.textIfGiven("DIR") else { throw UsageError("DIR is missing") }
        let moment: RestoreMoment =
            if let time = values.millisecondsIfGiven("to") {
                .time(time)
            } else if let position = values.integerIfGiven("to-position") {
                .position(UInt64(position))
            } else {
                .newest
            }
        job = .restore(into: directory, moment)
    }

    func run() async throws -> ExitCode {
        let target = LedgerBackup.target(self.target)
        var output = BufferedWriter.standardOutput()
        let progress = Progress.onStandardError("restore", unit: .bytes)
        switch job {
        case .list:
            for point in try target.existingManifest().points { try output.write(Self.json(point)) }
        case .check:
            let found = try LogRestore.check(target) { progress.advance(by: $0) }
            progress.finish()
            try output.write(Self.json(files: found.files, bytes: found.bytes))
        case .restore(let directory, let moment):
            try OutputFile.checkDirectory(directory)
            let report = try LedgerBackup.restore(self.target, into: directory, to: moment) { progress.advance(by: $0) }
            progress.finish()
            try output.write(Self.json(report))
            try output.flush()
            if let words = try Self.whereItEnds(report, moment, target.existingManifest()) { Output.say(words) }
        }
        try output.flush()
        return .done
    }

    /// Said where the ledger does not end where it was asked to.
    private static func whereItEnds(
        _ report: LogRestore.Report, _ moment: RestoreMoment, _ manifest: BackupManifest
    ) -> String? {
        let end = "position \(report.position), \(RFC3339.text(report.time))"
        switch moment {
        case .newest: return nil
        case .position(let position):
            if position <= report.position { return nil }
            if report.isCut { return "holdfast restore: it ends at \(end): what belongs together was not parted" }
            return "holdfast restore: the backup ends at \(end), before position \(position)"
        case .time(let time):
            if report.events == 0, report.position == 0 {
                return "holdfast restore: the backup has no event up to \(RFC3339.text(time)); the ledger is empty"
            }
            // Of what happened behind the last backup nobody knows.
            guard let taken = manifest.points.last?.taken, !report.isCut, taken < time else { return nil }
            return "holdfast restore: the backup was made at \(RFC3339.text(taken)) and ends at \(end), before "
                + RFC3339.text(time)
        }
    }

    private static func json(_ point: BackupPoint) -> JSONWriter {
        JSONWriter.line { json in
            json.member("taken", point.taken)
            json.member("position", point.position)
            json.member("time", point.time)
        }
    }

    private static func json(files: Int, bytes: UInt64) -> JSONWriter {
        JSONWriter.line { json in
            json.member("ok", true)
            json.member("files", files)
            json.member("bytes", bytes)
        }
    }

    private static func json(_ report: LogRestore.Report) -> JSONWriter {
        JSONWriter.line { json in
            json.member("position", report.position)
            json.member("time", report.time)
            json.member("events", report.events)
            json.member("cut", report.isCut)
            json.member("checkpoints_left_out", texts: report.checkpointsLeftOut)
        }
    }
}
