import SimulatedDisk
import Testing

@testable import HoldfastLog

/// Damage is found and named, whatever bit it is in, and never repaired in silence.
@Suite struct DamageTests {
    private func smallLog(segmentBytes: UInt64 = 64 << 10, events: Int = 4) throws -> SimulatedDisk {
        let disk = SimulatedDisk()
        try disk.createLog(segmentBytes: segmentBytes)
        let test = try StoreUnderTest(on: disk)
        for number in 0..<events { test.append("event number \(number)", to: "stream-\(number % 2)") }
        test.close()
        return disk
    }

    /// Looks for damage in every way there is; nil when none showed.
    private func damage(in disk: SimulatedDisk) -> LogError? {
        failure { () throws(LogError) in
            let directory = try LogDirectory.open(StoreUnderTest.path, kind: EventStore.kind, on: disk)
            let found = try LogVerifier.verify(directory)
            if let first = found.faults.first { throw first }
            _ = try disk.reopen()
        }
    }

    /// The files of a closed log of two segments and a third that is ready for use, in which every byte counts.
    enum Part: String, CaseIterable, CustomTestStringConvertible {
        case manifest = "/log/manifest"
        case cleanMark = "/log/lane-00/clean"
        case firstSegment = "/log/lane-00/0000000000.log"
        case lastSegment = "/log/lane-00/0000000001.log"
        case preparedSegment = "/log/lane-00/0000000002.log"
        var testDescription: String { rawValue }
    }

    @Test("every single flipped bit of a closed log is found", arguments: Part.allCases)
    func everyBit(part: Part) throws {
        // Segments far smaller than a real log may have, so that really every bit of every file can be tried.
        let disk = try smallLog(segmentBytes: 8 << 10, events: 16)
        try disk.prepareSegment(2, bytes: 8 << 10)
        #expect(damage(in: disk.copy()) == nil)
        let directory = try LogDirectory.open(StoreUnderTest.path, kind: EventStore.kind, on: disk)
        let place = directory.place(lane: 0)
        // The cheapest way that must find it: opening, except where opening does not look.
        func isFound() throws -> Bool {
            switch part {
            case .manifest:
                failure { () throws(LogError) in
                    _ = try LogDirectory.open(StoreUnderTest.path, kind: EventStore.kind, on: disk)
                } != nil
            case .firstSegment: try !LogVerifier.verify(directory).faults.isEmpty
            case .cleanMark, .lastSegment, .preparedSegment:
                try failure { () throws(LogError) in
                    _ = try FileBatchLog.open(place, on: disk, for: .reading)
                } != nil || !LogVerifier.verify(directory).faults.isEmpty
            }
        }
        let size = try #require(disk.contents(part.rawValue)).count
        for offset in 0..<size {
            for bit in 0..<8 {
                disk.flip(bit, of: offset, in: part.rawValue)
                if try !isFound() { Issue.record("bit \(bit) of byte \(offset) of \(part.rawValue) went unnoticed") }
                disk.flip(bit, of: offset, in: part.rawValue)
            }
        }
        #expect(damage(in: disk) == nil, "all bits are back in their places")
    }

    @Test("every single flipped bit of a checkpoint is found")
    func everyBitOfCheckpoint() throws {
        let disk = try smallLog()
        let directory = try LogDirectory.open(StoreUnderTest.path, kind: EventStore.kind, on: disk)
        let checkpoint = try Checkpoint("c", in: directory)
        try checkpoint.advance(to: 3)
        for offset in disk.contents("/log/checkpoints/c")!.indices {
            for bit in 0..<8 {
                disk.flip(bit, of: offset, in: "/log/checkpoints/c")
                #expect(
                    failure { () throws(LogError) in _ = try checkpoint.load() } != nil, "bit \(bit) of byte \(offset)")
                disk.flip(bit, of: offset, in: "/log/checkpoints/c")
            }
        }
    }

    @Test("every single flipped bit of a snapshot is found, and the log read instead")
    func everyBitOfSnapshot() throws {
        let disk = SimulatedDisk()
        let test = try StoreUnderTest(on: disk)
        for number in 0..<4 { test.append("event number \(number)", to: "stream-\(number % 2)") }
        _ = try test.store.engine.startSnapshots(at: test.store.directory.places, on: disk)
        test.run()
        test.close()
        let path = try #require(disk.fileNames.first { $0.contains("/snapshot-") })
        let log = try test.store.directory.openLanes(for: .reading)[0]
        for offset in disk.contents(path)!.indices {
            for bit in 0..<8 {
                disk.flip(bit, of: offset, in: path)
                let (_, report) = try LaneRecovery.recover(log) { StreamMachine(seed: 7) }
                #expect(report.passedOver.count == 1 && report.replayed == 4, "bit \(bit) of byte \(offset)")
                disk.flip(bit, of: offset, in: path)
            }
        }
        let (_, report) = try LaneRecovery.recover(log) { StreamMachine(seed: 7) }
        #expect(report.passedOver.isEmpty && report.replayed == 0)
    }

    @Test("a snapshot whose bits are right but mean nothing is passed over, with its file and place named")
    func meaninglessSnapshot() throws {
        let disk = try smallLog()
        let directory = try LogDirectory.open(StoreUnderTest.path, kind: EventStore.kind, on: disk)
        let log = try directory.openLanes(for: .reading)[0]
        let writer = try SnapshotWriter(at: log.at, start: log.firstAddress, on: disk)
        try writer.write([])
        try writer.write([0xFF, 1, 2])
        try writer.finish(end: log.firstAddress)
        let (_, report) = try LaneRecovery.recover(log) { StreamMachine(seed: 7) }
        #expect(report.snapshot == nil && report.passedOver.count == 1)
        let name = SnapshotFile.name(start: log.firstAddress)
        let place = SnapshotFile.headerBytes + 8
        #expect(
            report.passedOver.first?.words.contains("\(name) is damaged at byte \(place)") == true,
            "\(report.passedOver)")
    }

    @Test("a flipped bit in the table of segments costs a rebuild and changes nothing else")
    func everyBitOfTable() throws {
        let disk = try smallLog(segmentBytes: 8 << 10, events: 24)
        let path = "/log/lane-00/segments"
        let place = try LogDirectory.open(StoreUnderTest.path, kind: EventStore.kind, on: disk).place(lane: 0)
        let tail = try FileBatchLog.open(place, on: disk, for: .reading).tail
        for offset in disk.contents(path)!.indices {
            for bit in 0..<8 {
                disk.flip(bit, of: offset, in: path)
                let log = try FileBatchLog.open(place, on: disk, for: .reading)
                #expect(log.tail == tail && log.segmentCount > 1)
                #expect(log.openedWith.indexRebuilt, "bit \(bit) of byte \(offset)")
                disk.flip(bit, of: offset, in: path)
            }
        }
    }

    @Test("without the mark of a clean close a flipped bit in the last batch is still damage, not a torn write")
    func flipInLastBatchAfterCrash() throws {
        let disk = try smallLog()
        disk.delete("/log/lane-00/clean")
        let path = "/log/lane-00/0000000000.log"
        let original = disk.contents(path)!
        let last = original.lastIndex { $0 != 0 }!
        for offset in SegmentHeader.blockBytes...last {
            var bytes = original
            bytes[offset] ^= 4
            let copy = disk.copy()
            copy.overwrite(path, with: bytes)
            #expect(damage(in: copy) != nil, "byte \(offset) of \(last)")
        }
    }

    @Test("a damaged table of segments is rebuilt and the rebuild reported")
    func lostTable() throws {
        let disk = SimulatedDisk()
        let test = try StoreUnderTest(on: disk)
        for number in 0..<80 { test.append(String(repeating: "y", count: 2_000) + "\(number)", to: "s") }
        test.close()
        let expected = try test.contents()
        disk.delete("/log/lane-00/segments")
        let again = try disk.reopen()
        #expect(again.store.opened.notes.contains { $0.contains("rebuilt") })
        #expect(try again.contents() == expected)
    }

    @Test("a segment missing in the middle is named")
    func missingSegment() throws {
        let disk = SimulatedDisk()
        let test = try StoreUnderTest(on: disk)
        for number in 0..<120 { test.append(String(repeating: "y", count: 2_000) + "\(number)", to: "s") }
        test.close()
        disk.delete("/log/lane-00/0000000001.log")
        let error = failure { () throws(LogError) in _ = try disk.reopen() }
        guard case .damaged(let damage)? = error else {
            Issue.record("got \(String(describing: error))")
            return
        }
        #expect(damage.file == "/log/lane-00/0000000001.log")
        #expect(damage.found.contains("missing"))
    }

    @Test(
        "an inspection names what keeps a lane from being opened, and looks at all that stands elsewhere",
        arguments: ["first", "middle", "last", "clean", "missing"])
    func inspecting(what: String) throws {
        let disk = try SealedStore.make(lanes: 2, events: 900)
        let records = try SealedStore.records(disk)
        let last = try #require(records.last { $0.lane == 0 }).address / (64 << 10)
        #expect(last > 1)
        let lane = "/log/lane-00"
        let file =
            switch what {
            case "first": SegmentNames.path(0, in: lane)
            case "last": SegmentNames.path(last, in: lane)
            case "clean": lane + "/clean"
            default: SegmentNames.path(1, in: lane)
            }
        if what == "missing" { disk.delete(file) } else { disk.flip(0, of: 40, in: file) }
        // Opening goes by the table of segments, and does not look at what it says of those before the last.
        if what == "middle" || what == "first" { disk.delete(lane + "/segments") }
        let directory = try SealedStore.directory(disk)
        for mode in [OpenMode.reading, .writing] {
            #expect(throws: LogError.self) { try directory.openLanes(for: mode) }
        }
        let report = try LogVerifier.verify(directory.openLanes(for: .inspecting))
        let files = report.faults.map { if case .damaged(let damage) = $0 { damage.file } else { "" } }
        #expect(Set(files) == [file], "\(report.faults)")
        let left: UInt64? =
            switch what {
            case "first": 0
            case "middle", "missing": 1
            default: nil
            }
        let whole = records.filter { record in
            record.lane == 1 || left.map { record.address / (64 << 10) < $0 } ?? true
        }
        #expect(report.events == UInt64(whole.count))
    }

    @Test("an inspection of a lane whose last file is cut short anywhere names that file, and reads what is left of it")
    func inspectingCutFile() throws {
        let disk = try SealedStore.make(lanes: 2, events: 300)
        let records = try SealedStore.records(disk)
        let last = try #require(records.last { $0.lane == 0 }).address / (64 << 10)
        let file = SegmentNames.path(last, in: "/log/lane-00")
        let whole = try #require(disk.contents(file))
        let other = UInt64(records.count { $0.lane == 1 })
        var most: UInt64 = 0
        for size in stride(from: 0, to: whole.count, by: 1_000) {
            disk.overwrite(file, with: Array(whole[..<size]))
            let report = try LogVerifier.verify(SealedStore.directory(disk).openLanes(for: .inspecting))
            let files = report.faults.map { if case .damaged(let damage) = $0 { damage.file } else { "" } }
            #expect(Set(files) == [file], "cut to \(size): \(report.faults)")
            #expect(report.events >= other)
            most = max(most, report.events)
        }
        #expect(most > other)
    }

    @Test("a damaged snapshot is passed over and reported")
    func damagedSnapshot() throws {
        let disk = SimulatedDisk()
        let test = try StoreUnderTest(on: disk)
        for number in 0..<10 { test.append("\(number)", to: "s") }
        _ = try test.store.engine.startSnapshots(at: test.store.directory.places, on: disk)
        test.run()
        test.append("after", to: "s")
        test.close()
        let snapshot = try #require(disk.fileNames.first { $0.contains("/snapshot-") })
        let good = try disk.copy().reopen()
        #expect(good.store.opened.eventsReplayed == 1)
        var bytes = disk.contents(snapshot)!
        bytes[bytes.count / 2] ^= 1
        disk.overwrite(snapshot, with: bytes)
        let again = try disk.reopen()
        #expect(again.store.opened.notes.contains { $0.contains("snapshot") })
        #expect(again.store.opened.eventsReplayed == 11)
        #expect(try again.contents().count == 11)
    }
}
