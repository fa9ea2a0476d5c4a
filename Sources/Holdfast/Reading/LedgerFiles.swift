package import HoldfastLog
package import HoldfastWallet

/// A ledger's files, read without owning them: on a copy, on a backup, or beside a running ledger, of which it sees
/// what was durable when it was opened.
package struct LedgerFiles {
    package let directory: LogDirectory
    package let logs: [FileBatchLog]
    package let configuration: WalletConfiguration

    package init(
        _ path: String, on disk: any Disk = RealDisk(), for mode: OpenMode = .reading
    ) throws(LedgerError) {
        directory = try LogDirectory.ledger(at: path, on: disk)
        configuration = try directory.walletConfiguration()
        logs = try directory.openLanes(for: mode)
    }

    /// From here on every lane has all of its events; 1 as long as nothing was given up.
    package var firstPosition: UInt64 { LogReader.firstPosition(of: logs) }
    package var lastPosition: UInt64 { (logs.map(\.tail.nextPosition).max() ?? 1) - 1 }

    /// Takes in what a running owner has written since.
    package func catchUp(_ reader: LogReader) throws(LedgerError) {
        try directory.catchUp(logs)
        try reader.extend(to: logs.map(\.tail.address))
    }

    package func reader(from position: UInt64) throws(LedgerError) -> LogReader {
        let reader = try LogReader(logs, from: position, upTo: logs.map(\.tail.address))
        reader.awaitsGaps = true
        return reader
    }

    /// Calls `body` with a player's records, oldest first, until it returns false. Sealed segments are asked for the
    /// player; the open ones are read through, some twenty million events a second.
    package func forEachRecord(
        of player: Player, _ body: (RecordView, UInt64) throws(LedgerError) -> Bool
    ) throws(LedgerError) {
        let log = logs[lane(of: player)]
        try StreamHistory(player.keyBytes, in: log, upTo: log.tail.address).forEachRecord(body)
    }

    /// Reads single records of a player whose addresses an earlier pass found.
    package func chain(of player: Player) -> RecordChain {
        RecordChain(log: logs[lane(of: player)], key: player.keyBytes, last: 0)
    }

    /// The state of every lane, from the newest snapshots and what came after them. Assets are numbered as they are met:
    /// the same each time only where one lane comes after the other.
    package func recoverStates(
        useSnapshots: Bool = true, atOnce: Int? = nil
    ) throws(LedgerError) -> [(WalletMachine, LaneRecovery.Report)] {
        let configuration = configuration
        let lanes = try LaneRecovery.recover(logs, useSnapshots: useSnapshots, atOnce: atOnce) {
            WalletMachine(configuration)
        }
        return lanes.map { ($0.machine, $0.report) }
    }

    package func lane(of player: Player) -> Int {
        let builder = CommandBuilder(assets: configuration.assets, seed: configuration.seed, clockIsGiven: false)
        let tenant = Array(player.tenant.utf8)
        let id = Array(player.id.utf8)
        let hash = tenant.withUnsafeBytes { tenant in
            id.withUnsafeBytes { builder.keyHash(tenant: tenant, player: $0) }
        }
        return LanePlacement.lane(ofHash: hash, lanes: configuration.lanes)
    }
}
