/// Checks a lane's sealed segments on threads of its own, a few ahead of whoever goes through the lane, and hands over
/// what was put together from each: so that none is unpacked twice.
///
///     let ahead = SealedAhead(of: log, by: SealedVerifier())
///     while let batch = try cursor.next() { … }       // takes the images, segment after segment
///     for fault in ahead.finish() { … }
final class SealedAhead: Sendable {
    private let log: FileBatchLog
    private let verifier: SealedVerifier
    private let numbers: [UInt64]
    private let state = Locked(State())
    private let changed = Signal()
    private let pool = SegmentMemoryPool()
    private let threads: [WorkerThread]
    /// Segments in memory at a time, next to the one that is being gone through.
    private let imagesMax: Int

    private struct State: Sendable {
        /// The segment that is looked at next.
        var next = 0
        /// Those that were taken, or passed over.
        var taken = 0
        var images: [Int: SegmentImage] = [:]
        var faults: [Int: LogError] = [:]
    }

    private static let memoryMax = 256 << 20

    init(of log: FileBatchLog, by verifier: SealedVerifier, threads count: Int = 2) {
        self.log = log
        self.verifier = verifier
        numbers = log.sealedSegments
        imagesMax = max(1, min(count + 1, Self.memoryMax / Int(log.at.segmentBytes)))
        let (numbers, state, changed, pool, imagesMax) = (numbers, state, changed, pool, imagesMax)
        threads = (0..<min(count, imagesMax, numbers.count)).map { number in
            WorkerThread(name: "hf-verify-\(number)") {
                while let index = Self.wait(state, changed, numbers.count, imagesMax) {
                    do throws(LogError) {
                        let image = try verifier.image(
                            of: log.sealed(numbers[index]), seed: log.at.hashSeed, from: pool)
                        state.with { if index >= $0.taken { $0.images[index] = image } }
                    } catch {
                        state.with { $0.faults[index] = error }
                    }
                    changed.raise()
                }
            }
        }
    }

    /// The next segment to be looked at, once there is room for it; nil behind the last.
    private static func wait(_ state: Locked<State>, _ changed: Signal, _ count: Int, _ imagesMax: Int) -> Int? {
        while true {
            let ticket = changed.ticket
            let (index, isOver) = state.with { state -> (Int?, Bool) in
                guard state.next < min(count, state.taken + imagesMax) else { return (nil, state.next == count) }
                defer { state.next += 1 }
                return (state.next, false)
            }
            if index != nil || isOver { return index }
            changed.wait(after: ticket)
        }
    }

    /// A sealed segment as it stood in its open file, found to be good; nil where it is not, or is not sealed. Segments
    /// are asked for in their order, and those before one that was asked for no more.
    func take(_ number: UInt64) -> SegmentImage? {
        guard let index = numbers.firstIndex(of: number), state.with({ index >= $0.taken }) else { return nil }
        pass(upTo: index)
        while true {
            let ticket = changed.ticket
            let (image, isLookedAt) = state.with { state in
                (state.images.removeValue(forKey: index), state.faults[index] != nil)
            }
            if image != nil || isLookedAt {
                pass(upTo: index + 1)
                return image
            }
            changed.wait(after: ticket)
        }
    }

    private func pass(upTo index: Int) {
        state.with { state in
            state.taken = max(state.taken, index)
            for passed in state.images.keys where passed < state.taken { state.images[passed] = nil }
        }
        changed.raise()
    }

    /// What is wrong with the sealed segments, in their order, when all of them were looked at. Has to be called.
    func finish() -> [LogError] {
        pass(upTo: numbers.count)
        for thread in threads { thread.join() }
        let faults = state.with { $0.faults }.sorted { $0.key < $1.key }.map(\.value)
        return faults.isEmpty ? verifier.chainFaults(log, numbers) : faults
    }
}
