import SimulatedDisk
import Testing

@testable import HoldfastLog

/// Opening costs what the tail holds, and finds the same log whatever was lost of what only speeds it up.
@Suite struct OpeningTests {
    private static let filler = String(repeating: "x", count: 25_000)

    /// A closed store whose every second event begins a segment.
    private func store(segments: Int, lanes: Int = 1) throws -> SimulatedDisk {
        let disk = SimulatedDisk()
        let test = try StoreUnderTest(on: disk, lanes: lanes)
        var number = 0
        while test.store.logs[0].segmentCount < segments {
            test.append("\(number) " + Self.filler, to: StreamKey("s\(number % 17)"))
            number += 1
        }
        test.close()
        return disk
    }

    @Test("a store without events opens again and again")
    func noEvents() throws {
        let disk = SimulatedDisk()
        for opening in 0..<5 {
            let test = try disk.reopen()
            #expect(try test.contents().isEmpty)
            #expect(test.store.lastPosition == 0)
            #expect(test.store.opened == .init(), "opening \(opening)")
            test.close()
        }
    }

    @Test("a store that was only just created opens after a crash")
    func noEventsAfterCrash() throws {
        let disk = SimulatedDisk()
        _ = try disk.reopen()
        let again = try disk.afterCrash(.nothing).reopen()
        #expect(try again.contents().isEmpty)
        #expect(!again.store.opened.closedCleanly)
        #expect(again.append("1", to: "s").isAcknowledged)
    }

    @Test("a store of one event opens", arguments: [true, false])
    func oneEvent(closed: Bool) throws {
        let disk = SimulatedDisk()
        let test = try disk.reopen()
        test.append("1", to: "s")
        if closed { test.close() }
        let again = try (closed ? disk : disk.afterCrash(.nothing)).reopen()
        #expect(try again.contents() == ["s/1:1"])
        #expect(again.store.opened.closedCleanly == closed)
        #expect(again.store.opened.eventsReplayed == 1)
    }

    @Test("a store of 100 segments opens, with all of its events", arguments: [1, 3])
    func hundredSegments(lanes: Int) throws {
        let disk = try store(segments: 100, lanes: lanes)
        let again = try disk.reopen(lanes: lanes)
        #expect(again.store.logs[0].segmentCount >= 100)
        let contents = try again.contents()
        #expect(contents.count == Int(again.store.lastPosition))
        #expect(Set(contents).count == contents.count)
        #expect(again.append("goes on", to: "s1").isAcknowledged)
    }

    @Test("with a snapshot, opening reads the tail of the log and no segment before it")
    func opensByTheTail() throws {
        let disk = try store(segments: 100)
        let test = try disk.reopen()
        _ = try test.store.engine.startSnapshots(at: test.store.directory.places, on: disk)
        test.run()
        test.append("after the snapshot", to: "s1")
        test.close()
        disk.forgetReads()
        let again = try disk.reopen()
        #expect(again.store.opened.eventsReplayed == 1)
        let read = disk.filesRead.filter { $0.hasSuffix(".log") }
        #expect(read == [try #require(disk.fileNames.last { $0.hasSuffix(".log") })])
        #expect(again.append("goes on", to: "s1").isAcknowledged)
    }

    @Test("the table of segments may be lost, damaged, stale or cut: it is rebuilt, and the log is the same")
    func lostTable() throws {
        let disk = try store(segments: 12)
        let path = "/log/lane-00/segments"
        let table = disk.contents(path)!
        let expected = try disk.copy().reopen().contents()
        var damaged = table
        damaged[200] ^= 1
        let tables: [(String, [UInt8]?, isNoticed: Bool)] = [
            ("lost", nil, true), ("empty", [], false), ("damaged", damaged, true),
            ("stale", Array(table[..<512]), false), ("cut", Array(table[..<1_000]), true),
            ("doubled", table + table, true), ("without its beginning", Array(table[128...]), true),
        ]
        for (what, bytes, isNoticed) in tables {
            let copy = disk.copy()
            if let bytes { copy.overwrite(path, with: bytes) } else { copy.delete(path) }
            let test = try copy.reopen()
            #expect(try test.contents() == expected, "\(what)")
            #expect(test.store.opened.notes.contains { $0.contains("rebuilt") } == isNoticed, "\(what)")
            test.close()
            #expect(try copy.reopen().store.opened.notes.isEmpty, "rebuilt once, \(what)")
        }
    }

    @Test("opening for reading changes nothing, even where a crash left something to clean up")
    func readingOnly() throws {
        let disk = SimulatedDisk()
        let test = try StoreUnderTest(on: disk, lanes: 2)
        for number in 0..<30 { test.append("\(number) " + Self.filler, to: StreamKey("s\(number)")) }
        disk.overwrite("/log/lane-00/0000000099.log.new", with: [1, 2, 3])
        disk.delete("/log/lane-01/segments")
        let before = disk.everything
        let directory = try LogDirectory.open(StoreUnderTest.path, kind: EventStore.kind, on: disk)
        let logs = try directory.openLanes(for: .reading)
        let reader = try LogReader(logs, from: 1, upTo: logs.map(\.tail.address))
        var count = 0
        while try reader.readBatch({ _, _, _, _ in count += 1 }) > 0 {}
        #expect(count == 30)
        #expect(disk.everything == before)
    }

    @Test("a store is verified beside its running owner", arguments: [1, 3])
    func verifyBesideOwner(lanes: Int) throws {
        let disk = SimulatedDisk()
        let test = try StoreUnderTest(on: disk, lanes: lanes)
        for number in 0..<60 {
            test.append("\(number) " + String(repeating: "y", count: 4_000), to: StreamKey("s\(number % 7)"))
            let directory = try LogDirectory.open(StoreUnderTest.path, kind: EventStore.kind, on: disk)
            let report = try LogVerifier.verify(directory)
            #expect(report.faults.isEmpty)
            #expect(report.events == UInt64(number) + 1)
        }
    }

    @Test("a reader does not wait on a segment that was begun, and given up after a crash")
    func givenUpSegment() throws {
        let disk = SimulatedDisk()
        let first = try StoreUnderTest(on: disk)
        first.append("one", to: "a")
        let reader = try first.store.directory.openLanes(for: .reading)[0]
        try reader.catchUp()
        // The owner begins the next segment, and dies before its first batch is written.
        let tail = reader.tail
        let header = SegmentHeader(
            lane: 0, log: reader.at.log, number: 1, segmentBytes: reader.at.segmentBytes,
            firstPosition: tail.nextPosition, firstBatch: tail.number + 1, previousHash: tail.hash, time: tail.time)
        let begun = header.block() + [UInt8](repeating: 0, count: Int(reader.at.segmentBytes) - header.block().count)
        try disk.open(SegmentNames.path(1, in: reader.at.directory), for: .creating).writeAll(begun, at: 0)
        try reader.catchUp()
        #expect(reader.segmentCount == 2)
        first.store.closeAndWait()
        disk.delete(reader.at.directory + "/" + FileBatchLog.cleanMarkName)
        let second = try StoreUnderTest(on: disk)
        for number in 0..<300 { second.append(String(repeating: "x", count: 400), to: StreamKey("\(number)")) }
        try reader.catchUp()
        let written = second.store.logs[0]
        #expect(written.segmentCount > 2)
        #expect(reader.tail == written.tail && reader.segmentCount == written.segmentCount)
    }
}
