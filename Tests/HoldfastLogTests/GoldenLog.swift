import Foundation
import SimulatedDisk
import Testing

@testable import HoldfastLog

/// The log of Tests/Golden/log-v1: made of nothing but what stands here, so that it comes out the same every time.
///
/// Its files are the contract with every log that was ever written. When one of its tests fails the format has
/// changed: give it a new version and a new golden log beside this one, which must stay readable. Only before the
/// first release, and after a look at the difference, write it anew:
///
///     HOLDFAST_WRITE_GOLDEN=1 swift test --filter HoldfastLogTests.GoldenTests
enum GoldenLog {
    static let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    static let files = tests.appendingPathComponent("Golden/log-v1").path
    static let events = tests.appendingPathComponent("Golden/log-v1.jsonl").path
    static let reader = tests.deletingLastPathComponent().appendingPathComponent("tools/read-log").path
    static let isToBeWritten = ProcessInfo.processInfo.environment["HOLDFAST_WRITE_GOLDEN"] != nil

    private static let start: Int64 = 1_700_000_000_000

    /// Two lanes, two lives, every kind of file: what a reader of the format can meet.
    static func make() throws -> SimulatedDisk {
        let disk = SimulatedDisk()
        let first = try StoreUnderTest(on: disk, lanes: 2, time: start)
        try append(first, "order-17", Event(type: 1, payload: Array("placed".utf8)), expecting: .none)
        try append(first, "order-18", Event(type: 1, payload: Array("placed".utf8), metadata: Array("trace=a1".utf8)))
        first.clock.advance(to: start + 1_500)
        try append(first, "order-17", Event(type: 2, schemaVersion: 3, payload: []))
        first.close()

        let second = try StoreUnderTest(on: disk, lanes: 2, time: start + 60_000)
        // One round over both lanes.
        for number in 0..<4 {
            _ = second.offer("grüße \(number)", to: StreamKey("customer-\(number)"))
        }
        second.run()
        try append(
            second, StreamKey(bytes: [0, 255, 10]),
            Event(type: 65_535, schemaVersion: 65_535, payload: [0xC3, 0x28], metadata: [0xFF]))
        // Whole sectors of zeros, and a key and payload that need no padding.
        try append(second, "zeros", Event(type: 7, payload: [UInt8](repeating: 0, count: 1_100)))
        try append(second, "order-17", Event(type: 3, payload: [UInt8](repeating: 0x41, count: 8)))
        _ = try second.store.engine.startSnapshots(at: second.store.directory.places, on: disk)
        second.run()
        try Checkpoint("mailer", in: second.store.directory).advance(to: 5)
        var batch = AppendBatch()
        try batch.append((1...3).map { Event(type: 4, payload: [UInt8($0)]) }, to: "order-18", expecting: .exact(1))
        #expect(second.offer(batch, lane: lane(of: "order-18", second)).failure == nil)
        second.run()
        second.close()
        return disk
    }

    private static func lane(of key: StreamKey, _ test: StoreUnderTest) -> Int {
        key.bytes.withUnsafeBytes { test.store.lane(of: $0) }
    }

    private static func append(
        _ test: StoreUnderTest, _ key: StreamKey, _ event: Event, expecting expected: ExpectedRevision = .any
    ) throws {
        var batch = AppendBatch()
        try batch.append(event, to: key, expecting: expected)
        let answer = test.offer(batch, lane: lane(of: key, test))
        test.run()
        #expect(answer.isAcknowledged)
    }

    /// The files as they were stored, on a disk of their own under the path that the tests open.
    static func stored() throws -> SimulatedDisk {
        let disk = SimulatedDisk()
        disk.makeDirectory(behindTheBack: StoreUnderTest.path)
        for name in try FileManager.default.subpathsOfDirectory(atPath: files) {
            let path = StoreUnderTest.path + "/" + name
            if let data = FileManager.default.contents(atPath: files + "/" + name) {
                disk.overwrite(path, with: Array(data))
            } else {
                disk.makeDirectory(behindTheBack: path)
            }
        }
        return disk
    }

    static func write(_ disk: SimulatedDisk, to directory: String) throws {
        try? FileManager.default.removeItem(atPath: directory)
        for name in disk.fileNames {
            let target = URL(fileURLWithPath: directory + name.dropFirst(StoreUnderTest.path.count))
            try FileManager.default.createDirectory(
                at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(disk.contents(name)!).write(to: target)
        }
    }

    /// Runs tools/read-log on a directory.
    static func read(_ directory: String) throws -> (status: Int32, lines: String, complaint: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", reader, directory]
        let output = Pipe()
        let errors = Pipe()
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let lines = output.fileHandleForReading.readDataToEndOfFile()
        let complaint = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (
            process.terminationStatus, String(decoding: lines, as: UTF8.self),
            String(decoding: complaint, as: UTF8.self)
        )
    }
}
