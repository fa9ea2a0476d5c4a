import Foundation
import HoldfastTestSupport
import SimulatedDisk
import Testing

@testable import HoldfastLog

/// A sealed segment of the first version, made from the golden log, is read as long as there are logs of it. What the
/// compressor of another version makes of the same events may differ, so today's file need not be the same.
@Suite struct SealedGoldenTests {
    private static let file = GoldenLog.tests.appendingPathComponent("Golden/sealed-v1/0000000000.sealed")
    private static let name = StoreUnderTest.path + "/lane-01/0000000000"

    @Test("the golden sealed segment is the golden log's segment, byte for byte")
    func reads() throws {
        let disk = try GoldenLog.stored()
        let original = try #require(disk.contents(Self.name + ".log"))
        let roots = try LogDirectory.open(StoreUnderTest.path, kind: EventStore.kind, on: disk).sealAll()
        if GoldenLog.isToBeWritten {
            try FileManager.default.createDirectory(
                at: Self.file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(disk.contents(Self.name + ".sealed")!).write(to: Self.file)
        }
        disk.overwrite(Self.name + ".sealed", with: Array(try Data(contentsOf: Self.file)))
        let directory = try LogDirectory.open(StoreUnderTest.path, kind: EventStore.kind, on: disk)
        let log = try directory.openLanes(for: .reading)[1]
        let segment = try log.sealed(0)
        let image = try segment.image()
        #expect(withExtendedLifetime(image) { Array(image.bytes) } == original)
        #expect(segment.header.root == roots.last)
        #expect(try LogVerifier.verify(directory, deep: true).faults.isEmpty)
    }

    @Test("read-log prints of a sealed log what it prints of the open one, and sees where it was damaged")
    func readLog() throws {
        let disk = try GoldenLog.stored()
        _ = try LogDirectory.open(StoreUnderTest.path, kind: EventStore.kind, on: disk).sealAll()
        let directory = TemporaryDirectory()
        let path = directory.path + "/log"
        try GoldenLog.write(disk, to: path)
        let read = try GoldenLog.read(path)
        #expect(read.status == 0 && read.complaint == "")
        #expect(try read.lines == String(contentsOfFile: GoldenLog.events, encoding: .utf8))
        let size = disk.contents(Self.name + ".sealed")!.count
        for offset in [20, 130, 200, 300, 400, 520, 700, size - 4_200] {
            disk.flip(3, of: offset, in: Self.name + ".sealed")
            try GoldenLog.write(disk, to: path)
            let damaged = try GoldenLog.read(path)
            #expect(damaged.status == 1 && damaged.complaint.hasPrefix("read-log: "), "byte \(offset)")
            disk.flip(3, of: offset, in: Self.name + ".sealed")
        }
    }
}
