import Glibc
import Testing

@testable import HoldfastLog

@Suite("Handing records on")
struct RecordRelayTests {
    /// A batch in memory whose records have payloads of the given sizes; each byte of a payload says the number.
    private final class MadeUp {
        private let memory: UnsafeMutableRawBufferPointer
        let batch: BatchView

        init(_ sizes: [Int], number: Int, address: UInt64, time: Int64 = 1) {
            let used = BatchHeader.bytes + sizes.reduce(0) { $0 + RecordLayout.size(key: 1, payload: $1, metadata: 0) }
            let size = BatchHeader.size(used: used, at: address)
            memory = .allocate(byteCount: size, alignment: 128)
            memory.initializeMemory(as: UInt8.self, repeating: 0)
            let base = memory.baseAddress!
            var at = BatchHeader.bytes
            for (index, size) in sizes.enumerated() {
                let header = RecordHeader(
                    type: 1, schemaVersion: 1, revision: UInt64(index + 1), previous: 0, time: time + Int64(index))
                header.store(at: base + at, key: 1, payload: size, metadata: 0)
                memset(base + at + RecordLayout.headerBytes + 1, Int32(truncatingIfNeeded: number + index), size)
                at += RecordView(base + at).size
            }
            let header = BatchHeader(
                size: size, number: UInt64(number), epoch: 0, round: 0, address: address, position: 1, time: time,
                count: sizes.count, lane: 0, batchesInRound: 1, previousHash: Digest(), kind: .events)
            _ = BatchView.finish(at: base, header: header, used: at)
            batch = BatchView(header: header, base: UnsafeRawPointer(base))
        }

        deinit { memory.deallocate() }
    }

    /// What a taker saw of a record.
    private struct Seen: Sendable, Equatable {
        var lane: Int
        var address: UInt64
        var payload: [UInt8]
    }

    private final class Taker: RecordTaker {
        let seen = Locked<[Seen]>([])
        private let failure: LogError?

        init(failure: LogError? = nil) { self.failure = failure }

        func take(_ block: RecordBlock) throws(LogError) {
            if let failure { throw failure }
            seen.with { seen in
                for placed in block.records {
                    seen.append(
                        Seen(lane: block.lane, address: placed.address, payload: Array(placed.record.payload)))
                }
            }
        }
    }

    private static let sizes: [[Int]] =
        (0..<60).map { number in (0..<(number * 37 % 113)).map { ($0 * 997 + number * 13) % 3_000 } }
        + [[900_000, 3, 5], [1], [], [8, 700_000]]

    private func put(_ relay: RecordRelay, lanes: Int = 1) -> [Seen] {
        var expected: [Seen] = []
        for (number, sizes) in Self.sizes.enumerated() {
            let made = MadeUp(sizes, number: number, address: UInt64(number) << 24)
            made.batch.forEachRecord { record, address in
                expected.append(Seen(lane: number % lanes, address: address, payload: Array(record.payload)))
            }
            #expect(relay.put(RecordRun(made.batch), of: number % lanes))
        }
        return expected
    }

    @Test("every taker sees every record once, in order, whole", arguments: [1, 3])
    func delivers(lanes: Int) throws {
        let takers = [Taker(), Taker(), Taker()]
        let relay = RecordRelay(takers: takers)
        let expected = put(relay, lanes: lanes)
        try relay.finish()
        #expect(relay.count == UInt64(expected.count))
        for taker in takers { #expect(taker.seen.with { $0 } == expected) }
    }

    @Test("passes over what lies before the start, and what is later than a time")
    func range() throws {
        let made = MadeUp([10, 20, 30, 40, 50], number: 1, address: 4096, time: 100)
        var addresses: [UInt64] = []
        made.batch.forEachRecord { _, address in addresses.append(address) }
        let taker = Taker()
        let relay = RecordRelay(takers: [taker], from: addresses[1], upTo: 103)
        #expect(relay.put(RecordRun(made.batch), of: 0))
        try relay.finish()
        #expect(taker.seen.with { $0.map(\.address) } == Array(addresses[1...3]))
        #expect(relay.count == 3)
    }

    @Test("a failing taker stops the reader, and its failure is the one that is thrown")
    func failure() throws {
        let failure = LogError.invalid(argument: "an event", reason: "it does not fit")
        let relay = RecordRelay(takers: [Taker(failure: failure), Taker()])
        var put = 0
        let made = MadeUp(Array(repeating: 100_000, count: 20), number: 0, address: 5 << 24)
        while put < 10_000, relay.put(RecordRun(made.batch), of: 0) { put += 1 }
        #expect(put < 10_000)
        #expect(throws: failure) { try relay.finish() }
    }

    @Test("ends its threads when it is dropped half-way")
    func dropped() {
        let taker = Taker()
        let made = MadeUp([1, 2, 3], number: 0, address: 0)
        do {
            let relay = RecordRelay(takers: [taker])
            #expect(relay.put(RecordRun(made.batch), of: 0))
        }
        #expect(taker.seen.with { $0.count } == 3)
    }
}
