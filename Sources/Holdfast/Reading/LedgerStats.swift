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

    /// From the files alone: the state is rebuilt from the newest snapshot and what came after it.
    package init(_ files: LedgerFiles) throws(LedgerError) {
        try self.init(files.logs, upTo: files.logs.map(\.tail.address), files.lastPosition, on: files.directory.disk)
        for (machine, _) in try files.recoverStates() {
            players += machine.withState { $0.playerCount }
            openHolds += machine.withState { $0.openHoldCount }
            if machine.latestTime > 0 { lastEventAt = max(lastEventAt ?? 0, machine.latestTime) }
        }
    }

    /// Of a running ledger, up to what is durable.
    package init(of ledger: Ledger) async throws(LedgerError) {
        let mark = ledger.engine.durable.mark
        try self.init(ledger.logs, upTo: mark.addresses, mark.position, on: ledger.directory.disk)
        if mark.position > 0 {
            let reader = try LogReader(ledger.logs, from: mark.position, upTo: mark.addresses)
            var time: Int64?
            _ = try reader.readBatch { (record, _, _, _) throws(LedgerError) in time = record.time }
            lastEventAt = time
        }
        let census = try await ledger.census()
        players = census.players
        openHolds = census.openHolds
    }

    private init(
        _ logs: [FileBatchLog], upTo ends: [UInt64], _ last: UInt64, on disk: any Disk
    ) throws(LedgerError) {
        lanes = logs.count
        position = last
        events = last
        /// What all segments take as open ones, and those of them that are sealed.
        var asOpen: UInt64 = 0
        var sealed: (bytes: UInt64, events: UInt64, asOpen: UInt64) = (0, 0, 0)
        for (log, end) in zip(logs, ends) {
            openSegments += log.openSegments.count
            sealedSegments += log.sealedSegments.count
            let found = try log.sealedBytes()
            sealed.bytes += found.bytes
            sealed.events += found.events
            sealed.asOpen += found.asOpen
            asOpen += found.asOpen
            for number in log.openSegments {
                asOpen += min(log.at.segmentBytes, end - min(end, number * log.at.segmentBytes))
            }
            lastSnapshot = try SnapshotFile.list(in: log.at.directory, on: disk).first ?? lastSnapshot
        }
        // Of a log that has given up its beginning only what is left takes bytes.
        let left = events - min(events, LogReader.firstPosition(of: logs) - 1)
        if left > 0 {
            bytesPerEventOpen = Self.rounded(Double(asOpen) / Double(left))
            bytesPerEvent = Self.rounded(Double(sealed.bytes + asOpen - sealed.asOpen) / Double(left))
        }
        if sealed.events > 0 { bytesPerEventSealed = Self.rounded(Double(sealed.bytes) / Double(sealed.events)) }
    }

    private static func rounded(_ value: Double) -> Double { (value * 10).rounded() / 10 }
}
