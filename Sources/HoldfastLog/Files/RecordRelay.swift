/// Takes in blocks of records on a thread of its own.
package protocol RecordTaker: AnyObject, Sendable {
    func take(_ block: RecordBlock) throws(LogError)
}

/// Hands the records of batches from the thread that reads and checks them to takers, each on a thread of its own:
/// reading and checking is a good part of a replay, and what takes records in can often be split in two as well.
///
///     let relay = RecordRelay(takers: [applying, summing])
///     while let batch = try cursor.next(), relay.put(RecordRun(batch), of: lane) {}
///     try relay.finish()
///
/// Records are copied side by side into blocks, of which a few are in flight: nobody gets further ahead of the slowest
/// than these hold. Every taker sees every block, in order.
package final class RecordRelay {
    private let start: UInt64
    private let time: Int64
    private let lines: [ThreadPipe<RecordBlock>]
    private let spare = ThreadPipe<RecordBlock>(capacity: blockCount)
    private let failure = Locked<LogError?>(nil)
    private var threads: [WorkerThread] = []
    private var block: RecordBlock?
    /// Records handed on.
    package private(set) var count: UInt64 = 0
    private static let blockCount = 8

    /// Records before the address `start`, and those later than `time`, are passed over.
    package init(takers: [any RecordTaker], from start: UInt64 = 0, upTo time: Int64 = .max) {
        self.start = start
        self.time = time
        lines = takers.map { _ in ThreadPipe(capacity: Self.blockCount) }
        for _ in 0..<Self.blockCount { _ = spare.put(RecordBlock()) }
        for (line, taker) in zip(lines, takers) {
            let end = LineEnd(line: line, spare: spare, failure: failure, taker: taker)
            threads.append(WorkerThread(name: "hf-take-\(threads.count)") { end.run() })
        }
    }

    deinit { join() }

    /// False once a taker has failed: then `finish` says why, and nothing more need be read.
    package func put(_ records: RecordRun, of lane: Int) -> Bool {
        var run = records
        while run.count > 0 {
            if let block, block.lane != lane { handOver() }
            let block = emptyBlock(for: lane)
            block.fill(from: &run, start: start, upTo: time)
            if run.count > 0 {
                handOver()
                if failure.with({ $0 != nil }) { return false }
            }
        }
        return true
    }

    /// Returns when every taker has gone through all that was put, or throws what the first of them to fail threw.
    package func finish() throws(LogError) {
        join()
        if let failure = failure.with({ $0 }) { throw failure }
    }

    private func emptyBlock(for lane: Int) -> RecordBlock {
        if let block { return block }
        // The pipe of spare blocks neither ends nor fails.
        let fresh = (try? spare.take())!
        fresh.clear(for: lane)
        block = fresh
        return fresh
    }

    private func handOver() {
        guard let full = block else { return }
        block = nil
        count += UInt64(full.records.count)
        full.pending.with { [count = lines.count] in $0 = count }
        for line in lines { _ = line.put(full) }
    }

    private func join() {
        handOver()
        for line in lines { line.finish(.success(())) }
        for thread in threads { thread.join() }
        threads = []
    }
}

/// A taker's side: goes through the blocks of its line, and puts those back that it is the last to be done with.
private struct LineEnd: Sendable {
    let line: ThreadPipe<RecordBlock>
    let spare: ThreadPipe<RecordBlock>
    let failure: Locked<LogError?>
    let taker: any RecordTaker

    func run() {
        while let block = try? line.take() {
            do throws(LogError) {
                if failure.with({ $0 == nil }) { try taker.take(block) }
            } catch {
                failure.with { if $0 == nil { $0 = error } }
            }
            let left = block.pending.with { pending -> Int in
                pending -= 1
                return pending
            }
            if left == 0 { _ = spare.put(block) }
        }
    }
}
