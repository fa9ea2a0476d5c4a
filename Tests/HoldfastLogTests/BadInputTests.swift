import SimulatedDisk
import Testing

@testable import HoldfastLog

/// Whatever stands where a log was expected: its own error, and not a byte is changed.
@Suite struct BadInputTests {
    /// A closed store of three lanes and several segments, with a snapshot and a checkpoint.
    private func closedStore() throws -> SimulatedDisk {
        let disk = SimulatedDisk()
        let test = try StoreUnderTest(on: disk, lanes: 3)
        for number in 0..<360 { test.append("\(number) " + String(repeating: "x", count: 2_000), to: "s\(number % 9)") }
        _ = try test.store.engine.startSnapshots(at: test.store.directory.places, on: disk)
        test.run()
        try Checkpoint("c", in: test.store.directory).advance(to: 7)
        test.close()
        return disk
    }

    /// Opens the store, expects an error, and that nothing on disk has changed.
    private func refused(
        _ disk: SimulatedDisk, options: EventStore.Options = .init(), sourceLocation: SourceLocation = #_sourceLocation
    ) -> LogError? {
        let before = disk.everything
        let error = failure { () throws(LogError) in
            _ = try EventStore.open(
                at: StoreUnderTest.path, options: options, on: disk, clock: GivenClock(5_000), drive: .byHand)
        }
        #expect(error != nil, "it was opened", sourceLocation: sourceLocation)
        #expect(disk.everything == before, "something was changed", sourceLocation: sourceLocation)
        return error
    }

    @Test("a directory that is no log and not empty")
    func notALog() {
        let disk = SimulatedDisk()
        disk.makeDirectory(behindTheBack: "/log")
        disk.overwrite("/log/letter.txt", with: Array("Dear reader".utf8))
        let reason = "the directory is not empty and holds no manifest. Choose an empty one"
        #expect(refused(disk) == .notALog(path: "/log", reason: reason))
        #expect(
            refused(disk, options: .init(createsIfMissing: false))
                == .notALog(path: "/log", reason: "it has no file named manifest. Check the path"))
    }

    @Test("an empty directory, where none is to be created")
    func empty() {
        let disk = SimulatedDisk()
        disk.makeDirectory(behindTheBack: "/log")
        let reason = "it has no file named manifest. Check the path, or create one there"
        #expect(refused(disk, options: .init(createsIfMissing: false)) == .notALog(path: "/log", reason: reason))
    }

    @Test("a directory that is missing, where none is to be created")
    func missing() {
        let error = refused(SimulatedDisk(), options: .init(createsIfMissing: false))
        let reason = "there is no such directory. Check the path, or create one there"
        #expect(error == .notALog(path: "/log", reason: reason))
    }

    @Test("a file instead of a directory", arguments: [true, false])
    func file(createsIfMissing: Bool) {
        let disk = SimulatedDisk()
        disk.overwrite("/log", with: [1, 2, 3])
        let error = refused(disk, options: .init(createsIfMissing: createsIfMissing))
        let mend = createsIfMissing ? "Choose another path" : "Check the path"
        #expect(error == .notALog(path: "/log", reason: "it is a file. \(mend)"))
    }

    @Test("an empty directory becomes a log, and so does one whose creation a crash stopped")
    func unfinishedCreation() throws {
        let disk = SimulatedDisk()
        disk.makeDirectory(behindTheBack: "/log")
        disk.makeDirectory(behindTheBack: "/log/lane-00")
        disk.makeDirectory(behindTheBack: "/log/checkpoints")
        disk.overwrite("/log/manifest.new", with: [1, 2, 3])
        let test = try StoreUnderTest(on: disk)
        #expect(test.append("1", to: "s").isAcknowledged)
    }

    @Test("a log of another kind")
    func otherKind() throws {
        let disk = SimulatedDisk()
        let plan = LogDirectory.Plan(lanes: 1, segmentBytes: nil, kind: "wallet ledger")
        _ = try LogDirectory.create("/log", plan, on: disk, at: 1)
        #expect(refused(disk) == .otherKind(path: "/log", found: "wallet ledger", expected: "event store"))
    }

    enum Versioned: String, CaseIterable {
        case manifest = "/log/manifest"
        case cleanMark = "/log/lane-01/clean"
        case segment = "/log/lane-02/0000000001.log"
        case snapshot = "/log/lane-00/snapshot-"
    }

    @Test("a newer format version", arguments: Versioned.allCases)
    func newerVersion(part: Versioned) throws {
        let disk = try closedStore()
        if part == .segment { disk.delete("/log/lane-02/segments") }
        let path = try #require(disk.fileNames.first { $0.hasPrefix(part.rawValue) })
        var bytes = disk.contents(path)!
        let (version, checksum) =
            switch part {
            case .manifest, .cleanMark: (12, 28)
            case .segment: (8, 124)
            case .snapshot: (8, 60)
            }
        bytes[version] = 2
        bytes.store(crc32c(bytes[..<checksum]), at: checksum)
        disk.overwrite(path, with: bytes)
        #expect(refused(disk) == .newerFormat(file: path, found: 2, supported: 1))
    }

    @Test("a log that was created already, where a new one was asked for")
    func alreadyThere() throws {
        let disk = try closedStore()
        let before = disk.everything
        let plan = LogDirectory.Plan(lanes: 1, segmentBytes: nil, kind: EventStore.kind)
        #expect(
            failure { () throws(LogError) in _ = try LogDirectory.create("/log", plan, on: disk, at: 1) }
                == .alreadyExists(path: "/log"))
        #expect(disk.everything == before)
    }

    @Test("a disk that can't be written to", arguments: [SystemErrors.readOnly, SystemErrors.noPermission])
    func readOnly(errno: Int32) throws {
        let disk = try closedStore()
        disk.refuseChanges(errno: errno)
        guard case .io(let failure)? = refused(disk) else {
            Issue.record("another error")
            return
        }
        #expect(failure.errno == errno)
        #expect(failure.path == "/log/lock")
        let empty = SimulatedDisk()
        empty.refuseChanges(errno: errno)
        guard case .io? = refused(empty) else {
            Issue.record("nothing can be created there")
            return
        }
    }

    @Test("a log on a disk that can't be written to can still be verified")
    func verifyReadOnly() throws {
        let disk = try closedStore()
        disk.refuseChanges(errno: SystemErrors.readOnly)
        let report = try LogVerifier.verify(try LogDirectory.open("/log", kind: EventStore.kind, on: disk))
        #expect(report.faults.isEmpty)
        #expect(report.events == 360)
        #expect(report.lastPosition == 360)
    }

    @Test("a lane's directory that is missing", arguments: 0..<3)
    func missingLane(lane: Int) throws {
        let disk = try closedStore()
        disk.deleteDirectory("/log/lane-0\(lane)")
        #expect(
            refused(disk)
                == .notALog(
                    path: "/log/lane-0\(lane)",
                    reason: "the directory of lane \(lane) is missing. Restore it from a backup"))
    }

    @Test("a segment that is missing at the beginning, in the middle or at the end", arguments: [0, 1, 2])
    func missingSegment(which: Int) throws {
        let disk = try closedStore()
        let segments = disk.fileNames.filter { $0.hasPrefix("/log/lane-01/0") }
        try #require(segments.count >= 3)
        let path = [segments[0], segments[segments.count / 2], segments[segments.count - 1]][which]
        disk.delete(path)
        guard case .damaged(let damage)? = refused(disk) else {
            Issue.record("the loss went unnoticed")
            return
        }
        if which < 2 { #expect(damage.file == path) }
    }

    @Test(
        "a segment of another log, or of another place in it", arguments: ["other log", "other lane", "other number"])
    func strangeSegment(what: String) throws {
        let disk = try closedStore()
        let segments = disk.fileNames.filter { $0.hasPrefix("/log/lane-01/0") }
        let last = segments[segments.count - 1]
        switch what {
        case "other log":
            let other = SimulatedDisk()
            let test = try EventStore.open(
                at: "/log", options: .init(segmentBytes: 64 << 10), on: other, clock: GivenClock(1), drive: .byHand)
            test.closeAndWait()
            disk.overwrite(last, with: other.contents("/log/lane-00/0000000000.log")!)
        case "other lane": disk.overwrite(last, with: disk.contents("/log/lane-02/" + last.split(separator: "/")[2])!)
        default: disk.overwrite(last, with: disk.contents(segments[0])!)
        }
        guard case .damaged(let damage)? = refused(disk) else {
            Issue.record("it was taken for part of the log")
            return
        }
        #expect(damage.file == last)
        #expect(damage.found.contains("another log, lane or place"))
    }

    @Test("a segment that was cut short", arguments: [0, 100, 4_096, 30_000])
    func cutSegment(size: Int) throws {
        let disk = try closedStore()
        let path = try #require(disk.fileNames.last { $0.hasPrefix("/log/lane-01/0") })
        disk.overwrite(path, with: Array(disk.contents(path)![..<size]))
        guard case .damaged(let damage)? = refused(disk) else {
            Issue.record("the loss went unnoticed")
            return
        }
        #expect(damage.file == path)
    }

    @Test(
        "options outside their bounds",
        arguments: [(0, 64 << 10), (65, 64 << 10), (1, 4_096), (1, 100_000), (1, 8 << 30)])
    func options(lanes: Int, segmentBytes: Int) {
        guard
            case .invalid? = refused(SimulatedDisk(), options: .init(lanes: lanes, segmentBytes: UInt64(segmentBytes)))
        else {
            Issue.record("\(lanes) lanes with segments of \(segmentBytes) were taken")
            return
        }
    }
}
