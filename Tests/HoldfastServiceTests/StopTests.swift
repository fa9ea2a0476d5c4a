import Holdfast
import HoldfastLog
import HoldfastTestSupport
import HoldfastWallet
import Testing

@testable import HoldfastService

@Suite("The end of the service")
struct StopTests {
    @Test("loses nothing that was answered, and answers what is under way", arguments: 0..<3)
    func underLoad(round: Int) async throws {
        let test = try await ServiceUnderTest.make()
        let began = Locked(0)
        let answered = try await withThrowingTaskGroup(of: [String].self) { group in
            for number in 0..<16 {
                group.addTask {
                    try await test.ask { client in
                        var answered: [String] = []
                        for step in 0..<100_000 {
                            let request = "d\(number)-\(step)"
                            guard let response = try? client.post("/v1/commands", credit("p\(number)", request)) else {
                                break
                            }
                            if response.status != 200 { break }
                            answered.append(request)
                            began.with { $0 += 1 }
                        }
                        return answered
                    }
                }
            }
            group.addTask {
                try await onThread("stop") { Result { try eventually("it is busy") { began.with { $0 } > 200 } } }.get()
                await test.service.stop()
                return []
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(answered.count > 200)
        let files = try LedgerFiles(test.ledger)
        var logged: Set<String> = []
        let reader = try files.reader(from: 1)
        while try reader.readBatch({ (record, _, _, _) throws(LedgerError) in
            let row = try EventRows(reading: record).first
            logged.insert(row.requestID.map { String(decoding: $0, as: UTF8.self) } ?? "")
        }) > 0 {}
        #expect(answered.allSatisfy { logged.contains($0) })
        #expect(test.place.has("ledger/lane-00/clean"), "and the ledger is closed in order")
    }

    @Test("ends those who follow, and does not wait for who never finishes asking")
    func streams() async throws {
        let test = try await ServiceUnderTest.make { $0.limits.stopSeconds = 1 }
        let follower = try await onThread("follower") {
            Result { () throws -> TestClient in
                let client = try test.client()
                try client.send(TestClient.request("GET", "/v1/events?follow=true"))
                _ = try client.head()
                return client
            }.map { Box($0) }
        }.get()
        let unfinished = try await onThread("unfinished") {
            Result { () throws -> TestClient in
                let client = try test.client()
                try client.send("POST /v1/commands HTTP/1.1\r\nHost: t\r\nContent-Length: 500\r\n\r\n{")
                return client
            }.map { Box($0) }
        }.get()
        await test.service.stop()
        try await onThread("look") {
            Result {
                let last = try follower.client.chunk()
                #expect(last == nil, "a whole end, and not a broken one")
                let isClosed = try unfinished.client.isClosed()
                #expect(isClosed)
            }
        }.get()
        let again = try await Ledger.openExisting(at: test.ledger)
        await again.close()
    }

    @Test("what is cut off by a stop does not end as if it were whole")
    func cutOff() async throws {
        let test = try await ServiceUnderTest.make { $0.limits.stopSeconds = 1 }
        let count = 40_000
        let asker = try await onThread("asker") {
            Result { () throws -> Box in
                let client = try test.client()
                for part in 0..<(count / 10_000) {
                    let commands = (0..<10_000).map { credit("p\($0 % 100)", "d\(part)-\($0)") }
                    let answers = try client.post("/v1/commands", commands.joined(separator: "\n"))
                    #expect(answers.status == 200)
                }
                try client.send(TestClient.request("GET", "/v1/events"))
                let head = try client.head()
                #expect(head.status == 200)
                return Box(client)
            }
        }.get()
        // More than sockets hold, and nobody takes it.
        await test.service.stop()
        let (rows, endsInOrder) = await onThread("look") { () -> (Int, Bool) in
            var rows = 0
            do {
                while let chunk = try asker.client.chunk() { rows += chunk.utf8.count { $0 == UInt8(ascii: "\n") } }
                return (rows, true)
            } catch {
                return (rows, false)
            }
        }
        #expect(rows == count || !endsInOrder)
    }

    /// Used by one thread after the other.
    private final class Box: @unchecked Sendable {
        let client: TestClient
        init(_ client: TestClient) { self.client = client }
    }

    @Test("a log that nobody reads is no reason to wait")
    func blockedLog() async throws {
        let place = TemporaryDirectory()
        try await Ledger.create(at: place.path + "/ledger")
        let never = Signal()
        let ticket = never.ticket
        var configuration = ServiceConfiguration()
        configuration.listen = try ListenAddress("127.0.0.1:0")
        let log = ServiceLog(.text, .requests) { _ in never.wait(after: ticket, nanoseconds: 30_000_000_000) }
        let service = try Service(at: place.path + "/ledger", configuration, log: log)
        let dropped = try await onThread("client") {
            Result {
                let client = try TestClient(port: service.address.port)
                for _ in 0..<5_000 { _ = try client.get("/healthz") }
                return log.dropped
            }
        }.get()
        #expect(dropped > 0)
        await service.stop()
        never.raise()
    }
}
