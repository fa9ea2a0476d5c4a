import Testing

@testable import HoldfastLog

@Suite("Reading ahead")
struct ReadAheadTests {
    /// Batches made up in memory, and damage behind them where wanted.
    private final class MadeUp: BatchCursor {
        private let sizes: [Int]
        private let failure: LogError?
        private var number = 0
        private let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: Limits.batchBytesMax, alignment: 128)
        let asked = Locked(0)

        init(sizes: [Int], failure: LogError? = nil) {
            self.sizes = sizes
            self.failure = failure
        }

        deinit { memory.deallocate() }

        func next() throws(LogError) -> BatchView? {
            asked.with { $0 += 1 }
            guard number < sizes.count else {
                if let failure { throw failure }
                return nil
            }
            number += 1
            let header = BatchHeader(
                size: sizes[number - 1], number: UInt64(number), epoch: 0, round: 0, address: 0, position: 0, time: 0,
                count: 0, lane: 0, batchesInRound: 1, previousHash: Digest(), kind: .events)
            // Every byte says which batch it is of, so that a batch overwritten too early shows.
            memory.initializeMemory(as: UInt8.self, repeating: UInt8(truncatingIfNeeded: number))
            return BatchView(header: header, base: UnsafeRawPointer(memory.baseAddress!))
        }

        func extend(to end: UInt64) {}
    }

    private static let sizes = (0..<300).map { 256 + $0 * 997 % 40_000 / 128 * 128 } + [Limits.batchBytesMax, 256]

    @Test("delivers every batch once, in order, whole")
    func delivers() throws {
        let batches = ReadAhead(of: MadeUp(sizes: Self.sizes))
        var count = 0
        while let batch = try batches.next() {
            count += 1
            #expect(batch.header.number == UInt64(count))
            #expect(batch.header.size == Self.sizes[count - 1])
            #expect(batch.bytes.allSatisfy { $0 == UInt8(truncatingIfNeeded: count) })
        }
        #expect(count == Self.sizes.count)
        #expect(try batches.next() == nil)
    }

    @Test("throws damage behind the good batches before it")
    func damage() throws {
        let failure = LogError.damaged(Damage(file: "f", offset: 7, found: "a flipped bit"))
        let batches = ReadAhead(of: MadeUp(sizes: [256, 512, 384], failure: failure))
        for number in 1...3 { #expect(try batches.next()?.header.number == UInt64(number)) }
        #expect(throws: failure) { try batches.next() }
    }

    @Test("gets no further ahead than its blocks, and stops when nobody takes any more")
    func bounded() throws {
        let source = MadeUp(sizes: Array(repeating: Limits.batchBytesMax, count: 100))
        let asked = source.asked
        do {
            let batches = ReadAhead(of: source)
            #expect(try batches.next()?.header.number == 1)
        }
        #expect(asked.with { $0 } <= 5)
    }
}
