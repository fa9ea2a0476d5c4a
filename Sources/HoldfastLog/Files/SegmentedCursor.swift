/// Goes through the batches of a log, segment after segment, and checks that none is missing in between.
final class SegmentedCursor: BatchCursor {
    private let log: FileBatchLog
    private let start: UInt64
    private var end: UInt64
    private var scanner: SegmentScanner?
    private var nextSegment: UInt64
    /// Damage was passed in this segment: whether the next one continues it can't be told.
    private var passedDamage = false
    /// The next segment can't be read at all.
    private var isUnreadable = false
    /// Where sealed segments come from that were looked at before.
    private let ahead: SealedAhead?
    /// Of segments that are full; the last one grows.
    private let manner: ReadWindow.Manner
    /// Whether all batches of the present segment are known to match their hashes.
    private(set) var isChecked = false

    init(
        log: FileBatchLog, from start: UInt64, upTo end: UInt64, _ manner: ReadWindow.Manner = .asItGrows,
        ahead: SealedAhead? = nil
    ) {
        self.log = log
        self.manner = manner
        self.ahead = ahead
        self.start = start
        self.end = end
        nextSegment = start / log.at.segmentBytes
    }

    func next() throws(LogError) -> BatchView? {
        while true {
            if scanner == nil, try !openNext() { return nil }
            guard let scanner else { return nil }
            if scanner.address >= end { return nil }
            switch try scanner.step() {
            case .batch(let batch):
                if batch.header.address + UInt64(batch.header.size) > start { return batch }
            case .blank:
                try leave(scanner)
            case .bad(let what, let at, _):
                throw log.damage(at: scanner.header.number * log.at.segmentBytes + at, what)
            }
        }
    }

    func extend(to end: UInt64) {
        self.end = max(self.end, end)
        scanner?.forgetReadAhead()
    }

    private func openNext() throws(LogError) -> Bool {
        let (found, isFull) = log.state.with {
            ($0.segments.header(nextSegment), $0.segments.header(nextSegment + 1) != nil)
        }
        guard let header = found else { return false }
        if header.number * header.segmentBytes >= end { return false }
        passedDamage = false
        do throws(LogError) {
            if let image = ahead?.take(header.number) {
                isChecked = true
                scanner = SegmentScanner(file: image, header: header)
            } else {
                isChecked = false
                scanner = try log.scanner(header, isFull ? manner : .asItGrows)
            }
        } catch {
            isUnreadable = true
            throw error
        }
        return true
    }

    /// At the blank end of a segment: the next one must continue it, if there is one.
    private func leave(_ done: SegmentScanner) throws(LogError) {
        if let next = log.state.with({ $0.segments.header(nextSegment + 1) }) {
            if !passedDamage, next.firstBatch != done.number || next.previousHash != done.hash {
                throw log.damage(
                    at: done.address,
                    "batch \(done.number) was expected; the next segment begins with batch \(next.firstBatch)")
            }
        } else if done.address < end {
            throw log.damage(at: done.address, "the log ends here, but it was acknowledged up to \(end)")
        }
        nextSegment += 1
        scanner = nil
    }

    func passDamage() throws(LogError) -> DamagePassed {
        if let scanner {
            passedDamage = true
            let passed = try scanner.passDamage()
            guard case .nothingBehind = passed else { return passed }
            self.scanner = nil
            nextSegment += 1
        } else if isUnreadable {
            isUnreadable = false
            nextSegment += 1
        }
        return log.state.with { $0.segments.header(nextSegment) } == nil ? .nothingBehind : .behind
    }
}
