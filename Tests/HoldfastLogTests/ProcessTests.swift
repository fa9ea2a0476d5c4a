import Foundation
import HoldfastTestSupport
import Testing

@testable import HoldfastLog

/// One process owns a log's directory.
@Suite struct ProcessTests {
    @Test("a store that is open can't be opened again, and can once it is closed")
    func secondOpening() async throws {
        let directory = TemporaryDirectory()
        let path = directory.path + "/store"
        let store = try await EventStore.open(at: path, options: .init(segmentBytes: 64 << 10))
        try await store.append(Event("1"), to: "s")
        for _ in 0..<3 {
            #expect(await failure { _ = try await EventStore.open(at: path) } == .locked(path: path))
        }
        try await store.append(Event("2"), to: "s")
        await store.close()
        let again = try await EventStore.open(at: path)
        #expect(try await again.readAll().collect().map(\.text) == ["1", "2"])
        #expect(again.opened.closedCleanly)
        await again.close()
    }

    @Test("closing twice is closing once, even when somebody else has opened the store in between")
    func closeTwice() async throws {
        let directory = TemporaryDirectory()
        let path = directory.path + "/store"
        let first = try await EventStore.open(at: path, options: .init(segmentBytes: 64 << 10))
        await first.close()
        let second = try await EventStore.open(at: path)
        await first.close()
        #expect(await failure { _ = try await EventStore.open(at: path) } == .locked(path: path))
        #expect(!FileManager.default.fileExists(atPath: path + "/lane-00/clean"), "an open store is not closed")
        try await second.append(Event("1"), to: "s")
        await second.close()
        let third = try await EventStore.open(at: path)
        #expect(third.lastPosition == 1)
        await third.close()
    }

    @Test("while another process holds the directory, opening is refused and nothing is changed")
    func otherProcess() async throws {
        let directory = TemporaryDirectory()
        let path = directory.path + "/store"
        let store = try await EventStore.open(at: path, options: .init(segmentBytes: 64 << 10))
        try await store.append(Event("1"), to: "s")
        await store.close()
        let before = try contents(of: path)
        let other = try OtherProcess(holding: path + "/lock")
        #expect(await failure { _ = try await EventStore.open(at: path) } == .locked(path: path))
        #expect(try contents(of: path) == before)
        other.kill()
        let again = try await EventStore.open(at: path)
        #expect(again.lastPosition == 1, "the lock dies with its process")
        await again.close()
    }

    @Test("of many who create a store in one place at once, one does")
    func creatingAtOnce() async throws {
        let directory = TemporaryDirectory()
        let path = directory.path + "/store"
        let opened = await withTaskGroup(of: EventStore?.self) { group in
            for _ in 0..<16 {
                group.addTask { try? await EventStore.open(at: path, options: .init(lanes: 2, segmentBytes: 64 << 10)) }
            }
            return await group.reduce(into: [EventStore]()) { all, store in if let store { all.append(store) } }
        }
        #expect(opened.count == 1)
        let store = try #require(opened.first)
        try await store.append(Event("1"), to: "s")
        await store.close()
        let again = try await EventStore.open(at: path)
        #expect(try await again.readAll().collect().count == 1)
        await again.close()
    }
}

/// A process of its own that holds a file's lock until it is killed.
private final class OtherProcess {
    private let process = Process()

    /// Returns once the lock is held.
    init(holding path: String) throws {
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["flock", path, "sh", "-c", "echo held; read line"]
        let input = Pipe()
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let said = output.fileHandleForReading.readData(ofLength: 5)
        try #require(String(decoding: said, as: UTF8.self) == "held\n")
        standardInput = input
    }

    /// Kept open: at its end the process would stop by itself.
    private let standardInput: Pipe

    /// The lock belongs to the open file, which the child shares: both must go.
    func kill() {
        try? standardInput.fileHandleForWriting.close()
        process.waitUntilExit()
    }
}

private func contents(of path: String) throws -> [String: Data] {
    var all: [String: Data] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: path) {
        all[name] = FileManager.default.contents(atPath: path + "/" + name) ?? Data()
    }
    return all
}
