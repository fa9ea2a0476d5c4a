private import Synchronization

/// Seals full segments while the lanes work, on one thread of the lowest priority: where a core is free it takes that,
/// where the lanes are short of cores it stands aside, and what is full waits. Only when that comes to half of what the
/// disk has free it no longer does: sealed it takes a sixth.
final class BackgroundSealing: Sendable {
    private let logs: [FileBatchLog]
    private let waits: CoreWaits
    private let thread = WokenThread()
    /// How many segments had been begun when it was last woken: they fill rarely, and commits are many.
    private let begun = Atomic<Int>(-1)
    /// Why a lane's segments are not sealed any more. It is not tried again: the next opening does.
    private let failures = Locked<[Int: LogError]>([:])

    init(logs: [FileBatchLog], beside waits: CoreWaits) {
        self.logs = logs
        self.waits = waits
    }

    var failure: LogError? { failures.with { $0.values.first } }

    func start() {
        thread.start("hf-seal", .polite) { [self] in
            for log in logs { sealAll(of: log) }
            return false
        }
    }

    /// Called after each commit.
    func wake() {
        let count = logs.reduce(0) { $0 + Int($1.tail.address / $1.at.segmentBytes) }
        if begun.exchange(count, ordering: .relaxed) != count { thread.wake() }
    }

    /// Returns once nothing is being sealed; a segment that is under way is left as it was.
    func stop() { thread.stop() }

    private func mayWait(_ log: FileBatchLog) -> Bool {
        guard let free = log.disk.freeBytes(at: log.at.directory) else { return true }
        let full = log.state.with { state in state.segments.headers.count { !state.sealed.contains($0.number) } }
        return UInt64(full) * log.at.segmentBytes < free / 2
    }

    private func sealAll(of log: FileBatchLog) {
        if failures.with({ $0[log.at.lane] != nil }) { return }
        let courtesy = Courtesy(waited: { [waits] in waits.nanoseconds })
        let sealer = SegmentSealer(log) { [self] in
            courtesy.standAside { !thread.isStopped && mayWait(log) }
            return thread.isStopped
        }
        while !thread.isStopped, let number = sealer.next() {
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
