private import Synchronization

/// Seals full segments while the lanes work, on one thread of the lowest priority. Where the lanes are short of cores it
/// stands aside, and what is full waits; only when that is too much it goes on with the little that they leave it.
final class BackgroundSealing: Sendable {
    private let logs: [FileBatchLog]
    private let waits: CoreWaits
    private let thread = WokenThread()
    /// How many segments had been begun when it was last woken: they fill rarely, and commits are many.
    private let begun = Atomic<Int>(-1)
    /// How many segments, over all lanes, had been begun and were sealed when they were last counted.
    private let sealedOf = Atomic<Int>(0)
    /// Why a lane's segments are not sealed any more. It is not tried again: the next opening does.
    private let failures = Locked<[Int: LogError]>([:])

    init(logs: [FileBatchLog], beside waits: CoreWaits) {
        self.logs = logs
        self.waits = waits
    }

    var failure: LogError? { failures.with { $0.values.first } }

    func start() {
        thread.start("hf-seal", .polite) { [self] in
            sealAll()
            return false
        }
    }

    /// Called after each commit.
    func wake() {
        let count = begunNow
        if begun.exchange(count, ordering: .relaxed) != count { thread.wake() }
    }

    /// Returns once nothing is being sealed; a segment that is under way is left as it was.
    func stop() { thread.stop() }

    private var begunNow: Int { logs.reduce(0) { $0 + Int($1.tail.address / $1.at.segmentBytes) } }

    /// The lane with the most segments that wait, if any do.
    private func fullest() -> FileBatchLog? {
        let failed = failures.with { Set($0.keys) }
        var most: (log: FileBatchLog, count: Int)?
        var waiting = 0
        for log in logs where !failed.contains(log.at.lane) {
            let count = log.state.with { state in
                state.segments.headers.dropLast().count { !state.sealed.contains($0.number) }
            }
            waiting += count
            if count > most?.count ?? 0 { most = (log, count) }
        }
        sealedOf.store(begunNow - waiting, ordering: .relaxed)
        return most?.log
    }

    /// Asked while the lanes are short of cores: so it takes no lock that they may be waiting for.
    private var mayWait: Bool {
        let waiting = begun.load(ordering: .relaxed) - sealedOf.load(ordering: .relaxed)
        return !thread.isStopped && waiting * Int(logs[0].at.segmentBytes) < Limits.unsealedBytesMax
    }

    private func sealAll() {
        let courtesy = Courtesy(waits: { [waits] in waits.accounts })
        var room: SegmentMemory?
        while !thread.isStopped, let log = fullest() {
            let memory = room ?? SegmentMemory(size: Int(log.at.segmentBytes))
            room = memory
            guard sealNext(of: log, in: memory, courtesy) else { return }
        }
    }

    /// False where it failed: the other lanes are looked at again when the next segment is full.
    private func sealNext(of log: FileBatchLog, in memory: SegmentMemory, _ courtesy: Courtesy) -> Bool {
        let sealer = SegmentSealer(log, in: memory) { [self] in
            courtesy.standAside { mayWait }
            return thread.isStopped
        }
        guard let number = sealer.next() else { return false }
        do throws(LogError) {
            _ = try sealer.seal(number)
            return true
        } catch {
            switch error {
            // A full disk is met again by whoever needs a segment, and reported there.
            case .stopped, .storageFull: break
            default: failures.with { $0[log.at.lane] = error }
            }
            return false
        }
    }
}
