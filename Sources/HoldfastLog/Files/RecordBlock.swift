internal import CHoldfast

/// Records of one lane side by side, on their way from the thread that reads and checks to those that take them in.
package final class RecordBlock: @unchecked Sendable {
    // @unchecked: the reader fills it before anybody else sees it; then it is only read, until all are done with it.
    package private(set) var lane = 0
    private var memory = UnsafeMutableRawBufferPointer.allocate(byteCount: RecordBlock.bytes, alignment: 64)
    private let places = UnsafeMutablePointer<PlacedRecord>.allocate(capacity: RecordBlock.countMax)
    private var count = 0
    private var used = 0
    /// How many takers still have to go through it.
    let pending = Locked(0)

    /// Half of what a core's second cache holds, so that a taker on another core finds most of it close by.
    private static let bytes = 256 << 10
    private static let countMax = 4_096
    /// So many bytes behind the last record may be read, whatever stands there.
    package static let slackBytes = 64

    deinit {
        memory.deallocate()
        places.deallocate()
    }

    package var records: UnsafeBufferPointer<PlacedRecord> { UnsafeBufferPointer(start: places, count: count) }

    func clear(for lane: Int) {
        self.lane = lane
        count = 0
        used = 0
    }

    /// Copies records from the beginning of a run, as many as there is room for, and takes them off it. Those before
    /// `start` and those later than `time` are passed over.
    func fill(from run: inout RecordRun, start: UInt64, upTo time: Int64) {
        if count == 0 { begin(with: RecordView(run.base).size) }
        let room = memory.count - Self.slackBytes - used
        let target = UnsafeRawPointer(memory.baseAddress!) + used
        var size = 0
        var taken = 0
        while taken < run.count, count < Self.countMax {
            let record = RecordView(run.base + size)
            let next = size + record.size
            if next > room { break }
            let address = run.address + UInt64(size)
            if address >= start, record.time <= time {
                (places + count).initialize(to: PlacedRecord(record: RecordView(target + size), address: address))
                count &+= 1
            }
            size = next
            taken &+= 1
        }
        memcpy(memory.baseAddress! + used, run.base, size)
        used += size
        run.drop(taken, bytes: size)
    }

    /// An empty block has room for any record.
    private func begin(with size: Int) {
        used = 0
        if size + Self.slackBytes <= memory.count { return }
        memory.deallocate()
        memory = .allocate(byteCount: size + Self.slackBytes, alignment: 64)
    }
}
