internal import Holdfast
package import HoldfastLog
internal import HoldfastTables
internal import HoldfastWallet

/// Gives up the oldest sealed segments of a ledger, once nothing needs them: never by itself, and never more than what
/// was seen to be safe elsewhere, here and now.
///
///     let report = try SegmentRetention(ledger: "ledger", archive: "archive", olderThan: 400 * 86_400_000).run()
///
/// A segment may go when
/// - it is sealed, and so are all before it;
/// - its newest event is older than `olderThan`, counted from the ledger's newest event;
/// - the lane's two newest snapshots are good and begin behind it, so that one of them may be lost;
/// - no named consumer stands before its end;
/// - its events lead to its Merkle root, which is what remains of it;
/// - every row of it lies in the archive, the same in every byte, in files that match the hashes of their manifests.
package struct SegmentRetention: Sendable {
    private let ledger: String
    private let archive: String
    private let olderThan: Int64
    private let isDryRun: Bool
    private let disk: any Disk

    /// The longest that a hold can be open, and a day for clocks.
    private static let ageMillisecondsMin: Int64 = 31 * 86_400_000
    private static let snapshotsNeeded = 2

    package init(
        ledger: String, archive: String, olderThan: Int64, isDryRun: Bool = false, on disk: any Disk = RealDisk()
    ) {
        self.ledger = ledger
        self.archive = archive
        self.olderThan = olderThan
        self.isDryRun = isDryRun
        self.disk = disk
    }

    /// `progress` hears how many events were looked for in the archive.
    package func run(progress: (Int) -> Void = { _ in }) throws(ArchiveError) -> RetentionReport {
        let files = try inLog { () throws(LogError) in try LedgerFiles(ledger, on: disk) }
        try checkAge(files.configuration)
        let archive = try Archive.open(archive, for: .reading, on: disk)
        try checkArchive(archive, files)
        // A plan is good only as long as nobody else writes or seals.
        var lock: (any DirectoryLock)?
        if !isDryRun { lock = try inLog { () throws(LogError) in try files.directory.lock() } }
        defer { withExtendedLifetime(lock) {} }
        let logs = try inLog { () throws(LogError) in
            try files.directory.openLanes(for: isDryRun ? .reading : .writing)
        }
        var plan = try inLog { () throws(LogError) in try RetentionPlan(logs, files.directory, policy(logs)) }
        try ArchivedSegments(archive, logs).confirm(&plan, progress)
        if !isDryRun {
            try inLog { () throws(LogError) in
                for log in logs {
                    try log.tidyUp()
                    if let end = plan.end(of: log) { try log.giveUp(before: end) }
                }
            }
        }
        return RetentionReport(plan, isDryRun: isDryRun)
    }

    private func policy(_ logs: [FileBatchLog]) -> RetentionPlan.Policy {
        RetentionPlan.Policy(
            newestEventMax: (logs.map(\.tail.time).max() ?? 0) - olderThan, snapshotsNeeded: Self.snapshotsNeeded)
    }

    /// What is younger may still be asked for: by a retry within the window, by the end of a hold.
    private func checkAge(_ configuration: WalletConfiguration) throws(ArchiveError) {
        let least = max(Self.ageMillisecondsMin, configuration.windowMilliseconds + 86_400_000)
        guard olderThan >= least else {
            throw .invalid(
                argument: "an age of \(olderThan / 86_400_000) days",
                reason: "open holds and the window of request ids need the events of the last "
                    + "\((least + 86_399_999) / 86_400_000) days")
        }
    }

    private func checkArchive(_ archive: Archive, _ files: LedgerFiles) throws(ArchiveError) {
        let own = files.directory.manifest.log.text
        guard let log = archive.otherLog(than: own) else { return }
        throw .invalid(argument: self.archive, reason: "it is the archive of ledger \(log), not of \(own)")
    }
}
