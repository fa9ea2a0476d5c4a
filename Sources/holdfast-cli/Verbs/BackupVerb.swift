import Holdfast
import HoldfastLog
import HoldfastText

struct BackupVerb: Verb {
    static let manual = Manual(
        name: "backup", summary: "Copies a ledger into a backup, while it runs; again and again into the same place.",
        description: """
            Only what is new since the last backup into TARGET is copied. Each backup is a point that `holdfast restore \
            --list` shows, and every moment up to the newest can be restored. Prints one JSON object. With --keep \
            points that are older, and files that only they needed, are given up afterwards.
            """,
        arguments: [
            .required("DIR", "the ledger's directory"),
            .required("TARGET", "the backup's directory, best on another disk; a new one is created"),
        ],
        options: [
            .duration("keep", "gives up points older than this, never by default"),
            .flag("dry-run", "with --keep: only says what would go"),
        ],
        example: "holdfast backup ledger /mnt/backup/ledger --keep 30d")

    private let directory: String
    private let target: String
    private let keep: Int64?
    private let dryRun: Bool

    init(_ values: ParsedOptions) throws(UsageError) {
        directory = values.text("DIR")
        target = values.text("TARGET")
        keep = values.millisecondsIfGiven("keep")
        dryRun = values.flag("dry-run")
        if dryRun, keep == nil { throw UsageError("--dry-run says what --keep would give up; give --keep too") }
    }

    func run() async throws -> ExitCode {
        try OutputFile.checkDirectory(target)
        let progress = Progress.onStandardError("backup", unit: .bytes)
        let now = SystemClock().now()
        let report = try LedgerBackup.run(directory, into: target, at: now) { progress.advance(by: $0) }
        var expiry: BackupExpiry?
        if let keep {
            expiry = try BackupExpiry.run(
                LedgerBackup.target(target), keepingFrom: now - keep, dryRun: dryRun)
        }
        progress.finish()
        try Output.print(json(report, expiry))
        return .done
    }

    private func json(_ report: LogBackup.Report, _ expiry: BackupExpiry?) -> JSONWriter {
        JSONWriter.line { json in
            json.member("taken", report.point.taken)
            json.member("position", report.point.position)
            json.member("time", report.point.time)
            json.member("copied_files", report.copiedFiles)
            json.member("copied_bytes", report.copiedBytes)
            json.member("bytes", report.bytes)
            json.member("removed", texts: report.removed)
            if let expiry {
                json.member("expired") { json in
                    json.member("dry_run", dryRun)
                    json.member("points", expiry.points.count)
                    json.member("files", expiry.files.count)
                    json.member("bytes", expiry.bytes)
                }
            }
        }
    }
}
