internal import HoldfastLog
internal import HoldfastWallet

/// What a ledger holds, in numbers.
package struct LedgerStats {
    package var players = 0
    package var events: UInt64 = 0
    package var bytesPerEvent = 0.0
    package var openSegments = 0
    /// Segments that were rewritten by player. This version keeps all segments as they were written.
    package var sealedSegments = 0
    package var lanes = 0
    /// Of the newest event; 0 when there is none.
    package var position: UInt64 = 0
    package var openHolds = 0
    package var lastEventAt: Int64?
    /// The newest snapshot's file.
    package var lastSnapshot: String?

    package init(_ files: LedgerFiles) throws(LedgerError) {
        lanes = files.logs.count
        position = files.lastPosition
        events = files.lastPosition
        var bytes: UInt64 = 0
        for log in files.logs {
            openSegments += log.segmentCount
            bytes += log.tail.address - log.firstAddress
            lastSnapshot = try SnapshotFile.list(in: log.at.directory, on: files.directory.disk).first ?? lastSnapshot
        }
        if events > 0 { bytesPerEvent = (Double(bytes) / Double(events) * 10).rounded() / 10 }
        for (machine, _) in try files.recoverStates() {
            players += machine.withState { $0.playerCount }
            openHolds += machine.withState { $0.openHoldCount }
            if machine.latestTime > 0 { lastEventAt = max(lastEventAt ?? 0, machine.latestTime) }
        }
    }
}
