import Foundation
import SimulatedDisk
import Testing

@testable import HoldfastLog

/// A store that seals by itself, with its threads running.
@Suite struct SealedBackgroundTests {
    @Test("full segments are sealed while appends go on, and all events stay where they were", arguments: [1, 2])
    func seals(lanes: Int) async throws {
        let disk = SimulatedDisk()
        let store = try EventStore.open(
            at: StoreUnderTest.path, options: .init(lanes: lanes, segmentBytes: 64 << 10, seals: true), on: disk,
            clock: GivenClock(1_000), drive: .threads, identity: StoreUnderTest.identity)
        var texts: [String] = []
        while store.logs.contains(where: { $0.segmentCount < 5 }) {
            let text = "event \(texts.count) " + String(repeating: "x", count: 700)
            texts.append(text)
            try await store.append(Event(text), to: StreamKey("stream-\(texts.count % 7)"))
        }
        // It is only a question of when: the thread seals until nothing is left.
        while store.logs.contains(where: { $0.openSegments.count > 1 }) {
            #expect(store.engine.sealingFailure == nil)
            if store.engine.sealingFailure != nil { break }
            await Task.yield()
        }
        let all = try await store.readAll().collect()
        #expect(all.map(\.text) == texts)
        for stream in 0..<7 {
            let events = try await store.read(StreamKey("stream-\(stream)")).collect()
            #expect(events.map(\.revision) == Array(1...UInt64(events.count)))
        }
        await store.close()
        let report = try LogVerifier.verify(SealedStore.directory(disk), deep: true)
        #expect(report.faults.isEmpty && report.sealedSegments >= 4 * lanes && report.events == UInt64(texts.count))
    }
}
