internal import HoldfastLog
internal import HoldfastWallet

/// What a ledger holds, in numbers.
package struct LedgerStats {
    package var players = 0
    package var events: UInt64 = 0
    package var bytesPerEvent = 0.0
    package var openSegments = 0
    /// Segments that were rewritten by player.
    package var sealedSegments = 0
    /// What an event takes in sealed segments; nil where there are none.
    package var bytesPerEventSealed: Double?
    /// What it takes, or took, in open ones. What stands ready for later events is not counted.
    package var bytesPerEventOpen = 0.0
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
        /// What all segments take as open ones, and those of them that are sealed.
        var asOpen: UInt64 = 0
        var sealed: (bytes: UInt64, events: UInt64, asOpen: UInt64) = (0, 0, 0)
        for log in files.logs {
            openSegments += log.openSegments.count
            sealedSegments += log.sealedSegments.count
            let found = try log.sealedBytes()
            sealed.bytes += found.bytes
            sealed.events += found.events
            sealed.asOpen += found.asOpen
            asOpen += found.asOpen
            for number in log.openSegments {
                let start = number * log.at.segmentBytes
                asOpen += min(log.at.segmentBytes, log.tail.address - min(log.tail.address, start))
            }
            lastSnapshot = try SnapshotFile.list(in: log.at.directory, on: files.directory.disk).first ?? lastSnapshot
        }
        // Of a log that has given up its beginning only what is left takes bytes.
        let left = events - min(events, files.firstPosition - 1)
        if left > 0 {
            bytesPerEventOpen = Self.rounded(Double(asOpen) / Double(left))
            bytesPerEvent = Self.rounded(Double(sealed.bytes + asOpen - sealed.asOpen) / Double(left))
        }
        if sealed.events > 0 { bytesPerEventSealed = Self.rounded(Double(sealed.bytes) / Double(sealed.events)) }
        for (machine, _) in try files.recoverStates() {
            players += machine.withState { $0.playerCount }
            openHolds += machine.withState { $0.openHoldCount }
            if machine.latestTime > 0 { lastEventAt = max(lastEventAt ?? 0, machine.latestTime) }
        }
    }

    private static func rounded(_ value: Double) -> Double { (value * 10).rounded() / 10 }
}
