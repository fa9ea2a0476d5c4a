import SimulatedDisk

@testable import HoldfastLog

/// Runs `body` with a store whose threads run, on a simulated disk of its own, and closes it afterwards.
func withStore(
    on disk: SimulatedDisk = SimulatedDisk(), lanes: Int = 1, segmentBytes: UInt64 = 64 << 10,
    upcasters: Upcasters = Upcasters(), snapshots: SnapshotPolicy? = .automatic,
    _ body: (EventStore) async throws -> Void
) async throws {
    let store = try EventStore.open(
        at: StoreUnderTest.path,
        options: .init(lanes: lanes, segmentBytes: segmentBytes, upcasters: upcasters), on: disk,
        clock: GivenClock(1_000), drive: .threads, identity: StoreUnderTest.identity,
        snapshots: snapshots)
    do {
        try await body(store)
    } catch {
        await store.close()
        throw error
    }
    await store.close()
}

extension Event {
    /// An event of type 1 whose payload is a text.
    init(_ text: String) { self.init(type: 1, payload: Array(text.utf8)) }
}

extension RecordedEvent {
    var text: String { String(decoding: payload, as: UTF8.self) }
}

extension AsyncSequence {
    /// All elements, or the first `count`.
    func collect(_ count: Int = .max) async throws -> [Element] {
        var all: [Element] = []
        if count == 0 { return all }
        for try await element in self {
            all.append(element)
            if all.count == count { break }
        }
        return all
    }
}

/// The error that `body` throws, or nil.
func failure(_ body: () async throws -> Void) async -> LogError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? LogError
    }
}
