import SimulatedDisk
import Testing

@testable import HoldfastLog

/// A disk without space: appends are refused, nothing else suffers.
@Suite struct FullDiskTests {
    private static let text = String(repeating: "x", count: 3_000)

    private func isFull(_ answer: StoreUnderTest.Answer) -> Bool {
        if case .storageFull? = answer.failure { return true }
        return false
    }

    @Test(
        "appends are refused while the disk is full, reads go on, and work resumes when there is space",
        arguments: [1, 3])
    func fullAndBack(lanes: Int) throws {
        let disk = SimulatedDisk()
        let test = try StoreUnderTest(on: disk, lanes: lanes)
        disk.limitSpace(to: (64 << 10) * (lanes + 2))
        var acknowledged: [String] = []
        var refused = 0
        func append(_ number: Int) throws {
            let answer = test.append("\(number)" + Self.text, to: StreamKey("s\(number % 5)"))
            if answer.isAcknowledged {
                acknowledged.append("\(number)" + Self.text)
            } else {
                #expect(isFull(answer))
                refused += 1
            }
        }
        var number = 0
        while refused < 20 {
            try append(number)
            number += 1
            #expect(number < 1_000, "the disk fills up at last")
        }
        let before = acknowledged.count
        #expect(try test.contents().count == before, "reads go on")
        disk.limitSpace(to: nil)
        for _ in 0..<50 {
            try append(number)
            number += 1
        }
        #expect(acknowledged.count == before + 50, "every append goes through again")
        #expect(Set(try test.contents().map { $0.split(separator: ":")[1] }) == Set(acknowledged.map { $0[...] }))
        #expect(try test.contents().count == acknowledged.count)
        let contents = try test.contents()
        #expect(try disk.afterCrash(.nothing).reopen(lanes: lanes).contents() == contents)
    }

    @Test("no space is met when a segment is prepared, and never by a commit")
    func metEarly() throws {
        let disk = SimulatedDisk()
        let test = try StoreUnderTest(on: disk)
        disk.limitSpace(to: disk.usedBytes)
        var operations = disk.history.count
        while !isFull(test.append(Self.text, to: "s")) {
            let done = disk.history[operations...].filter { !$0.hasSuffix(".log.new") }
            #expect(
                done.allSatisfy {
                    $0 == "write /log/lane-00/0000000000.log" || $0 == "sync /log/lane-00/0000000000.log"
                })
            operations = disk.history.count
        }
        #expect(test.store.engine.failure == nil, "the store has not stopped")
        #expect(!disk.fileNames.contains { $0.hasSuffix(".new") }, "and leaves nothing half-made behind")
    }

    @Test(
        "whichever step of preparing a segment meets the full disk, nothing is lost",
        arguments: ["create", "allocate", "fill"], [SystemErrors.noSpace, SystemErrors.quotaExceeded])
    func atEachStep(operation: String, errno: Int32) throws {
        let disk = SimulatedDisk()
        let test = try StoreUnderTest(on: disk)
        disk.refuseChanges(operation, errno: errno)
        var acknowledged = 0
        while test.append(Self.text, to: "s").isAcknowledged { acknowledged += 1 }
        #expect(isFull(test.append(Self.text, to: "s")))
        #expect(try test.contents().count == acknowledged)
        disk.refuseChanges(errno: nil)
        for _ in 0..<30 { acknowledged += test.append(Self.text, to: "s").isAcknowledged ? 1 : 0 }
        #expect(acknowledged > 30)
        #expect(try test.contents().count == acknowledged)
        test.close()
        #expect(try disk.reopen().contents().count == acknowledged)
    }

    @Test("a work of many appends that meets the full disk half-way fails as a whole only for what is not durable")
    func halfWay() async throws {
        let disk = SimulatedDisk()
        try await withStore(on: disk) { store async throws in
            try await store.append(Event("first"), to: "s")
            disk.limitSpace(to: disk.usedBytes)
            var batch = AppendBatch()
            for number in 0..<100 { try batch.append(Event("\(number)" + Self.text), to: "s") }
            let results = try await store.append(batch)
            let durable = results.count { (try? $0.get()) != nil }
            #expect(durable > 0 && durable < 100)
            #expect(store.lastPosition == UInt64(durable) + 1)
            for result in results.dropFirst(durable) {
                guard case .failure(.storageFull) = result else {
                    Issue.record("\(result)")
                    return
                }
            }
        }
    }

    @Test("a snapshot that meets the full disk fails, and the store goes on")
    func snapshot() async throws {
        let disk = SimulatedDisk()
        try await withStore(on: disk) { store async throws in
            try await store.append(Event("1"), to: "s")
            disk.limitSpace(to: disk.usedBytes)
            guard case .storageFull = await failure({ try await store.snapshot() }) else {
                Issue.record("there is no space for a snapshot")
                return
            }
            try await store.append(Event("2"), to: "s")
            disk.limitSpace(to: nil)
            try await store.snapshot()
        }
        #expect(disk.fileNames.count { $0.contains("snapshot-") } == 1)
    }
}
