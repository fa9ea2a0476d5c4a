import SimulatedDisk
import Testing

@testable import HoldfastLog

/// Sealing may be stopped at every operation on the disk. The log is whole afterwards, and sealing goes on.
@Suite struct SealedCrashTests {
    private typealias Log = SealedStore

    @Test("whatever operation sealing stops at, no event is lost, and it can be finished")
    func everyOperation() throws {
        let original = try Log.make(events: 260)
        let before = try Log.records(original)
        let whole = original.copy()
        let first = whole.operations
        _ = try Log.directory(whole).sealAll()
        let sealedNames = Log.names(whole, ".sealed")
        #expect(sealedNames.count >= 2)
        for point in first..<whole.operations {
            let disk = original.copy()
            disk.crash(atOperation: point)
            #expect(throws: (any Error).self) { try Log.directory(disk).sealAll() }
            for surviving in [
                SimulatedDisk.Surviving.nothing, .everything, .randomSectors(seed: UInt64(point)),
                .randomSectors(seed: UInt64(point) + 77),
            ] {
                let after = disk.afterCrash(surviving)
                let what = "crash at \(whole.history[point]), \(surviving)"
                #expect(try Log.records(after).map(\.bytes) == before.map(\.bytes), "\(what)")
                let running = after.copy()
                let test = try running.reopen(time: 1_900_000_000_000)
                #expect(test.append("after", to: "tenant-1/stream-1").isAcknowledged, "\(what)")
                test.close()
                #expect(try Log.records(running).count == before.count + 1, "\(what)")
                _ = try Log.directory(after).sealAll()
                #expect(Log.names(after, ".sealed") == sealedNames, "\(what)")
                #expect(Log.names(after, ".new").isEmpty, "\(what)")
                for name in sealedNames { #expect(after.contents(name) == whole.contents(name), "\(what)") }
                #expect(try LogVerifier.verify(Log.directory(after)).faults.isEmpty, "\(what)")
            }
        }
    }

    @Test("a sealed file that does not agree with the open one beside it is made anew")
    func staleSealedFile() throws {
        let disk = try Log.make(events: 260)
        let open = disk.copy()
        _ = try Log.directory(disk).sealAll()
        let path = Log.lane + "0000000000.sealed"
        let good = disk.contents(path)!
        for damage in 0..<3 {
            let copy = open.copy()
            var bytes = good
            if damage == 0 { bytes.removeLast(9) } else { bytes[damage * 300] ^= 4 }
            copy.overwrite(path, with: bytes)
            #expect(try LogVerifier.verify(Log.directory(copy)).faults.isEmpty, "the open one counts")
            _ = try Log.directory(copy).sealAll()
            #expect(copy.contents(path) == good)
        }
    }

    @Test("a full disk stops sealing and nothing else")
    func fullDisk() throws {
        let disk = try Log.make(events: 260)
        let before = try Log.records(disk)
        disk.fail("write", errno: SystemErrors.noSpace)
        guard case .storageFull? = failure({ () throws(LogError) in _ = try Log.directory(disk).sealAll() }) else {
            Issue.record("a full disk was not reported as one")
            return
        }
        #expect(Log.names(disk, ".sealed").isEmpty && Log.names(disk, ".new").isEmpty)
        #expect(try Log.records(disk).map(\.bytes) == before.map(\.bytes))
        _ = try Log.directory(disk).sealAll()
        #expect(try Log.records(disk).map(\.bytes) == before.map(\.bytes))
    }
}
