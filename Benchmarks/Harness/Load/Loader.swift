private import Glibc
internal import Holdfast
internal import HoldfastLog
private import Synchronization

/// What makes commands, one after the other.
protocol LoadSource: ~Copyable {
    /// Makes the next command, which was due at this time, and adds it to a batch.
    mutating func writeNext(into batch: LoadBatch, due: Int64)
}

/// Drives a ledger from one thread: makes batches, keeps a bounded number of them on their way, and looks at every
/// answer. The thread is called `hf-load`, so that its share of the processor can be told from the ledger's.
final class Loader: @unchecked Sendable {
    // @unchecked: everything but `returned` and `settledCount` is touched by the loading thread only.

    /// In the run's time: as fast as answers come back, or at a rate, on time whether or not earlier ones are done.
    enum Pace {
        case fast
        case perSecond(Int)
    }

    private let ledger: Ledger
    private let latencies: Histogram
    private let underWayMax: Int
    private let batchCommands: Int
    private let free: Semaphore
    private let returned = Locked<[LoadBatch]>([])
    private let settledCount = Atomic<Int>(0)
    private var spare: [LoadBatch] = []
    private(set) var tally = LoadTally()
    private(set) var failure: LedgerError?

    /// As many commands as keep a lane busy for a millisecond.
    static let batchCommands = 2_048

    init(
        _ ledger: Ledger, latencies: Histogram, underWayMax: Int, batchCommands: Int = Loader.batchCommands
    ) {
        self.ledger = ledger
        self.batchCommands = batchCommands
        self.latencies = latencies
        self.underWayMax = underWayMax
        free = Semaphore(underWayMax)
    }

    /// Answered so far; any thread may ask.
    var settled: Int { settledCount.load(ordering: .relaxed) }

    /// Runs `count` commands of a source on the calling thread and returns when all are answered.
    func run<Source: LoadSource & ~Copyable>(
        _ source: inout Source, count: Int, pace: Pace, until deadline: Int64? = nil
    ) {
        switch pace {
        case .fast: runFast(&source, count, deadline ?? .max)
        case .perSecond(let rate): runPaced(&source, count, rate)
        }
        for _ in 0..<underWayMax { free.take() }
        for _ in 0..<underWayMax { free.give() }
        takeReturned()
    }

    private func runFast<Source: LoadSource & ~Copyable>(_ source: inout Source, _ count: Int, _ deadline: Int64) {
        var left = count
        while left > 0, failure == nil {
            free.take()
            takeReturned()
            let now = Machine.nanoseconds
            if now > deadline {
                free.give()
                return
            }
            let batch = takeSpare()
            let size = min(left, batchCommands)
            for _ in 0..<size { source.writeNext(into: batch, due: now) }
            left -= size
            send(batch)
        }
    }

    /// A command's time runs from the moment at which it was due, so that a stall counts for all that it held up.
    private func runPaced<Source: LoadSource & ~Copyable>(_ source: inout Source, _ count: Int, _ rate: Int) {
        let start = Machine.nanoseconds
        func due(_ number: Int) -> Int64 { start + Int64(Double(number) * 1e9 / Double(rate)) }
        var sent = 0
        while sent < count, failure == nil {
            let now = Machine.nanoseconds
            let wait = due(sent) - now
            if wait > 0 {
                Self.sleep(wait)
                continue
            }
            free.take()
            takeReturned()
            let batch = takeSpare()
            let dueByNow = min(count, Int(Double(now - start) * Double(rate) / 1e9) + 1)
            for number in sent..<min(max(dueByNow, sent + 1), sent + batchCommands) {
                source.writeNext(into: batch, due: due(number))
                sent += 1
            }
            send(batch)
        }
    }

    /// The system sleeps some 50 µs longer than it is told; a caller who spins instead would take a core.
    private static func sleep(_ nanoseconds: Int64) {
        var pause = timespec(tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
        nanosleep(&pause, nil)
    }

    private func send(_ batch: LoadBatch) {
        batch.handOver(to: ledger) { [self] batch in
            returned.with { $0.append(batch) }
            free.give()
        }
    }

    private func takeSpare() -> LoadBatch {
        spare.popLast() ?? LoadBatch(lanes: ledger.laneCount, commandsExpected: 256)
    }

    private func takeReturned() {
        let batches = returned.with { batches in
            defer { batches.removeAll(keepingCapacity: true) }
            return batches
        }
        for batch in batches {
            do throws(LedgerError) {
                try batch.look(&tally, latencies)
            } catch {
                failure = failure ?? error
            }
            settledCount.wrappingAdd(batch.count, ordering: .relaxed)
            batch.reset()
            spare.append(batch)
        }
    }
}
