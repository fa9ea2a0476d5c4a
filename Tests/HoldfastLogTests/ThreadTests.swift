import HoldfastTestSupport
import Testing

@testable import HoldfastLog

/// The engine's threads on a real disk.
@Suite struct ThreadTests {
    @Test("64 tasks append at once: everything acknowledged is there once after reopening", arguments: [1, 4])
    func manyTasks(lanes: Int) async throws {
        let directory = TemporaryDirectory()
        let path = directory.path + "/store"
        let store = try await EventStore.open(at: path, options: .init(lanes: lanes, segmentBytes: 256 << 10))
        let acknowledged = try await withThrowingTaskGroup(of: [(StreamKey, AppendResult, String)].self) { group in
            for task in 0..<64 {
                group.addTask {
                    var mine: [(StreamKey, AppendResult, String)] = []
                    for number in 0..<40 {
                        let stream: StreamKey = "stream-\((task + number) % 50)"
                        let text = "\(task)/\(number)" + String(repeating: "x", count: 100 + number * 5)
                        mine.append((stream, try await store.append(Event(text), to: stream), text))
                    }
                    return mine
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(acknowledged.count == 64 * 40)
        await store.close()
        let again = try await EventStore.open(at: path)
        #expect(again.opened.closedCleanly)
        let all = try await again.readAll().collect()
        #expect(all.map(\.position) == Array(1...UInt64(64 * 40)))
        for (stream, result, text) in acknowledged {
            let event = all[Int(result.position) - 1]
            #expect(event.stream == stream && event.revision == result.revision && event.text == text)
        }
        await again.close()
    }

    @Test("closing while tasks append answers every one of them, and keeps what was acknowledged")
    func closeWhileAppending() async throws {
        let directory = TemporaryDirectory()
        let path = directory.path + "/store"
        let store = try await EventStore.open(at: path, options: .init(lanes: 2, segmentBytes: 256 << 10))
        let counts = await withTaskGroup(of: Int.self) { group in
            for task in 0..<16 {
                group.addTask {
                    var acknowledged = 0
                    while await failure({ try await store.append(Event("\(task)"), to: "s\(task)") }) == nil {
                        acknowledged += 1
                        // The last of them to get so far closes the store in the midst of the others.
                        if task == 15, acknowledged == 50 { await store.close() }
                    }
                    return acknowledged
                }
            }
            return await group.reduce(into: 0) { $0 += $1 }
        }
        let again = try await EventStore.open(at: path)
        #expect(again.opened.closedCleanly)
        #expect(again.lastPosition == UInt64(counts))
        await again.close()
    }

    @Test("bulk appends by several tasks, larger than a segment, arrive whole")
    func bulk() async throws {
        let directory = TemporaryDirectory()
        let path = directory.path + "/store"
        let store = try await EventStore.open(at: path, options: .init(segmentBytes: 1 << 20))
        let total = try await withThrowingTaskGroup(of: Int.self) { group in
            for task in 0..<4 {
                group.addTask {
                    var batch = AppendBatch()
                    for number in 0..<5_000 {
                        try batch.append(Event("\(number) " + String(repeating: "b", count: 300)), to: "s\(task)")
                    }
                    return try await store.append(batch).count { (try? $0.get()) != nil }
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(total == 20_000)
        await store.close()
        let again = try await EventStore.open(at: path)
        for task in 0..<4 { #expect(try await again.revision(of: "s\(task)") == 5_000) }
        #expect(again.logs[0].segmentCount > 4)
        await again.close()
    }
}
