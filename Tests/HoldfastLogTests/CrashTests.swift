import HoldfastLog
import SimulatedDisk
import Testing

@testable import HoldfastLog

/// The machine stops at every operation on the disk, with every manner of surviving writes. What was acknowledged is
/// there afterwards, what is there was asked for, in order, once.
@Suite struct CrashTests {
    /// Appends that fill more than one segment of 64 KiB, with a snapshot in between; returns what was acknowledged.
    private func story(on disk: SimulatedDisk, lanes: Int) -> (acknowledged: [String], asked: [String]) {
        var acknowledged: [String] = []
        var asked: [String] = []
        guard let test = try? StoreUnderTest(on: disk, lanes: lanes) else { return ([], []) }
        let places = test.store.directory.places
        for round in 0..<14 {
            var answers: [(String, StoreUnderTest.Answer)] = []
            for stream in 0..<3 {
                let text = "r\(round)-" + String(repeating: "x", count: 1_900)
                let name = "s\(stream)/\(round + 1):\(text)"
                asked.append(name)
                answers.append((name, test.offer(text, to: StreamKey("s\(stream)"))))
            }
            if round == 6 { _ = try? test.store.engine.startSnapshots(at: places, on: disk) }
            test.run()
            for (name, answer) in answers where answer.isAcknowledged { acknowledged.append(name) }
        }
        test.close()
        return (acknowledged, asked)
    }

    private func check(_ disk: SimulatedDisk, acknowledged: [String], asked: [String], lanes: Int, _ point: String) {
        do throws(LogError) {
            let test = try disk.reopen(lanes: lanes)
            let found = try test.contents()
            #expect(Set(found).count == found.count, "doubled events, \(point)")
            #expect(Set(acknowledged).isSubset(of: found), "lost events, \(point)")
            #expect(Set(found).isSubset(of: asked), "events nobody asked for, \(point)")
            // The log goes on where it stands.
            #expect(test.append("after", to: "s0").isAcknowledged, "no append after recovery, \(point)")
            test.close()
            let again = try disk.reopen(lanes: lanes)
            #expect(try again.contents().count == found.count + 1, "\(point)")
        } catch {
            Issue.record("\(point): \(error)")
        }
    }

    @Test("whatever operation the machine stops at, nothing acknowledged is lost", arguments: [1, 2])
    func everyOperation(lanes: Int) {
        let whole = SimulatedDisk()
        _ = story(on: whole, lanes: lanes)
        #expect(whole.operations > 40, "the story is long enough to rotate and to snapshot")
        for point in 0..<whole.operations {
            let disk = SimulatedDisk()
            disk.crash(atOperation: point)
            let (acknowledged, asked) = story(on: disk, lanes: lanes)
            let survivals: [SimulatedDisk.Surviving] = [
                .nothing, .everything, .randomSectors(seed: UInt64(point)), .randomSectors(seed: UInt64(point) + 1_000),
            ]
            for surviving in survivals {
                check(
                    disk.afterCrash(surviving), acknowledged: acknowledged, asked: asked, lanes: lanes,
                    "crash at operation \(point) of \(whole.history[point]), \(surviving)")
            }
        }
    }

    @Test("a machine that stops again, at any operation of recovering, loses nothing either", arguments: [1, 2])
    func everyOperationOfRecovery(lanes: Int) throws {
        let whole = SimulatedDisk()
        _ = story(on: whole, lanes: lanes)
        var recoveries = 0
        for point in stride(from: 12, to: whole.operations, by: 3) {
            let disk = SimulatedDisk()
            disk.crash(atOperation: point)
            let (_, asked) = story(on: disk, lanes: lanes)
            let crashed = disk.afterCrash(.randomSectors(seed: UInt64(point)))
            let once = crashed.copy()
            let survivors = try once.reopen(lanes: lanes).contents()
            for second in 0..<once.operations {
                let twice = crashed.copy()
                twice.crash(atOperation: second)
                #expect(throws: (any Error).self) { try twice.reopen(lanes: lanes) }
                for surviving in [SimulatedDisk.Surviving.everything, .randomSectors(seed: UInt64(second))] {
                    check(
                        twice.afterCrash(surviving), acknowledged: survivors, asked: asked, lanes: lanes,
                        "crash at operation \(point), then at \(second) of recovering, \(surviving)")
                }
                recoveries += 1
            }
        }
        #expect(recoveries > 100)
    }

    @Test("a batch torn at any byte is cut, and what came before it stands")
    func tornAtEveryByte() throws {
        let disk = SimulatedDisk()
        let test = try StoreUnderTest(on: disk)
        for number in 0..<3 { test.append("kept \(number)", to: "s") }
        // The last batch reaches the disk's cache, but its sync never happens.
        disk.fail("sync")
        let torn = test.append("this one is torn", to: "s")
        #expect(!torn.isAcknowledged)
        for kept in 0...512 {
            // A failed sync drops the writes; put them back as a disk that kept only the first bytes would.
            let copy = Self.withLastBatch(of: test, cutTo: kept)
            let again = try copy.reopen()
            let found = try again.contents()
            let whole = found.count == 4
            #expect(whole == (kept >= Self.lastBatchBytes(test)), "kept \(kept)")
            #expect(Array(found.prefix(3)) == (0..<3).map { "s/\($0 + 1):kept \($0)" })
        }
    }

    private static let segment = "/log/lane-00/0000000000.log"

    private static func lastBatchStart(_ test: StoreUnderTest) -> Int {
        Int(test.store.logs[0].tail.address)
    }

    private static func lastBatchBytes(_ test: StoreUnderTest) -> Int {
        let bytes = test.disk.contents(segment)!
        return (bytes.lastIndex { $0 != 0 }! + 1) - lastBatchStart(test)
    }

    private static func withLastBatch(of test: StoreUnderTest, cutTo kept: Int) -> SimulatedDisk {
        let copy = test.disk.copy()
        var bytes = copy.contents(segment)!
        for offset in (lastBatchStart(test) + kept)..<bytes.count { bytes[offset] = 0 }
        copy.overwrite(segment, with: bytes)
        return copy
    }

    @Test("a failed sync stops the store, and nothing is acknowledged after it")
    func failedSync() throws {
        let disk = SimulatedDisk()
        let test = try StoreUnderTest(on: disk)
        #expect(test.append("good", to: "s").isAcknowledged)
        disk.fail("sync")
        guard case .unknownOutcome? = test.append("unknown", to: "s").failure else {
            Issue.record("the caller must be told that the outcome is unknown")
            return
        }
        guard case .stopped? = test.append("late", to: "s").failure else {
            Issue.record("a stopped store takes nothing more")
            return
        }
        let again = try disk.afterCrash(.nothing).reopen()
        #expect(try again.contents() == ["s/1:good"])
    }

    @Test(
        "a work of many batches that meets a failed sync is answered once, and knows how far it is durable",
        arguments: 0..<8)
    func failedSyncHalfWay(good: Int) async throws {
        let disk = SimulatedDisk()
        let test = try StoreUnderTest(on: disk)
        var batch = AppendBatch()
        for number in 0..<200 {
            try batch.append(
                Event(type: 1, payload: Array("\(number)-\(String(repeating: "x", count: 900))".utf8)), to: "s")
        }
        disk.fail("sync", after: good)
        let answers = Locked(0)
        let work = StreamWork(batch) { _, _ in answers.with { $0 += 1 } }
        #expect(test.store.engine.offer(work, to: 0) == nil)
        test.run()
        test.run()
        #expect(answers.with { $0 } == 1)
        let again = try disk.afterCrash(.nothing).reopen()
        let found = try again.contents().count
        if work.failure == nil {
            #expect(found == 200)
        } else {
            #expect(work.settled == found, "what it reports as done is there, and nothing else")
        }
    }

    @Test("a round that not every lane has is dropped by all of them", arguments: 0..<3)
    func incompleteRound(written: Int) throws {
        let disk = SimulatedDisk()
        let test = try StoreUnderTest(on: disk, lanes: 3)
        var keys: [StreamKey] = []
        for lane in 0..<3 {
            keys.append((0...).lazy.map { StreamKey("s\($0)") }.first { $0.lane(in: test) == lane }!)
        }
        /// Hands one event to each lane and says how many of them were acknowledged.
        func round(_ text: String) -> Int {
            let answers = keys.map { test.offer(text, to: $0) }
            test.run()
            return answers.count(where: \.isAcknowledged)
        }
        #expect(round("before") == 3)
        disk.fail("sync", after: written)
        #expect(round("torn") == 0)
        let crashed = disk.afterCrash(.nothing)
        let again = try crashed.reopen(lanes: 3)
        let before = keys.map { "\($0)/1:before" }
        #expect(try again.contents() == before)
        #expect(again.store.lastPosition == 3)
        #expect(again.append("after", to: keys[2]).isAcknowledged)
        again.close()
        let contents = try crashed.reopen(lanes: 3).contents()
        #expect(contents == before + ["\(keys[2])/2:after"])
    }

    @Test("a failed write stops the store like a failed sync")
    func failedWrite() throws {
        let disk = SimulatedDisk()
        let test = try StoreUnderTest(on: disk)
        #expect(test.append("good", to: "s").isAcknowledged)
        disk.fail("write")
        guard case .unknownOutcome? = test.append("unknown", to: "s").failure else {
            Issue.record("the caller must be told that the outcome is unknown")
            return
        }
        #expect(try disk.afterCrash(.nothing).reopen().contents() == ["s/1:good"])
    }
}
