internal import HoldfastLog

/// Several runs as one: records in the order of their keys, those of one key in the order of the runs.
struct MergedRuns {
    private let runs: [RunReader]
    /// A heap of the runs that are not at their end: each stands before the two at twice its place, plus one and two.
    private var heap: [Head] = []

    /// The record on which a run stands. It lies in memory that the run keeps.
    private struct Head: BitwiseCopyable {
        var record: RecordView
        let run: Int

        @inline(__always)
        func comesBefore(_ other: Head) -> Bool {
            let order = compareBytes(record.key, other.record.key)
            return order != 0 ? order < 0 : run < other.run
        }
    }

    /// The next record; nil behind the last.
    var record: RecordView? { heap.first?.record }

    init(_ runs: [RunReader]) throws(ArchiveError) {
        self.runs = runs
        for (number, run) in runs.enumerated() {
            if let first = try run.next() { heap.append(Head(record: first, run: number)) }
        }
        for index in (0..<heap.count / 2).reversed() { sink(index) }
    }

    mutating func advance() throws(ArchiveError) {
        if let next = try runs[heap[0].run].next() {
            heap[0].record = next
        } else {
            heap.swapAt(0, heap.count - 1)
            heap.removeLast()
        }
        sink(0)
    }

    private mutating func sink(_ start: Int) {
        var index = start
        while true {
            var first = index
            for child in [2 * index + 1, 2 * index + 2] where child < heap.count {
                if heap[child].comesBefore(heap[first]) { first = child }
            }
            if first == index { return }
            heap.swapAt(index, first)
            index = first
        }
    }
}
