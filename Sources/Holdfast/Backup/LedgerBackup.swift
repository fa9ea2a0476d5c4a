package import HoldfastLog
internal import HoldfastWallet

/// Backup and restore of a wallet ledger.
package enum LedgerBackup {
    /// Copies a ledger into a backup, beside the process that owns it.
    ///
    ///     let report = try LedgerBackup.run("ledger", into: "/mnt/backup/ledger")
    package static func run(
        _ path: String, into target: String, on disk: any Disk = RealDisk(), at time: Int64 = SystemClock().now(),
        progress: (Int) -> Void = { _ in }
    ) throws(LedgerError) -> LogBackup.Report {
        try LogBackup.run(
            LogDirectory.ledger(at: path, on: disk), into: self.target(target, on: disk), at: time, progress: progress)
    }

    /// Restores a ledger into a new or empty directory. A transfer is restored with both its halves or not at all.
    package static func restore(
        _ target: String, into path: String, to moment: RestoreMoment = .newest, on disk: any Disk = RealDisk(),
        progress: (Int) -> Void = { _ in }
    ) throws(LedgerError) -> LogRestore.Report {
        try LogRestore.run(
            self.target(target, on: disk), into: path, to: moment, on: disk, bond: transferName, progress: progress)
    }

    /// The directory of a ledger's backup.
    package static func target(_ path: String, on disk: any Disk = RealDisk()) -> BackupTarget {
        BackupTarget(path, packing: EventPacking(), on: disk)
    }

    /// Both halves of a transfer have the same name: who sent what to whom, under which request_id.
    private static func transferName(_ record: RecordView) -> [UInt8]? {
        guard let event = try? WalletEvent(record: record) else { return nil }
        let (sender, recipient) =
            switch event.kind {
            case .transferred: (event.player, event.other)
            case .received: (event.other, event.player)
            default: (event.player, event.player)
            }
        guard event.kind == .transferred || event.kind == .received else { return nil }
        return [event.tenant, sender, recipient, event.requestID].flatMap { Array($0) + [0] }
    }
}
