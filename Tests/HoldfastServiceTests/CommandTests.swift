import Holdfast
import HoldfastLog
import HoldfastTestSupport
import HoldfastText
import Testing

@testable import HoldfastService

@Suite("Commands over HTTP")
struct CommandTests {
    @Test("get the answer of the ledger; a refusal is an answer, and a retry gets the first one again")
    func one() async throws {
        try await ServiceUnderTest.with { _, client in
            let first = try client.post("/v1/commands", credit("p1", "d1", 5_000))
            #expect(first.status == 200)
            #expect(first.headers["content-type"] == "application/json")
            #expect(
                first.body == #"{"ok":true,"event":"credited","amount":5000,"seq":1,"asset":"BRL","#
                    + #""balance":5000,"held":0,"available":5000}"# + "\n")
            let again = try client.post("/v1/commands", credit("p1", "d1", 5_000))
            #expect(again.body.contains(#""duplicate":true"#))
            let refused = try client.post("/v1/commands", debit("p1", "b1", 6_000))
            #expect(refused.status == 200)
            #expect(refused.body.hasPrefix(#"{"ok":false,"error":"insufficient_funds","seq":2"#))
        }
    }

    @Test(
        "that are none get 400 and the word for it",
        arguments: [
            (#"{"op":"credi"}"#, #""field":"op"}"#), ("nonsense", #"{"ok":false,"error":"invalid_request"}"#),
            (
                #"{"op":"debit","tenant":"evian","player":"p1","request_id":"x","asset":"BRL","amount":0}"#,
                #""amount"}"#
            ),
            (#"{"op":"lock","tenant":"evian","player":"p1","request_id":"x","colour":"red"}"#, #""colour"}"#),
            (String(repeating: " ", count: 70_000), "invalid_request"),
        ])
    func malformed(body: String, word: String) async throws {
        try await ServiceUnderTest.with { _, client in
            let response = try client.post("/v1/commands", body)
            #expect(response.status == 400)
            #expect(response.body.contains(#""error":"invalid_request""#) && response.body.contains(word))
            let spread = try client.post(
                "/v1/commands", credit("p1", "d1").replacing(",", with: "\n,"),
                headers: ["Content-Type": "application/json; charset=utf-8"])
            #expect(spread.status == 200, "one command may be spread over lines, where its type says that it is one")
            #expect(try client.post("/v1/commands").status == 400)
        }
    }

    @Test("in a batch are answered line by line in their order, bad ones among them", arguments: [1, 3])
    func many(lanes: Int) async throws {
        try await ServiceUnderTest.with(lanes: lanes) { _, client in
            var lines = (0..<200).map { credit("p\($0 % 7)", "d\($0)", $0 + 1) }
            lines.insert("nonsense", at: 50)
            lines.insert("", at: 60)
            lines.append(
                #"{"op":"transfer","tenant":"evian","player":"p0","to":"p1","request_id":"t","asset":"BRL","amount":1}"#
            )
            lines.append(debit("p1", "x", 1_000_000))
            let response = try client.post("/v1/commands", lines.joined(separator: "\n"))
            #expect(response.status == 200)
            #expect(response.headers["content-type"] == "application/x-ndjson")
            #expect(response.lines.count == lines.count)
            #expect(response.lines[0].contains(#""amount":1,"#))
            #expect(response.lines[50] == #"{"ok":false,"error":"invalid_request"}"#)
            #expect(response.lines[60] == #"{"ok":false,"error":"invalid_request"}"#)
            #expect(response.lines[201].contains(#""amount":200,"#))
            #expect(response.lines[202].contains(#""event":"transferred""#))
            #expect(response.lines[203].contains("insufficient_funds"))
            let alone = try client.post(
                "/v1/commands", "nonsense", headers: ["Content-Type": "application/x-ndjson"])
            #expect(alone.status == 200 && alone.lines == [#"{"ok":false,"error":"invalid_request"}"#])
        }
    }

    @Test("beyond what a request may hold are refused with 413, and the service goes on")
    func tooMuch() async throws {
        try await ServiceUnderTest.with({
            $0.limits.commandsPerRequest = 10
            $0.limits.server.bodyBytesMax = 4_096
        }) { test, client in
            let many = (0..<11).map { credit("p", "d\($0)") }.joined(separator: "\n")
            let response = try client.post("/v1/commands", many)
            #expect(response.status == 413 && response.body.contains(#""code":"too_large""#))
            // The length that is declared is enough to know.
            try client.send("POST /v1/commands HTTP/1.1\r\nHost: t\r\nContent-Length: 5000\r\n\r\n")
            #expect(try client.response().status == 413)
            #expect(try client.isClosed())
            // One that comes in pieces shows it as it comes.
            let second = try test.client()
            try second.send("POST /v1/commands HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in 0..<5 { try second.send("400\r\n" + String(repeating: "x", count: 1_024) + "\r\n") }
            try second.send("0\r\n\r\n")
            #expect(try second.response().status == 413)
            #expect(try second.post("/v1/commands", credit("p1", "d1")).status == 200)
            // Nobody sends for ever.
            let third = try test.client()
            try third.send("POST /v1/commands HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n")
            #expect(throws: TestClient.Trouble.self) {
                for _ in 0..<1_000 { try third.send("400\r\n" + String(repeating: "x", count: 1_024) + "\r\n") }
            }
        }
    }

    @Test("of 64 clients at once end in the books that their answers tell of")
    func manyClients() async throws {
        let test = try await ServiceUnderTest.make(lanes: 2)
        let sums = try await withThrowingTaskGroup(of: (String, Int).self) { group in
            for number in 0..<64 {
                group.addTask {
                    try await test.ask { client in
                        var sum = 0
                        for step in 1...20 {
                            let response = try client.post("/v1/commands", credit("p\(number)", "d\(step)", step))
                            if response.body.hasPrefix(#"{"ok":true"#) { sum += step }
                            let own = (0..<5).map { debit("p\(number)", "x\(step)-\($0)", 1) }.joined(separator: "\n")
                            let batch = try client.post("/v1/commands", own)
                            sum -= batch.lines.count { $0.hasPrefix(#"{"ok":true"#) }
                        }
                        return ("p\(number)", sum)
                    }
                }
            }
            return try await group.reduce(into: [(String, Int)]()) { $0.append($1) }
        }
        await test.service.stop()
        let ledger = try await Ledger.openExisting(at: test.ledger)
        for (player, sum) in sums {
            let wallet = try await ledger.wallet(of: Player(player, of: "evian"))
            #expect(wallet?.funds.first.map { Int($0.balance) } == sum && wallet?.seq == 120)
        }
        await ledger.close()
    }

    @Test("more than may be in flight are told to come again")
    func overload() async throws {
        try await ServiceUnderTest.with({ $0.limits.commandsInFlight = 0 }) { test, client in
            // One request is taken whatever it holds; while it waits for its rest, nothing of it counts.
            let body = [credit("p1", "d1"), credit("p1", "d2")].joined(separator: "\n")
            let (response, metrics) = (try client.post("/v1/commands", body), try client.get("/metrics"))
            #expect(response.status == 200)
            #expect(metrics.body.contains("holdfast_commands_in_flight 0\n"))
        }
        try await ServiceUnderTest.with({ $0.limits.server.bodiesBytesMax = 100 }) { _, client in
            let response = try client.post("/v1/commands", credit("p1", String(repeating: "d", count: 60)))
            #expect(response.status == 503 && response.headers["retry-after"] == "1")
            #expect(response.body.contains(#""code":"overloaded""#))
            #expect(try client.get("/healthz").status == 200)
        }
    }
}
