import SimulatedDisk
import Testing

@testable import HoldfastLog

/// Snapshots taken while commands flow: what is restored from one and the tail equals what a full replay gives.
@Suite struct SnapshotTests {
    /// Every stream's place, in the order of the keys, and the time: the whole state of a lane.
    private func state(of machine: StreamMachine) -> [String] {
        machine.beginSnapshot()
        var streams: [String] = []
        var more = true
        while more {
            var chunk: [UInt8] = []
            more = machine.snapshotChunk(into: &chunk)
            var fields = FieldReader(chunk)
            while !fields.isAtEnd {
                let key = fields.counted()!
                if key.isEmpty {
                    streams.append("time \(fields.integer(Int64.self)!)")
                } else {
                    streams.append(
                        "\(String(decoding: key, as: UTF8.self)) at \(fields.integer(UInt64.self)!), \(fields.integer(UInt64.self)!)"
                    )
                }
            }
        }
        return streams.sorted()
    }

    private func compare(_ disk: SimulatedDisk, lanes: Int, usesSnapshot: Bool?, _ what: String) throws {
        let directory = try LogDirectory.open(StoreUnderTest.path, kind: EventStore.kind, on: disk)
        for log in try directory.openLanes(for: .reading) {
            let (restored, report) = try LaneRecovery.recover(log) { StreamMachine(seed: 7) }
            let (replayed, full) = try LaneRecovery.recover(log, useSnapshots: false) { StreamMachine(seed: 7) }
            #expect(state(of: restored) == state(of: replayed), "lane \(log.at.lane), \(what)")
            #expect(report.replayed <= full.replayed)
            if let usesSnapshot { #expect((report.snapshot != nil) == usesSnapshot, "\(what)") }
        }
    }

    @Test("one that nobody could take further ends: the store is closed, or stops meanwhile")
    func ended() throws {
        let disk = SimulatedDisk()
        let test = try StoreUnderTest(on: disk)
        _ = test.offer("", to: "a")
        let job = try #require(try test.store.engine.startSnapshots(at: test.store.directory.places, on: disk).first)
        disk.crash(atOperation: disk.operations)
        test.run()
        #expect(job.isOver && test.store.engine.failure != nil)
        #expect(throws: LogError.self) {
            _ = try test.store.engine.startSnapshots(at: test.store.directory.places, on: disk)
        }
        let closed = try StoreUnderTest(on: SimulatedDisk())
        closed.store.closeAndWait()
        #expect(throws: LogError.stopped(reason: "it was closed")) {
            _ = try closed.store.engine.startSnapshots(at: closed.store.directory.places, on: closed.disk)
        }
    }

    @Test(
        "whatever happens between the pieces of a snapshot, it restores the state that a full replay gives",
        arguments: [1, 2], 0..<8)
    func fuzzy(lanes: Int, seed: Int) throws {
        let disk = SimulatedDisk()
        var generator = SplitMix(seed: UInt64(seed))
        let test = try StoreUnderTest(on: disk, lanes: lanes, segmentBytes: 256 << 10)
        // Long keys, so that a snapshot has several pieces without many streams.
        func key(_ number: Int) -> StreamKey { StreamKey("\(number)-" + String(repeating: "k", count: 118)) }
        var streams = 2_500
        for number in 0..<streams { _ = test.offer("", to: key(number)) }
        test.run()
        var snapshots = 0
        for step in 0..<60 {
            test.clock.advance(to: 1_000 + Int64(step))
            switch Int.random(in: 0..<10, using: &generator) {
            case 0..<3:
                _ = try test.store.engine.startSnapshots(at: test.store.directory.places, on: disk)
                snapshots += 1
            case 3..<6:
                for lane in 0..<lanes { test.store.engine.runLane(lane) }
            case 6: test.store.engine.commit()
            default: break
            }
            for _ in 0..<Int.random(in: 0..<40, using: &generator) {
                if Int.random(in: 0..<4, using: &generator) == 0 { streams += 1 }
                _ = test.offer("x", to: key(Int.random(in: 0..<streams, using: &generator)))
            }
            if step % 20 == 19 {
                let crashed = disk.afterCrash(.randomSectors(seed: UInt64(step)))
                try compare(crashed, lanes: lanes, usesSnapshot: nil, "crash at step \(step), seed \(seed)")
            }
        }
        #expect(snapshots > 2)
        for _ in 0..<20 { test.run() }
        test.close()
        try compare(disk, lanes: lanes, usesSnapshot: true, "seed \(seed)")
    }

    @Test("the time of the latest event outlives a snapshot that has the event already")
    func time() throws {
        let disk = SimulatedDisk()
        let test = try StoreUnderTest(on: disk)
        func key(_ number: Int) -> StreamKey { StreamKey("\(number)-" + String(repeating: "k", count: 118)) }
        for number in 0..<2_500 { _ = test.offer("", to: key(number)) }
        test.run()
        _ = try test.store.engine.startSnapshots(at: test.store.directory.places, on: disk)
        // The first piece, with the time of now; the second has the last stream with an event of later on.
        test.store.engine.runLane(0)
        test.clock.advance(to: 9_000)
        test.append("later", to: key(2_499))
        for _ in 0..<3 { test.run() }
        test.close()
        try compare(disk, lanes: 1, usesSnapshot: true, "two pieces of different times")
        let again = try disk.reopen(time: 5_000)
        again.append("the clock went back", to: "s")
        var page = EventPage(store: again.store, from: 1)
        var times: [Int64] = []
        while let event = try page.next() { times.append(event.time) }
        #expect(times == times.sorted() && times.last == 9_000, "time in the log never goes back")
    }

    @Test("a snapshot of an idle store is on disk when it returns")
    func idle() async throws {
        let disk = SimulatedDisk()
        try await withStore(on: disk, lanes: 2) { store async throws in
            try await store.snapshot()
            for number in 0..<10 { try await store.append(Event("\(number)"), to: "s\(number)") }
            try await store.snapshot()
            try await store.snapshot()
        }
        #expect(try disk.reopen(lanes: 2).store.opened.eventsReplayed == 0)
    }

    @Test("snapshots asked for at once and while appends go on all end")
    func atOnce() async throws {
        let disk = SimulatedDisk()
        try await withStore(on: disk) { store async throws in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 { group.addTask { for _ in 0..<5 { try await store.snapshot() } } }
                for task in 0..<4 {
                    group.addTask {
                        for number in 0..<50 { try await store.append(Event("\(number)"), to: "s\(task)") }
                    }
                }
                try await group.waitForAll()
            }
        }
        let again = try disk.reopen()
        #expect(again.store.opened.notes.isEmpty)
        #expect(try again.contents().count == 200)
        try compare(disk, lanes: 1, usesSnapshot: true, "at once")
    }

    @Test("under full load a snapshot gets a piece for each piece's worth of commands")
    func keepsPace() throws {
        let disk = SimulatedDisk()
        let test = try StoreUnderTest(on: disk, lanes: 1, segmentBytes: 1 << 20)
        for number in 0..<8_000 { _ = test.offer("", to: StreamKey("\(number)-" + String(repeating: "k", count: 118))) }
        test.run()
        let jobs = try test.store.engine.startSnapshots(at: test.store.directory.places, on: disk)
        for _ in 0..<12 {
            var batch = AppendBatch()
            let event = Event(type: 1, payload: [UInt8](repeating: 7, count: 8_000))
            for _ in 0..<40 { try batch.append(event, to: "busy") }
            test.store.hand(batch) { _ in }
        }
        // The inbox is emptied once.
        test.store.engine.runLane(0)
        test.store.engine.commit()
        #expect(jobs.count == 1 && jobs.allSatisfy(\.isOver))
    }

    @Test("two snapshots are kept, and the older serves where the newer is damaged")
    func kept() throws {
        let disk = SimulatedDisk()
        let test = try StoreUnderTest(on: disk)
        for round in 0..<5 {
            test.append("\(round)", to: "s")
            _ = try test.store.engine.startSnapshots(at: test.store.directory.places, on: disk)
            test.run()
        }
        test.close()
        let names = disk.fileNames.filter { $0.contains("/snapshot-") }
        #expect(names.count == Limits.snapshotsKept)
        disk.flip(0, of: 70, in: names[1])
        let again = try disk.reopen()
        #expect(again.store.opened.eventsReplayed == 1)
        #expect(again.store.opened.notes.count == 1)
        #expect(try again.contents().count == 5)
    }

    @Test("a snapshot of a future that the log has lost shows that the log lost it")
    func logIsShorterThanSnapshot() throws {
        let disk = SimulatedDisk()
        let test = try StoreUnderTest(on: disk)
        for number in 0..<5 { test.append("\(number)", to: "s") }
        let early = disk.contents("/log/lane-00/0000000000.log")!
        for number in 5..<10 { test.append("\(number)", to: "s") }
        _ = try test.store.engine.startSnapshots(at: test.store.directory.places, on: disk)
        test.run()
        let crashed = disk.afterCrash(.nothing)
        crashed.overwrite("/log/lane-00/0000000000.log", with: early)
        guard case .damaged(let damage)? = failure({ () throws(LogError) in _ = try crashed.reopen() }) else {
            Issue.record("acknowledged events went missing unnoticed")
            return
        }
        #expect(damage.file == "/log/lane-00/0000000000.log")
        #expect(damage.found.contains("snapshot-"))
    }

    @Test("a snapshot that was not finished when the machine stopped is no snapshot")
    func unfinished() throws {
        let disk = SimulatedDisk()
        let test = try StoreUnderTest(on: disk)
        for number in 0..<10 { test.append("\(number)", to: "s") }
        _ = test.offer("open", to: "s")
        test.store.engine.runLane(0)
        _ = try test.store.engine.startSnapshots(at: test.store.directory.places, on: disk)
        test.store.engine.runLane(0)
        // It holds an event that is not durable yet, so it waits for it.
        #expect(!disk.fileNames.contains { $0.contains("/snapshot-") && !$0.hasSuffix(".new") })
        let crashed = try disk.afterCrash(.everything).reopen()
        #expect(crashed.store.opened.eventsReplayed == 10)
        #expect(!crashed.disk.fileNames.contains { $0.hasSuffix(".new") })
        while test.store.engine.commit() {}
        #expect(disk.fileNames.contains { $0.contains("/snapshot-") && !$0.hasSuffix(".new") })
    }

    @Test("a running store takes snapshots by itself, so that opening replays no more than the policy allows")
    func automatic() async throws {
        let disk = SimulatedDisk()
        let policy = SnapshotPolicy(eventsMin: 500, entriesPerEvent: 4)
        try await withStore(on: disk, lanes: 2, snapshots: policy) { store in
            for round in 0..<40 {
                for stream in 0..<100 { _ = try await store.append(Event("\(round)"), to: StreamKey("s\(stream)")) }
            }
            // The last one may still be on its way: it is on disk when the one asked for next is.
            try await store.snapshot()
        }
        try compare(disk, lanes: 2, usesSnapshot: true, "after snapshots taken on the way")
        // One more may have been begun and given up by closing: what is left of it goes at the next opening.
        let taken = try disk.list(StoreUnderTest.path + "/lane-00").filter {
            $0.hasPrefix("snapshot-") && !$0.hasSuffix(".new")
        }
        #expect(taken.count == Limits.snapshotsKept, "one at the end could not make two")
        // A threshold that follows the state: with many streams the next one is further away.
        #expect(policy.threshold(entries: 100) == 500)
        #expect(policy.threshold(entries: 40_000) == 10_000)
    }

    @Test("a store that is closed while it takes a snapshot by itself ends, and opens again")
    func automaticAndClosing() async throws {
        for events in stride(from: 1, through: 90, by: 8) {
            let disk = SimulatedDisk()
            let policy = SnapshotPolicy(eventsMin: 1, entriesPerEvent: 1000)
            try await withStore(on: disk, snapshots: policy) { store in
                for number in 0..<events { _ = try await store.append(Event("e"), to: StreamKey("s\(number)")) }
            }
            try compare(disk, lanes: 1, usesSnapshot: nil, "closed after \(events) events")
        }
    }
}
