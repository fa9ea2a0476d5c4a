import SimulatedDisk
import Testing

@testable import HoldfastLog

/// Damage is found and named, whatever bit it is in, and never repaired in silence.
@Suite struct DamageTests {
    private func smallLog() throws -> SimulatedDisk {
        let disk = SimulatedDisk()
        let test = try StoreUnderTest(on: disk)
        for number in 0..<4 { test.append("event number \(number)", to: "stream-\(number % 2)") }
        test.close()
        return disk
    }

    /// Opens and reads everything; nil when no damage showed.
    private func damage(in disk: SimulatedDisk) -> LogError? {
        failure { () throws(LogError) in
            let directory = try LogDirectory.open(StoreUnderTest.path, kind: EventStore.kind, on: disk)
            let found = try LogVerifier.verify(directory)
            if let first = found.faults.first { throw first }
            _ = try disk.reopen()
        }
    }

    @Test("every single flipped bit of a closed log is found")
    func everyBit() throws {
        let disk = try smallLog()
        for path in disk.fileNames {
            let original = disk.contents(path)!
            // Behind the last batch everything is zero: every sector there is like the next, so one is enough.
            let used = min(original.count, (original.lastIndex { $0 != 0 } ?? 0) + 600)
            for offset in 0..<used {
                for bit in [0, 3, 7] {
                    var bytes = original
                    bytes[offset] ^= 1 << bit
                    let copy = disk.copy()
                    copy.overwrite(path, with: bytes)
                    // The segment table is a cache; damage to it costs a rebuild and is reported as such.
                    if path.hasSuffix("/segments") { continue }
                    #expect(damage(in: copy) != nil, "bit \(bit) of byte \(offset) of \(path) went unnoticed")
                }
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
