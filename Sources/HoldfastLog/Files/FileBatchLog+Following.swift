/// Reading beside a running owner.
extension FileBatchLog {
    /// Moves the tail over the batches that the owner has written since. What is not a whole batch yet is left for
    /// the next time. For logs that were opened for reading.
    package func catchUp() throws(LogError) {
        while true {
            if let last = state.with({ $0.segments.headers.last }) { try read(onIn: last) }
            guard let next = try nextSegment() else { return }
            state.with { $0.segments.append(next) }
        }
    }

    private func read(onIn segment: SegmentHeader) throws(LogError) {
        let known = tail
        let isFresh = known.number + 1 == segment.firstBatch
        let scanner = isFresh ? try scanner(segment) : try scanner(segment, behind: known)
        while case .batch(let batch) = try scanner.step() {
            state.with { $0.tail = $0.tail.advanced(past: batch) }
        }
    }

    /// The segment behind the last one, once its first batch is on the way.
    private func nextSegment() throws(LogError) -> SegmentHeader? {
        let (last, tail) = state.with { ($0.segments.headers.last, $0.tail) }
        let number = last.map { $0.number + 1 } ?? 0
        guard disk.fileExists(SegmentNames.path(number, in: at.directory)) else { return nil }
        var block = [UInt8](repeating: 0, count: SegmentHeader.blockBytes)
        var got = 0
        var failure: LogError?
        block.withUnsafeMutableBytes { raw in
            do throws(LogError) { got = try read(into: raw, at: number * at.segmentBytes) } catch { failure = error }
        }
        if let failure { throw failure }
        guard got == block.count,
            case .header(let header) = block.withUnsafeBytes({ SegmentHeader.read($0) }),
            header.firstBatch == tail.number + 1, header.previousHash == tail.hash
        else { return nil }
        return header
    }
}
