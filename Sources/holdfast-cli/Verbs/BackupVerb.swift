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

    private let backup: BackupRun

    init(_ values: ParsedOptions) throws(UsageError) {
        var backup = BackupRun(
            ledger: values.text("DIR"), target: values.text("TARGET"), keep: values.millisecondsIfGiven("keep"))
        backup.isDryRun = values.flag("dry-run")
        if backup.isDryRun, backup.keep == nil {
            throw UsageError("--dry-run says what --keep would give up; give --keep too")
        }
        self.backup = backup
    }

    func run() async throws -> ExitCode {
        try OutputFile.checkDirectory(backup.target)
        let progress = Progress.onStandardError("backup", unit: .bytes)
        let done = try backup.run(at: SystemClock().now()) { progress.advance(by: $0) }
        progress.finish()
        try Output.print(done.json)
        return .done
    }
}
