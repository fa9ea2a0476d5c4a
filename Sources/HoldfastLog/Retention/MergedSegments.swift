/// The events of several sealed segments, of any lanes, in the order of their keys, each key's in the order of the log.
///
///     let merged = try MergedSegments([(log, 0), (log, 1)])
///     while let event = try merged.next() { … }
///
/// Each segment lies in that order already, so one block of each is in memory and the smallest is always next.
package final class MergedSegments {
    package struct Event {
        /// Good until the next call.
        package let record: RecordView
        package let lane: Int
        package let segment: UInt64
    }

    private var sources: [Source] = []
    /// The sources with rows left, as a heap: none comes before the one at half its index.
    private var heap: [Int] = []
    private let record = RowRecord()
    private var hasGivenFirst = false

    package init(_ segments: [(log: FileBatchLog, number: UInt64)]) throws(LogError) {
        for (log, number) in segments {
            let source = Source(try log.sealed(number), packing: log.at.packing)
            if try source.advance() { sources.append(source) }
        }
        heap = Array(sources.indices)
        for index in heap.indices.reversed() { sink(index) }
    }

    /// The next event, or nil behind the last.
    package func next() throws(LogError) -> Event? {
        if hasGivenFirst, let first = heap.first {
            if try !sources[first].advance() {
                heap[0] = heap[heap.count - 1]
                heap.removeLast()
            }
            sink(0)
        }
        hasGivenFirst = true
        guard let first = heap.first else { return nil }
        let source = sources[first]
        return Event(
            record: record.view(of: source.row), lane: source.segment.header.segment.lane,
            segment: source.segment.header.segment.number)
    }

    private func sink(_ start: Int) {
        var index = start
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2]
            where child < heap.count && sources[heap[child]].precedes(sources[heap[least]]) { least = child }
            if least == index { return }
            heap.swapAt(index, least)
            index = least
        }
    }

    /// One segment, row by row.
    private final class Source {
        let segment: SealedSegment
        private let reader: SealedSegment.BlockReader
        private var rows = UnsafeMutableBufferPointer<SealedRow>(start: nil, count: 0)
        private var index = -1
        private var nextBlock = 0

        init(_ segment: SealedSegment, packing: any PayloadPacking) {
            self.segment = segment
            reader = SealedSegment.BlockReader(packing)
        }

        var row: SealedRow { rows[index] }

        func advance() throws(LogError) -> Bool {
            index += 1
            if index < rows.count { return true }
            guard nextBlock < segment.index.count else { return false }
            rows = try segment.rows(of: nextBlock, with: reader)
            nextBlock += 1
            index = 0
            return true
        }

        /// A key lives in one lane, so that addresses of one key can be compared.
        func precedes(_ other: Source) -> Bool {
            let order = compareBytes(row.keyBytes, other.row.keyBytes)
            return order < 0 || (order == 0 && row.address < other.row.address)
        }
    }
}
