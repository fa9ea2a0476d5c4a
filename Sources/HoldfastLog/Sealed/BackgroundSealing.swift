internal import CHoldfast
private import Synchronization

/// Seals full segments while the lanes work, on one thread of the lowest priority: where a core is free it takes that,
/// where none is the lanes leave it next to nothing, and what is full waits.
final class BackgroundSealing: Sendable {
    private let logs: [FileBatchLog]
    private let signal = Signal()
    private let isStopped = Atomic<Bool>(false)
    private let thread = Locked<WorkerThread?>(nil)
    /// How many segments had been begun when it was last woken: they fill rarely, and commits are many.
    private let begun = Atomic<Int>(-1)
    /// Why a lane's segments are not sealed any more. It is not tried again: the next opening does.
    private let failures = Locked<[Int: LogError]>([:])

    init(logs: [FileBatchLog]) { self.logs = logs }

    var failure: LogError? { failures.with { $0.values.first } }

    func start() {
        let started = WorkerThread(name: "hf-seal") { [self] in loop() }
        thread.with { $0 = started }
    }

    /// Called after each commit.
    func wake() {
        let count = logs.reduce(0) { $0 + Int($1.tail.address / $1.at.segmentBytes) }
        if begun.exchange(count, ordering: .relaxed) != count { signal.raise() }
    }

    /// Returns once nothing is being sealed; a segment that is under way is left as it was.
    func stop() {
        isStopped.store(true, ordering: .relaxed)
        signal.raise()
        let running = thread.with { thread in
            defer { thread = nil }
            return thread
        }
        running?.join()
    }

    private func loop() {
        hf_polite_thread()
        while !isStopped.load(ordering: .relaxed) {
            let ticket = signal.ticket
            for log in logs { sealAll(of: log) }
            if isStopped.load(ordering: .relaxed) { return }
            signal.wait(after: ticket)
        }
    }

    private func sealAll(of log: FileBatchLog) {
        if failures.with({ $0[log.at.lane] != nil }) { return }
        let sealer = SegmentSealer(log) { [self] in isStopped.load(ordering: .relaxed) }
        while !isStopped.load(ordering: .relaxed), let number = sealer.next() {
            do throws(LogError) {
                _ = try sealer.seal(number)
            } catch {
                if case .stopped = error { return }
                // A full disk is met again by whoever needs a segment, and reported there.
                if case .storageFull = error { return }
                failures.with { $0[log.at.lane] = error }
                return
            }
        }
    }
}
