import Glibc
import HoldfastTestSupport
import Testing

@testable import HoldfastLog

/// Each in a process of its own: the limit is the whole process's.
@Suite("Room for open files") struct OpenFilesTests {
    @Test("is there for all lanes of a log that is open")
    func lanes() async {
        await #expect(processExitsWith: .success) {
            let hard = OpenFilesLimit.lower(to: 256)
            let place = TemporaryDirectory()
            let store = try await EventStore.open(
                at: place.path + "/store", options: .init(lanes: 3, segmentBytes: 64 << 10))
            #expect(Syscalls.openFilesAllowed >= min(hard, 3 * Limits.laneFilesOpen))
            await store.close()
        }
    }

    @Test("is enough to read a log of more segments than there was room for")
    func manySegments() async {
        await #expect(processExitsWith: .success) {
            let place = TemporaryDirectory()
            let path = place.path + "/store"
            let store = try await EventStore.open(at: path, options: .init(segmentBytes: 64 << 10))
            let payload = [UInt8](repeating: 7, count: 40_000)
            for _ in 0..<90 { try await store.append(Event(type: 1, payload: payload), to: "s") }
            await store.close()
            _ = OpenFilesLimit.lower(to: 60)
            let again = try await EventStore.open(at: path)
            #expect(again.logs[0].segmentCount >= 90)
            #expect(try await again.readAll().collect().count == 90)
            await again.close()
        }
    }

    @Test("is counted for all that have some at once, and given back")
    func counted() async {
        await #expect(processExitsWith: .success) {
            let hard = OpenFilesLimit.lower(to: 64)
            var held: [OpenFiles] = []
            for _ in 0..<3 { held.append(OpenFiles(500)) }
            let all = Syscalls.openFilesAllowed
            #expect(all >= min(hard, 1_500))
            held.removeAll()
            for _ in 0..<10 { _ = OpenFiles(400) }
            #expect(Syscalls.openFilesAllowed == all, "what is given back is there for others")
        }
    }
}

enum OpenFilesLimit {
    /// Returns the limit above which it can't be raised again.
    static func lower(to count: Int) -> Int {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = rlim_t(count)
        precondition(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
        return Int(clamping: limit.rlim_max)
    }
}
