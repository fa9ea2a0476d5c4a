/// From when on the log's records matter to request memory: a ring of moments and the log's end at each.
///
/// All records before a mark's address are at most as late as the mark. Once the mark is older than the window, so
/// are they. Marks stand a thousandth of a window apart: what memory keeps too long is a thousandth of it.
struct RequestWindow {
    struct Mark: BitwiseCopyable {
        var time: Int64
        var address: UInt64
    }

    let milliseconds: Int64
    private let spacing: Int64
    private(set) var marks: [Mark] = []
    private var oldest = 0
    /// Everything before this address is older than the window.
    private(set) var floor: UInt64 = 0
    /// Nothing changes before this time.
    private(set) var nextChange: Int64 = .min

    static let marksMax = 1024

    init(milliseconds: Int64) {
        self.milliseconds = milliseconds
        spacing = max(1, milliseconds / Int64(Self.marksMax))
        marks.reserveCapacity(2 * Self.marksMax + 2)
    }

    /// Whether a request that was first answered at `time` is still guarded.
    @inline(__always)
    func guards(_ time: Int64, at now: Int64) -> Bool { now < time &+ milliseconds }

    /// Time has come to `now` while the log ends at `address`. Cheap until `nextChange`.
    @inline(__always)
    mutating func note(_ now: Int64, logEndsAt address: UInt64) {
        if now >= nextChange { turn(now, address) }
    }

    @inline(never)
    private mutating func turn(_ now: Int64, _ address: UInt64) {
        while oldest < marks.count, !guards(marks[oldest].time, at: now) {
            floor = max(floor, marks[oldest].address)
            oldest += 1
        }
        if oldest > Self.marksMax {
            marks.removeFirst(oldest)
            oldest = 0
        }
        if marks.last.map({ now &- $0.time >= spacing }) ?? true { marks.append(Mark(time: now, address: address)) }
        let first = oldest < marks.count ? marks[oldest].time &+ milliseconds : .max
        nextChange = min(first, (marks.last?.time ?? now) &+ spacing)
    }

    /// The marks that still count, for a snapshot.
    var living: ArraySlice<Mark> { marks[oldest...] }

    /// Takes over a mark of a snapshot, in their order.
    mutating func restore(_ mark: Mark) {
        guard marks.last.map({ mark.time > $0.time }) ?? true else { return }
        marks.append(mark)
        nextChange = .min
    }

    mutating func restore(floor: UInt64) { self.floor = max(self.floor, floor) }
}
