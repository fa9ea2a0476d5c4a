internal import HoldfastLog
package import HoldfastText

/// A backup, and the giving up of what is older than it is kept for. For the command line and the service.
///
///     let done = try BackupRun(ledger: "ledger", target: "/mnt/backup/ledger", keep: 30 * 86_400_000).run(at: now)
package struct BackupRun: Sendable {
    package let ledger: String
    package let target: String
    /// Milliseconds; nil for ever.
    package let keep: Int64?
    /// Only says what would be given up.
    package var isDryRun = false

    package init(ledger: String, target: String, keep: Int64?) {
        self.ledger = ledger
        self.target = target
        self.keep = keep
    }

    package struct Done: Sendable {
        fileprivate let report: LogBackup.Report
        fileprivate let expiry: BackupExpiry?
        fileprivate let isDryRun: Bool
    }

    package func run(at now: Int64, progress: (Int) -> Void = { _ in }) throws(LedgerError) -> Done {
        let report = try LedgerBackup.run(ledger, into: target, at: now, progress: progress)
        var expiry: BackupExpiry?
        if let keep {
            expiry = try BackupExpiry.run(LedgerBackup.target(target), keepingFrom: now - keep, dryRun: isDryRun)
        }
        return Done(report: report, expiry: expiry, isDryRun: isDryRun)
    }
}

extension BackupRun.Done {
    /// The object that `holdfast backup` prints.
    package var json: JSONWriter {
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
                    json.member("dry_run", isDryRun)
                    json.member("points", expiry.points.count)
                    json.member("files", expiry.files.count)
                    json.member("bytes", expiry.bytes)
                }
            }
        }
    }
}
