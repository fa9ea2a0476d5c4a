/// What there is to know of a sealed segment without reading its events.
package struct SealedSpan: Sendable, Equatable {
    package let lane: Int
    package let number: UInt64
    /// Behind its last byte.
    package let end: UInt64
    package let events: UInt64
    package let bytes: UInt64
    /// Earliest and latest time of an event; both 0 where there is none.
    package let firstTime: Int64
    package let lastTime: Int64
    package let lastPosition: UInt64
    package let root: SegmentRoot
}

extension FileBatchLog {
    package func span(ofSealed number: UInt64) throws(LogError) -> SealedSpan {
        let header = try sealed(number).header
        return SealedSpan(
            lane: at.lane, number: number, end: (number + 1) * at.segmentBytes, events: header.events,
            bytes: header.fileBytes, firstTime: header.firstTime, lastTime: header.lastTime,
            lastPosition: header.lastPosition, root: header.root)
    }

    /// The sealed segments with which the log begins, oldest first, up to the first one that is not sealed. The last
    /// segment of the log is never among them, as it holds the log's end.
    package var sealedBeginning: [UInt64] {
        state.with { state in
            let numbers = state.segments.headers.map(\.number).dropLast()
            return Array(numbers.prefix { state.sealed.contains($0) })
        }
    }

    /// The addresses from which the lane's newest good snapshots need the log, the newest first. Each is read whole.
    package func snapshotStarts(most: Int) throws(LogError) -> [UInt64] {
        var starts: [UInt64] = []
        for name in try SnapshotFile.list(in: at.directory, on: disk) where starts.count < most {
            do throws(LogError) {
                let reader = try SnapshotReader(at.directory + "/" + name, of: at, on: disk)
                while try reader.next() != nil {}
                if let end = reader.end, end <= tail.address { starts.append(reader.start) }
            } catch {
                guard case .damaged = error else { throw error }
            }
        }
        return starts
    }

    /// Whether a sealed segment's events are good, and lead to its root; what is wrong is thrown.
    package func checkSealed(_ number: UInt64) throws(LogError) {
        try SealedVerifier().verify(sealed(number), seed: at.hashSeed)
    }

    /// Gives up the segments before `number`, all of them sealed. Whether that may be is the caller's to know.
    package func giveUp(before number: UInt64) throws(LogError) {
        let dropped = sealedBeginning.filter { $0 < number }
        try drop(dropped)
    }
}
