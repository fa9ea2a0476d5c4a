/// Reads the events of a whole log in the order of their positions, over all lanes, up to a durable end.
///
/// Positions are given batch by batch as rounds commit, so the lanes' batches merge into one sequence without a gap:
/// the next batch is the one that begins where the last one ended.
package final class LogReader {
    private let logs: [any BatchLog]
    private var cursors: [any BatchCursor] = []
    private var heads: [BatchView?] = []
    /// Beside a running owner one lane's part of a round may show before another's: then the rest is awaited.
    package var awaitsGaps = false
    /// The position of the next event to deliver.
    package private(set) var next: UInt64

    package init(_ logs: [any BatchLog], from position: UInt64, upTo ends: [UInt64]) throws(LogError) {
        self.logs = logs
        next = max(1, position)
        let first = Self.firstPosition(of: logs)
        if next < first {
            throw .givenUp(
                needed: "reading from position \(next)",
                remains: "it begins at position \(first); the archive and older backups have what was before")
        }
        for (log, end) in zip(logs, ends) {
            cursors.append(try log.batches(from: log.address(near: next), upTo: end))
        }
        for cursor in cursors { heads.append(try Self.advance(cursor, past: next)) }
    }

    /// From here on all lanes have all of their events.
    package static func firstPosition(of logs: [any BatchLog]) -> UInt64 {
        logs.map { ($0 as? FileBatchLog).map { $0.isTrimmed ? $0.firstPosition : 1 } ?? 1 }.max() ?? 1
    }

    /// Goes on to new ends after the old ones were reached.
    package func extend(to ends: [UInt64]) throws(LogError) {
        for (lane, cursor) in cursors.enumerated() {
            cursor.extend(to: ends[lane])
            if heads[lane] == nil { heads[lane] = try Self.advance(cursor, past: next) }
        }
    }

    /// Skips batches that end before `position`, and those without events.
    private static func advance(_ cursor: any BatchCursor, past position: UInt64) throws(LogError) -> BatchView? {
        while let batch = try cursor.next() {
            if batch.header.count > 0, batch.header.position + UInt64(batch.header.count) > position { return batch }
        }
        return nil
    }

    /// Calls `body` with the events of the next batch, or with the next `most` of them, and returns how many there were; 0
    /// at the end.
    package func readBatch(
        most: Int = .max,
        _ body: (RecordView, _ position: UInt64, _ lane: Int, _ address: UInt64) throws(LogError) -> Void
    ) throws(LogError) -> Int {
        guard let lane = nextLane() else { return 0 }
        let batch = heads[lane]!
        guard batch.header.position <= next else {
            if awaitsGaps { return 0 }
            throw logs[lane].damage(
                at: batch.header.address, "events \(next) to \(batch.header.position - 1) are missing before this batch"
            )
        }
        let first = Int(next - batch.header.position)
        let end = first + min(most, Int(batch.header.count) - first)
        var index = 0
        try batch.forEachRecord { (record, address) throws(LogError) in
            if index >= first, index < end {
                try body(record, batch.header.position + UInt64(index), lane, address)
            }
            index += 1
        }
        next = batch.header.position + UInt64(end)
        if end == Int(batch.header.count) { heads[lane] = try Self.advance(cursors[lane], past: next) }
        return end - first
    }

    private func nextLane() -> Int? {
        var best: Int?
        for (lane, head) in heads.enumerated() {
            guard let head else { continue }
            if let chosen = best, heads[chosen]!.header.position <= head.header.position { continue }
            best = lane
        }
        return best
    }
}
