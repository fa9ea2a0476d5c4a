import CHoldfast
import Foundation
import HoldfastTestSupport
import SimulatedDisk
import Testing

@testable import HoldfastLog

/// The format does not change by accident: logs of before are read, and today's are the same byte for byte.
@Suite(.serialized) struct GoldenTests {
    @Test("today's log is byte for byte the golden one")
    func writes() throws {
        let made = try GoldenLog.make()
        if GoldenLog.isToBeWritten {
            try GoldenLog.write(made, to: GoldenLog.files)
            try Data(try GoldenLog.read(GoldenLog.files).lines.utf8).write(to: URL(fileURLWithPath: GoldenLog.events))
        }
        let stored = try GoldenLog.stored()
        #expect(made.fileNames == stored.fileNames)
        for name in made.fileNames {
            let (new, old) = (made.contents(name)!, stored.contents(name) ?? [])
            let differs = zip(new, old).enumerated().first { $0.element.0 != $0.element.1 }?.offset
            #expect(new.count == old.count && differs == nil, "\(name) differs at byte \(differs ?? old.count)")
        }
    }

    @Test("the golden log is whole, opens, and holds the events that it was given")
    func reads() throws {
        let disk = try GoldenLog.stored()
        let directory = try LogDirectory.open(StoreUnderTest.path, kind: EventStore.kind, on: disk)
        let report = try LogVerifier.verify(directory)
        #expect(report.faults.isEmpty)
        #expect(report.lanes == 2 && report.segments == 2 && report.events == 13)
        let test = try disk.reopen(lanes: 2, time: 1_700_000_900_000)
        #expect(test.store.opened.closedCleanly && test.store.opened.notes.isEmpty)
        #expect(test.store.opened.eventsReplayed == 3, "the snapshot holds the rest")
        #expect(try test.store.acknowledged(by: "mailer") == 5)
        var page = EventPage(store: test.store, from: 1)
        for line in try String(contentsOfFile: GoldenLog.events, encoding: .utf8).split(separator: "\n") {
            #expect(try page.next() == event(String(line)))
        }
        #expect(try page.next() == nil)
        #expect(test.append("goes on", to: "order-17").isAcknowledged)
        test.close()
        #expect(try disk.reopen(lanes: 2, time: 1_700_000_900_000).contents().count == 14)
    }

    @Test("a reader written from docs/FORMAT.md alone finds the same events")
    func readLog() throws {
        let read = try GoldenLog.read(GoldenLog.files)
        #expect(read.status == 0, "\(read.complaint)")
        #expect(try read.lines == String(contentsOfFile: GoldenLog.events, encoding: .utf8))
    }

    @Test("that reader agrees about damage and torn writes with the store")
    func readLogOnDamage() throws {
        let good = try GoldenLog.stored()
        let lane = StoreUnderTest.path + "/lane-01/"
        let segment = lane + "0000000000.log"
        let end = try #require(good.contents(segment)!.lastIndex { $0 != 0 })
        var cases: [(what: String, disk: SimulatedDisk)] = []
        func add(_ what: String, _ change: (SimulatedDisk) -> Void) {
            let copy = good.copy()
            change(copy)
            cases.append((what, copy))
        }
        // Only the log proper, as after a crash of an owner that never took a snapshot.
        func leaveLogAlone(_ disk: SimulatedDisk) {
            for name in disk.fileNames where name.hasSuffix("/clean") || name.contains("/snapshot-") {
                disk.delete(name)
            }
        }
        for offset in [40, 2_000, 4_100, 4_350, end - 50, end, 60_000] {
            add("a flipped bit at \(offset)") { $0.flip(3, of: offset, in: segment) }
            add("a flipped bit at \(offset), not closed") { disk in
                disk.flip(3, of: offset, in: segment)
                leaveLogAlone(disk)
            }
        }
        for cut in stride(from: 0, through: 640, by: 128) {
            add("all but the last \(cut) bytes, not closed") { disk in
                var bytes = disk.contents(segment)!
                for offset in (end - cut)...end { bytes[offset] = 0 }
                disk.overwrite(segment, with: bytes)
                leaveLogAlone(disk)
            }
        }
        add("a missing segment") { $0.delete(segment) }
        add("a damaged manifest") { $0.flip(1, of: 40, in: StoreUnderTest.path + "/manifest") }
        for (what, disk) in cases {
            let directory = TemporaryDirectory()
            try GoldenLog.write(disk, to: directory.path + "/log")
            let read = try GoldenLog.read(directory.path + "/log")
            var count: Int?
            let error = failure { () throws(LogError) in
                let directory = try LogDirectory.open(StoreUnderTest.path, kind: EventStore.kind, on: disk)
                let report = try LogVerifier.verify(directory)
                if let first = report.faults.first { throw first }
                count = try disk.reopen(lanes: 2).contents().count
            }
            #expect((read.status == 0) == (error == nil), "\(what): \(read.complaint) \(String(describing: error))")
            if let count { #expect(read.lines.split(separator: "\n").count == count, "\(what)") }
        }
    }

    @Test("read-log explains itself, and says what is wrong with what it was given")
    func readLogUsage() throws {
        #expect(try GoldenLog.read("--help").lines.contains("usage: read-log DIRECTORY"))
        let missing = try GoldenLog.read("/nowhere")
        #expect(missing.status == 1 && missing.complaint.contains("/nowhere/manifest"))
    }

    @Test("the examples of placement on docs/FORMAT.md are right")
    func placement() throws {
        let page = GoldenLog.tests.deletingLastPathComponent().appendingPathComponent("docs/FORMAT.md").path
        let rows = try String(contentsOfFile: page, encoding: .utf8).split(separator: "\n").filter {
            $0.contains("| `0x")
        }
        #expect(rows.count == 4)
        for row in rows {
            let cells = row.split(separator: "|").map { $0.trimmingCharacters(in: CharacterSet(charactersIn: " `")) }
            let hash = Array(cells[0].utf8).withUnsafeBytes {
                hf_hash64($0.baseAddress, $0.count, UInt64(cells[1])!)
            }
            #expect("0x" + String(hash, radix: 16, uppercase: true) == cells[2])
            for (lanes, cell) in [(2, cells[3]), (3, cells[4])] {
                #expect(LanePlacement.lane(ofHash: hash, lanes: lanes) == Int(cell)!, "\(row)")
            }
        }
    }

    /// An event as read-log prints it.
    private func event(_ line: String) throws -> RecordedEvent {
        let fields = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        func bytes(_ name: String) throws -> [UInt8] {
            if let text = fields[name] as? String { return Array(text.utf8) }
            let digits = try #require((fields[name] as? [String: String])?["hex"])
            return stride(from: 0, to: digits.count, by: 2).map { at in
                let start = digits.index(digits.startIndex, offsetBy: at)
                return UInt8(digits[start..<digits.index(start, offsetBy: 2)], radix: 16)!
            }
        }
        func number<T: BinaryInteger>(_ name: String) throws -> T { T(try #require(fields[name] as? Int)) }
        return RecordedEvent(
            stream: StreamKey(bytes: try bytes("stream")), revision: try number("revision"),
            position: try number("position"), time: try number("time"), type: EventType(rawValue: try number("type")),
            schemaVersion: try number("schema_version"), payload: try bytes("payload"), metadata: try bytes("metadata"))
    }
}
