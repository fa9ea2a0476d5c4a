package import HoldfastLog
package import HoldfastWallet

/// A player's wallet, from their events alone as long as the log has all of them, and from a snapshot on where it has
/// given up the first.
extension LedgerFiles {
    /// A player's wallet as their events left it, up to a time or an event if one is given; nil before the first.
    package func wallet(
        of player: Player, asOf time: Int64 = .max, atSeq seq: UInt64 = .max
    ) throws(LedgerError) -> Wallet? {
        var replay = PlayerReplay(player, configuration)
        var first: UInt64?
        try forEachRecord(of: player) { (record, address) throws(LedgerError) in
            first = first ?? record.revision
            guard first == 1, record.time <= time, record.revision <= seq else { return false }
            try replay.apply(record, at: address)
            return true
        }
        // Of a player without events since, a log that was trimmed does not know whether there were some before.
        if first == 1 || first == nil && !logs[lane(of: player)].isTrimmed { return replay.wallet() }
        return try walletFromSnapshot(of: player, time, seq)
    }

    /// A lane's state before its first event; where that was given up as the oldest snapshot says, which passes over
    /// the events that it has already. That must not be younger than the moment that is asked for.
    package func machineAtBeginning(
        of log: FileBatchLog, asOf time: Int64? = nil, upTo position: UInt64? = nil
    ) throws(LedgerError) -> WalletMachine {
        let (machine, report) = try LaneRecovery.start(log, log.isTrimmed ? .oldest : .none) {
            WalletMachine(configuration)
        }
        if report.snapshot == nil || time == nil && position == nil { return machine }
        var latest = (time: log.beginning, position: log.firstPosition - 1)
        let cursor = try log.batches(from: log.firstAddress, upTo: report.end)
        while let batch = try cursor.next() {
            latest = (batch.header.time, batch.header.position + UInt64(batch.header.count) - 1)
        }
        if latest.time > time ?? .max || latest.position > position ?? .max {
            throw Self.givenUp("the state of lane \(log.at.lane) at that moment", log)
        }
        return machine
    }

    /// From the oldest snapshot, which says most about the past.
    private func walletFromSnapshot(
        of player: Player, _ time: Int64, _ seq: UInt64
    ) throws(LedgerError) -> Wallet? {
        let log = logs[lane(of: player)]
        let (machine, _) = try LaneRecovery.start(log, .oldest) { WalletMachine(configuration) }
        let known = machine.withState { $0.view(tenant: player.tenant, player: player.id)?.seq ?? 0 }
        // No event that was given up is later than this.
        var isTooLate = seq < known || time < log.beginning
        try forEachRecord(of: player) { (record, address) throws(LedgerError) in
            let counts = record.time <= time && record.revision <= seq
            if record.revision > known, counts { try machine.apply(record, at: address) }
            if record.revision <= known, !counts { isTooLate = true }
            return counts
        }
        if isTooLate {
            throw Self.givenUp("the wallet of player \(player.id) of \(player.tenant) at that moment", log)
        }
        return machine.withState { $0.view(tenant: player.tenant, player: player.id) }.map { Wallet($0) }
    }

    private static func givenUp(_ needed: String, _ log: FileBatchLog) -> LedgerError {
        .givenUp(
            needed: needed,
            remains: "it begins at position \(log.firstPosition), and the oldest snapshot to start from is younger. "
                + "Older backups have what was before")
    }
}
