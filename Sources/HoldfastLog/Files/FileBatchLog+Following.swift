/// Reading beside a running owner.
extension FileBatchLog {
    /// Moves the tail over the batches that the owner has written since. What is not a whole batch yet is left for
    /// the next time. For logs that were opened for reading.
    ///
    /// With a round given it stops before the first batch of a later one.
    package func catchUp(toRound round: UInt64 = .max) throws(LogError) {
        while true {
            try forgetIfGivenUp()
            let last = state.with { $0.segments.headers.last }
            if let last, try !read(onIn: last, toRound: round) { return }
            guard let next = try nextSegment() else { return }
            state.with { $0.segments.append(next) }
            // Once its owner has sealed it, an open descriptor would keep its bytes on disk.
            if let last { files.forget(last.number) }
        }
    }

    /// A segment of which no batch was ever whole is given up by the next owner after a crash, who makes another of the
    /// same name: then what is open here has no name any more, and would be waited on for ever.
    private func forgetIfGivenUp() throws(LogError) {
        guard let last = state.with({ $0.segments.headers.last }), tail.number + 1 == last.firstBatch else { return }
        if try header(of: last.number) == last { return }
        state.with { _ = $0.segments.removeLast() }
    }

    /// The newest batch behind the tail, up to a round; the tail stays where it is.
    func newestAhead(upToRound round: UInt64 = .max) throws(LogError) -> BatchHeader? {
        let scout = FileBatchLog(at: at, disk: disk, state: state.with { $0 }, report: openedWith)
        try scout.catchUp(toRound: round)
        return scout.tail.number > tail.number ? scout.lastBatch : nil
    }

    /// False when a batch of a later round stopped it.
    private func read(onIn segment: SegmentHeader, toRound round: UInt64) throws(LogError) -> Bool {
        let known = tail
        let isFresh = known.number + 1 == segment.firstBatch
        let scanner = isFresh ? try scanner(segment) : try scanner(segment, behind: known)
        while case .batch(let batch) = try scanner.step() {
            if batch.header.round > round { return false }
            state.with { state in
                state.tail = state.tail.advanced(past: batch)
                state.last = batch.header
            }
        }
        return true
    }

    /// The segment behind the last one, once its first batch is on the way.
    private func nextSegment() throws(LogError) -> SegmentHeader? {
        let (last, tail) = state.with { ($0.segments.headers.last, $0.tail) }
        guard let header = try header(of: last.map { $0.number + 1 } ?? 0), header.firstBatch == tail.number + 1,
            header.previousHash == tail.hash
        else { return nil }
        return header
    }

    /// What the file that has a segment's name now says; nil where there is none, or nothing in it yet.
    private func header(of number: UInt64) throws(LogError) -> SegmentHeader? {
        files.forget(number)
        guard disk.fileExists(SegmentNames.path(number, in: at.directory)) else { return nil }
        var block = [UInt8](repeating: 0, count: SegmentHeader.blockBytes)
        var got = 0
        var failure: LogError?
        block.withUnsafeMutableBytes { raw in
            do throws(LogError) { got = try read(into: raw, at: number * at.segmentBytes) } catch { failure = error }
        }
        if let failure { throw failure }
        guard got == block.count, case .header(let header) = block.withUnsafeBytes({ SegmentHeader.read($0) }) else {
            return nil
        }
        return header
    }
}
