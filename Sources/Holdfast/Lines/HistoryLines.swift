internal import HoldfastLog
internal import HoldfastText
internal import HoldfastWallet

/// A player's events as lines of rows, piece by piece. For one task at a time, which is the whole of the `@unchecked`.
package final class HistoryLines: @unchecked Sendable {
    private let chain: RecordChain
    /// Oldest first: where the events are that are still to come, the next one last. Eight bytes each.
    private var addresses: [UInt64] = []
    /// Newest first: where the next one stands.
    private var next: UInt64
    private let from: UInt64
    private let backwards: Bool
    private var left: Int

    /// Nil where the player has no events. `seq` is the event to begin with: the first that the log has, or backwards the
    /// last.
    package static func open(
        _ ledger: Ledger, of player: Player, from seq: UInt64?, limit: Int = .max, backwards: Bool = false
    ) async throws(LedgerError) -> HistoryLines? {
        guard let view = try await ledger.view(of: player) else { return nil }
        let chain = RecordChain(
            log: ledger.logs[ledger.lane(of: player)], key: player.keyBytes, last: view.lastAddress)
        return try HistoryLines(chain, player, from: seq, limit, backwards)
    }

    private init(
        _ chain: RecordChain, _ player: Player, from seq: UInt64?, _ limit: Int, _ backwards: Bool
    ) throws(LedgerError) {
        self.chain = chain
        self.backwards = backwards
        left = limit
        next = chain.last
        from = seq ?? (backwards ? .max : 1)
        if !backwards, limit > 0 { try findAddresses(player, isAsked: seq != nil) }
    }

    /// Each event knows the one before it, so the way to an earlier one leads over all that are later.
    private func findAddresses(_ player: Player, isAsked: Bool) throws(LedgerError) {
        let last = from.addingReportingOverflow(UInt64(left) - 1)
        // What the log begins with is not known yet where nobody said with which event to begin.
        let lastWanted = last.overflow || !isAsked ? .max : last.partialValue
        var first = UInt64.max
        let beginning = chain.beginning
        while next >= beginning {
            let record = try chain.record(at: next)
            if record.revision < from { break }
            first = record.revision
            if record.revision <= lastWanted { addresses.append(next) }
            next = record.previous
        }
        if isAsked, first != .max, first > from {
            throw .givenUp(
                needed: "event \(from) of player \(player.id) of \(player.tenant)",
                remains: "the player's events begin with \(first)")
        }
        if addresses.count > left { addresses.removeFirst(addresses.count - left) }
    }

    /// Some whole lines, or nil at the end.
    package func nextLines() throws(LedgerError) -> [UInt8]? {
        var json = JSONWriter(capacity: LinePiece.bytes + LinePiece.bytes / 4)
        while left > 0, json.count < LinePiece.bytes, let record = try nextRecord() {
            RowJSON.write(try EventRows(reading: record), to: &json)
            left -= 1
        }
        return json.count > 0 ? json.withBytes { Array($0) } : nil
    }

    private func nextRecord() throws(LedgerError) -> RecordView? {
        guard backwards else {
            guard let address = addresses.popLast() else { return nil }
            return try chain.record(at: address)
        }
        while next >= chain.beginning {
            let record = try chain.record(at: next)
            next = record.previous
            if record.revision <= from { return record }
        }
        return nil
    }
}
