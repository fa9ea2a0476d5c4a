internal import Holdfast
internal import HoldfastArchive
internal import HoldfastLog
internal import HoldfastText

/// The nightly job: `holdfast archive run`.
struct ArchiveJob: Job {
    let name = "archive"
    let schedule: Schedule?
    let job: NightlyJob
    let tables: TablesFollower
    /// Whether the given time is the machine's, which is to be held against the ledger's.
    let clockRuns: Bool

    func run(at now: Int64, mayGoOn: @escaping @Sendable () -> Bool) throws -> JobReport {
        // Right after the start there may be none yet.
        tables.awaitTables(mayGoOn)
        var job = job
        job.mayGoOn = mayGoOn
        let done = try job.run(at: clockRuns ? nil : now)
        var report = JobReport(done.json(isDryRun: false))
        report.problems = done.problems
        report.isCutShort = done.isCutShort
        return report
    }
}

/// `holdfast backup`.
struct BackupJob: Job {
    let name = "backup"
    let schedule: Schedule?
    let backup: BackupRun

    func run(at now: Int64, mayGoOn: @escaping @Sendable () -> Bool) throws -> JobReport {
        JobReport(try backup.run(at: now).json)
    }
}

/// A snapshot, so that the next opening has little to replay: before a planned restart, or every night.
struct SnapshotJob: Job {
    let name = "snapshot"
    let schedule: Schedule?
    let ledger: Ledger

    func run(at now: Int64, mayGoOn: @escaping @Sendable () -> Bool) throws -> JobReport {
        let position = ledger.lastPosition
        try ledger.snapshotAndWait()
        return JobReport(JSONWriter.line { $0.member("position", position) })
    }
}
