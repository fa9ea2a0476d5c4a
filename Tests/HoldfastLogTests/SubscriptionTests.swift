import SimulatedDisk
import Testing

@testable import HoldfastLog

/// Following the log: first what is there, then what comes, without a gap or a repeat.
@Suite struct SubscriptionTests {
    @Test("a subscription catches up and goes on live while others append", arguments: [1, 3])
    func catchUpThenLive(lanes: Int) async throws {
        try await withStore(lanes: lanes) { store async throws in
            let filler = String(repeating: "x", count: 500)
            for number in 0..<200 { try await store.append(Event("before \(number)" + filler), to: "s\(number % 5)") }
            async let live = store.subscribe().collect(600)
            async let fromTheMiddle = store.subscribe(from: 150).collect(451)
            await withTaskGroup(of: Void.self) { group in
                for task in 0..<4 {
                    group.addTask {
                        for number in 0..<100 {
                            _ = try? await store.append(Event("live \(number)" + filler), to: "t\(task)")
                        }
                    }
                }
            }
            let all = try await store.readAll().collect()
            #expect(all.map(\.position) == Array(1...600))
            #expect(try await live == all)
            #expect(try await fromTheMiddle == Array(all[149...]))
        }
    }

    @Test("many subscriptions at once each see everything")
    func manySubscribers() async throws {
        try await withStore { store async throws in
            let counts = try await withThrowingTaskGroup(of: [UInt64].self) { group in
                for _ in 0..<20 { group.addTask { try await store.subscribe().collect(100).map(\.position) } }
                for number in 0..<100 { try await store.append(Event("\(number)"), to: "s") }
                return try await group.reduce(into: [[UInt64]]()) { $0.append($1) }
            }
            #expect(counts == Array(repeating: Array(1...100), count: 20))
        }
    }

    @Test("a subscription from a later position waits for it")
    func fromTheFuture() async throws {
        try await withStore { store async throws in
            try await store.append(Event("1"), to: "s")
            async let later = store.subscribe(from: 5).collect(2)
            for number in 2...6 { try await store.append(Event("\(number)"), to: "s") }
            #expect(try await later.map(\.position) == [5, 6])
        }
    }

    @Test("a named subscription resumes behind the last event that was acknowledged")
    func checkpoint() async throws {
        let disk = SimulatedDisk()
        try await withStore(on: disk) { store async throws in
            for number in 1...10 { try await store.append(Event("\(number)"), to: "s") }
            #expect(try store.acknowledged(by: "mailer") == nil)
            let mailer = try store.subscribe(checkpoint: "mailer")
            for event in try await mailer.collect(6) where event.position % 2 == 0 {
                try await mailer.acknowledge(event)
            }
            #expect(try store.acknowledged(by: "mailer") == 6)
            #expect(try await store.subscribe(checkpoint: "mailer").collect(1).map(\.position) == [7])
            #expect(try await store.subscribe(checkpoint: "other").collect(1).map(\.position) == [1])
        }
        // Durable once acknowledged: it outlives a crash of the machine.
        try await withStore(on: disk.afterCrash(.nothing)) { store async throws in
            let mailer = try store.subscribe(checkpoint: "mailer")
            let rest = try await mailer.collect(4)
            #expect(rest.map(\.position) == [7, 8, 9, 10])
            try await mailer.acknowledge(rest[3])
            async let next = mailer.collect(1)
            try await store.append(Event("11"), to: "s")
            #expect(try await next.map(\.position) == [11])
        }
    }

    @Test("a consumer that fails half-way resumes without a gap, and repeats only what it never acknowledged")
    func failingConsumer() async throws {
        struct Failure: Error {}
        let disk = SimulatedDisk()
        let handled = Locked<[UInt64]>([])
        for attempt in 0..<8 {
            try await withStore(on: disk) { store async throws in
                for number in 0..<20 { try await store.append(Event("\(attempt)-\(number)"), to: "s") }
                do {
                    let subscription = try store.subscribe(checkpoint: "consumer")
                    for event in try await subscription.collect(15) {
                        if event.position % 13 == 12, handled.with({ $0.last }) != event.position - 1 {
                            throw Failure()
                        }
                        handled.with { $0.append(event.position) }
                        try await subscription.acknowledge(event)
                        if event.position % 13 == 11 { throw Failure() }
                    }
                } catch is Failure {}
            }
        }
        let positions = handled.with { $0 }
        #expect(positions == Array(1...UInt64(positions.count)))
        #expect(positions.count > 60)
    }

    @Test("a checkpoint never goes back")
    func checkpointIsMonotonic() async throws {
        try await withStore { store async throws in
            for number in 1...5 { try await store.append(Event("\(number)"), to: "s") }
            let subscription = try store.subscribe(checkpoint: "c")
            let events = try await subscription.collect(5)
            try await subscription.acknowledge(events[3])
            try await subscription.acknowledge(events[1])
            #expect(try store.acknowledged(by: "c") == 4)
        }
    }

    @Test("a checkpoint's name must be one of a file", arguments: ["", "a/b", "..", ".", "with space", "ä", "a.new"])
    func checkpointNames(name: String) async throws {
        try await withStore { store async throws in
            let error = await failure { _ = try store.subscribe(checkpoint: name) }
            guard case .invalid("checkpoint name", _) = error else {
                Issue.record("\"\(name)\" was taken: \(String(describing: error))")
                return
            }
        }
    }

    @Test("a subscription without a name can't be acknowledged")
    func noCheckpoint() async throws {
        try await withStore { store async throws in
            try await store.append(Event("1"), to: "s")
            let subscription = store.subscribe()
            let event = try await subscription.collect(1)[0]
            guard case .invalid = await failure({ try await subscription.acknowledge(event) }) else {
                Issue.record("there is nothing to acknowledge to")
                return
            }
        }
    }

    @Test("a checkpoint beyond the end of the log is refused: one of them is not what it was")
    func checkpointBeyondEnd() async throws {
        let disk = SimulatedDisk()
        try await withStore(on: disk) { store async throws in
            try await store.append(Event("1"), to: "s")
            let directory = store.directory
            try Checkpoint("c", in: directory).advance(to: 99)
            let error = await failure { _ = try await store.subscribe(checkpoint: "c").collect(1) }
            #expect(error?.description.contains("stands at 99, but the log ends at 1") == true)
        }
    }

    @Test("a damaged checkpoint is named, not started over")
    func damagedCheckpoint() async throws {
        let disk = SimulatedDisk()
        try await withStore(on: disk) { store async throws in
            try await store.append(Event("1"), to: "s")
            let subscription = try store.subscribe(checkpoint: "c")
            try await subscription.acknowledge(try await subscription.collect(1)[0])
            var bytes = disk.contents("/log/checkpoints/c")!
            bytes[33] ^= 1
            disk.overwrite("/log/checkpoints/c", with: bytes)
            guard case .damaged(let damage)? = await failure({ _ = try await subscription.collect(1) }) else {
                Issue.record("the damage went unnoticed")
                return
            }
            #expect(damage.file == "/log/checkpoints/c")
        }
    }

    @Test("cancelling its task ends a subscription that waits")
    func cancel() async throws {
        try await withStore { store async throws in
            for number in 1...3 { try await store.append(Event("\(number)"), to: "s") }
            let seen = DurableEnd(position: 0, addresses: [])
            let task = Task {
                var positions: [UInt64] = []
                for try await event in store.subscribe() {
                    positions.append(event.position)
                    seen.advance(to: event.position, addresses: [])
                }
                return positions
            }
            #expect(await seen.wait(beyond: 2))
            task.cancel()
            #expect(try await task.value == [1, 2, 3])
        }
    }

    @Test("closing the store ends its subscriptions, behind the last durable event")
    func close() async throws {
        let store = try EventStore.open(
            at: "/log", options: .init(segmentBytes: 64 << 10), on: SimulatedDisk(), clock: GivenClock(1),
            drive: .threads)
        async let followed = store.subscribe().collect()
        for number in 1...50 { try await store.append(Event("\(number)"), to: "s") }
        await store.close()
        let positions = try await followed.map(\.position)
        #expect(
            positions == Array(1...50) || positions.isEmpty == false && positions == Array(1...UInt64(positions.count)))
        #expect(try await store.subscribe().collect().count == 50, "what is durable can still be read")
        guard case .stopped = await failure({ try await store.append(Event("late"), to: "s") }) else {
            Issue.record("a closed store takes nothing more")
            return
        }
    }

    @Test("a store that stops tells its subscriptions why")
    func stopped() async throws {
        let disk = SimulatedDisk()
        try await withStore(on: disk) { store async throws in
            try await store.append(Event("1"), to: "s")
            let task = Task { await failure { _ = try await store.subscribe().collect() } }
            disk.fail("sync")
            _ = await failure { try await store.append(Event("2"), to: "s") }
            guard case .unknownOutcome = await task.value else {
                Issue.record("the subscriber must learn of the failure")
                return
            }
        }
    }
}
