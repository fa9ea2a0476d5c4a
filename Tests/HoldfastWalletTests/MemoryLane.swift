import CHoldfast
import HoldfastLog

@testable import HoldfastWallet

/// A lane of the log in one piece of memory: records lie at base + address, in batches as small as a test wants.
final class MemoryLane: @unchecked Sendable {
    let base: UnsafeMutableRawPointer
    let batchBytes: Int
    /// The batches that were committed: address and end of each.
    private(set) var batches: [(address: UInt64, end: UInt64)] = []
    private(set) var nextAddress: UInt64 = 4096
    /// How many records were read back by address.
    private(set) var reads = 0
    /// When set, every read fails with it.
    var readFailure: LogError?
    private static let size = 1 << 30

    init(batchBytes: Int = 1 << 16) {
        base = hf_map_reserve(Self.size)
        self.batchBytes = batchBytes
    }

    deinit { _ = hf_unmap(base, Self.size) }

    /// A turn with a fresh batch.
    func openTurn(now: Int64, lane: Int = 0) -> LaneTurn {
        let batch = OpenBatch(base: base + Int(nextAddress), address: nextAddress, capacity: batchBytes)
        return LaneTurn(batch: batch, now: now, lane: lane, reader: LaneReader(log: MemoryBatchLog(self)))
    }

    /// Makes the records of a batch part of the log, with their checksums.
    func commit(_ batch: OpenBatch) {
        guard batch.count > 0 else { return }
        var address = batch.address + 128
        while address < batch.nextAddress {
            let record = base + Int(address)
            let size = RecordView(record).size
            record.storeBytes(of: hf_crc32c(0, record + 4, size - 4), as: UInt32.self)
            address += UInt64(size)
        }
        batches.append((batch.address, batch.nextAddress))
        nextAddress = (batch.nextAddress + 127) & ~127
    }

    /// Every committed record from an address on.
    func forEachRecord<Failure: Error>(
        from start: UInt64 = 0, _ body: (RecordView, UInt64) throws(Failure) -> Void
    ) throws(Failure) {
        for batch in batches {
            var address = batch.address + 128
            while address < batch.end {
                let record = RecordView(base + Int(address))
                if address >= start { try body(record, address) }
                address += UInt64(record.size)
            }
        }
    }

    fileprivate func read(into buffer: UnsafeMutableRawBufferPointer, at address: UInt64) throws(LogError) -> Int {
        if let readFailure { throw readFailure }
        reads += 1
        buffer.copyMemory(from: UnsafeRawBufferPointer(start: base + Int(address), count: buffer.count))
        return buffer.count
    }
}

/// As much of a log as a lane's reader needs.
private final class MemoryBatchLog: BatchLog {
    private let lane: MemoryLane

    init(_ lane: MemoryLane) { self.lane = lane }

    func read(into buffer: UnsafeMutableRawBufferPointer, at address: UInt64) throws(LogError) -> Int {
        try lane.read(into: buffer, at: address)
    }

    func damage(at address: UInt64, _ found: String) -> LogError {
        .damaged(Damage(file: "memory", offset: address, found: found))
    }

    var tail: LogTail { fatalError("a wallet doesn't ask for it") }
    var batchBytesMax: Int { lane.batchBytes }
    func acquire(at time: Int64, round: UInt64, position: UInt64) throws(LogError) -> Tenure { fatalError() }
    func place(after address: UInt64, atLeast bytes: Int) throws(LogError) -> BatchPlace { fatalError() }
    func append(_ batch: BatchView, epoch: UInt64, expected address: UInt64) -> AppendOutcome { fatalError() }
    func batches(from address: UInt64, upTo end: UInt64) throws(LogError) -> any BatchCursor { fatalError() }
    func address(near position: UInt64) throws(LogError) -> UInt64 { fatalError() }
    func trim(before address: UInt64) throws(LogError) { fatalError() }
}
