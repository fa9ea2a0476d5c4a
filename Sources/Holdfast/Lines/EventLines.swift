internal import HoldfastLog
internal import HoldfastText
internal import HoldfastWallet

/// A running ledger's events in log order as lines of rows, piece by piece. For one task at a time, which is the whole of
/// the `@unchecked`.
package final class EventLines: @unchecked Sendable {
    private let ledger: Ledger
    private let reader: LogReader
    private let follows: Bool
    private var left: Int

    /// From `position` on, or from the first event that the log has, up to the last that is durable now; with `follows`
    /// those that come then too.
    package init(
        _ ledger: Ledger, from position: UInt64?, limit: Int = .max, follows: Bool = false
    ) throws(LedgerError) {
        self.ledger = ledger
        self.follows = follows
        left = limit
        reader = try LogReader(
            ledger.logs, from: position ?? LogReader.firstPosition(of: ledger.logs),
            upTo: ledger.engine.durable.mark.addresses)
    }

    /// Some whole lines; waits for them where it follows. Nil at the end, when the task is cancelled, and when the ledger
    /// is closed.
    package func next() async throws(LedgerError) -> [UInt8]? {
        while left > 0 {
            if let lines = try linesAtHand() { return lines }
            guard follows else { return nil }
            guard await ledger.engine.durable.wait(beyond: reader.next - 1) else {
                if !Task.isCancelled, let failure = ledger.engine.failure { throw failure }
                return nil
            }
            try reader.extend(to: ledger.engine.durable.mark.addresses)
        }
        return nil
    }

    private func linesAtHand() throws(LedgerError) -> [UInt8]? {
        var json = JSONWriter(capacity: LinePiece.bytes + LinePiece.bytes / 4)
        while left > 0, json.count < LinePiece.bytes {
            let count = try reader.readBatch(most: min(left, LinePiece.events)) {
                (record, _, _, _) throws(LedgerError) in
                RowJSON.write(try EventRows(reading: record), to: &json)
            }
            if count == 0 { break }
            left -= count
        }
        return json.count > 0 ? json.withBytes { Array($0) } : nil
    }
}

/// How much is made at a time of what is sent in pieces: so much is in memory for each client who reads.
enum LinePiece {
    static let bytes = 64 << 10
    /// Between two looks at the size; a row has some 400 bytes.
    static let events = 64
}
