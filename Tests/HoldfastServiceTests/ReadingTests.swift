import Holdfast
import HoldfastLog
import HoldfastTestSupport
import Testing

@testable import HoldfastService

@Suite("Reading over HTTP")
struct ReadingTests {
    private static let p1 = "/v1/tenants/evian/players/p1"

    @Test("a wallet is shown now, after an event, and as it was at a time; whom nobody knows is not found")
    func wallet() async throws {
        try await ServiceUnderTest.with { test, client in
            _ = try client.post("/v1/commands", credit("p1", "d1", 5_000))
            let between = SystemClock().now()
            try eventually("time goes on") { SystemClock().now() > between }
            _ = try client.post("/v1/commands", debit("p1", "b1", 1_000))
            let now = try client.get(Self.p1)
            #expect(
                now.body == #"{"tenant":"evian","player":"p1","seq":2,"locked":false,"assets":{"BRL":{"balance":4000,"#
                    + #""held":0,"available":4000}},"holds":[]}"# + "\n")
            for earlier in ["?at_seq=1", "?as_of=\(between)"] {
                let body = try client.get(Self.p1 + earlier).body
                #expect(body.contains(#""balance":5000"#), "\(earlier)")
            }
            for missing in [
                "?at_seq=3", "?as_of=1000", "?as_of=2025-01-01T00:00:00Z", "", "x%2Fy", "%00",
            ] {
                let target = missing.hasPrefix("?") ? Self.p1 + missing : "/v1/tenants/evian/players/nobody" + missing
                let response = try client.get(target)
                #expect(response.status == 404 && response.body.contains(#""code":"not_found""#), "\(target)")
            }
        }
    }

    @Test("a player's name may hold anything that it may hold")
    func names() async throws {
        try await ServiceUnderTest.with { _, client in
            _ = try client.post("/v1/commands", credit(#"a/b?c&d é%"#, "d1"))
            let response = try client.get("/v1/tenants/evian/players/a%2Fb%3Fc%26d%20%C3%A9%25")
            #expect(response.status == 200 && response.body.contains(#""player":"a/b?c&d é%""#))
            let history = try client.get("/v1/tenants/evian/players/a%2Fb%3Fc%26d%20%C3%A9%25/history")
            #expect(history.lines.count == 1)
        }
    }

    @Test("a history is all of a player's rows, from where and as far as it was asked for, in both directions")
    func history() async throws {
        try await ServiceUnderTest.with(lanes: 2) { _, client in
            // More than one piece.
            let lines = (1...3_000).map { credit($0 % 3 == 0 ? "p2" : "p1", "d\($0)", $0) }
            _ = try client.post("/v1/commands", lines.joined(separator: "\n"))
            func seqs(_ query: String) throws -> [Int] {
                try client.get(Self.p1 + "/history" + query).lines.map { line in
                    Int(line.split(separator: #""seq":"#)[1].prefix { $0 != "," })!
                }
            }
            #expect(try seqs("") == Array(1...2_000))
            #expect(try seqs("?from=1990") == Array(1_990...2_000))
            #expect(try seqs("?from=5&limit=3") == [5, 6, 7])
            #expect(try seqs("?limit=2") == [1, 2])
            #expect(try seqs("?limit=0") == [])
            #expect(try seqs("?from=2001") == [])
            #expect(try seqs("?backwards=true&limit=3") == [2_000, 1_999, 1_998])
            #expect(try seqs("?backwards=true&from=2") == [2, 1])
            #expect(try seqs("?backwards") == Array((1...2_000).reversed()))
            let missing = try client.get("/v1/tenants/evian/players/nobody/history")
            #expect(missing.status == 404)
        }
    }

    @Test("events come in log order, as many as were asked for, and are what the log has")
    func events() async throws {
        try await ServiceUnderTest.with(lanes: 3) { test, client in
            let lines = (1...2_000).map { credit("p\($0 % 17)", "d\($0)", $0) }
            _ = try client.post("/v1/commands", lines.joined(separator: "\n"))
            func positions(_ query: String) throws -> [Int] {
                try client.get("/v1/events" + query).lines.map { line in
                    Int(line.split(separator: #""position":"#)[1].prefix { $0 != "," })!
                }
            }
            #expect(try positions("") == Array(1...2_000))
            #expect(try positions("?from=1900") == Array(1_900...2_000))
            #expect(try positions("?from=7&limit=70") == Array(7..<77))
            #expect(try positions("?from=5000") == [])
            let follow = try positions("?follow=true&limit=2000")
            #expect(follow.count == 2_000, "one that follows ends with its limit")
        }
    }

    @Test("one who follows sees what comes, and sets nothing free that others need when it goes away")
    func follow() async throws {
        try await ServiceUnderTest.with({ $0.limits.streams = 3 }) { test, client in
            _ = try client.post("/v1/commands", credit("p1", "d1"))
            var followers = try (0..<3).map { _ in
                let follower = try test.client()
                try follower.send(TestClient.request("GET", "/v1/events?follow=true"))
                let head = try follower.head()
                #expect(head.status == 200 && head.headers["content-type"] == "application/x-ndjson")
                return follower
            }
            for follower in followers {
                let chunk = try follower.chunk()
                #expect(chunk?.contains(#""request_id":"d1""#) == true)
            }
            let tooMany = try client.get("/v1/events")
            #expect(tooMany.status == 503 && tooMany.headers["retry-after"] != nil)
            _ = try client.post("/v1/commands", credit("p1", "d2"))
            for follower in followers {
                let chunk = try follower.chunk()
                #expect(chunk?.contains(#""request_id":"d2""#) == true)
            }
            // Nothing comes any more, and still it is seen that they are gone.
            followers.removeAll()
            try eventually("their places are free") {
                try client.get("/metrics").body.contains("holdfast_http_streams 0\n")
            }
            let again = try client.get("/v1/events")
            #expect(again.lines.count == 2)
        }
    }

    @Test("one who does not read holds up nobody and is not sent more than it takes")
    func slowReader() async throws {
        try await ServiceUnderTest.with({ $0.limits.server.idleSeconds = 1 }) { test, client in
            for part in 0..<6 {
                let lines = (0..<5_000).map { credit("p\($0 % 50)", "d\(part)-\($0)") }.joined(separator: "\n")
                _ = try client.post("/v1/commands", lines)
            }
            let slow = try test.client()
            try slow.send(TestClient.request("GET", "/v1/events"))
            _ = try slow.head()
            let answer = try client.post("/v1/commands", credit("p1", "one more"))
            #expect(answer.status == 200)
            // Twelve megabytes do not fit between the two; it waits, and is given up after a while.
            try eventually("it is given up") { try client.get("/metrics").body.contains("holdfast_http_streams 0\n") }
            let metrics = try client.get("/metrics").body
            #expect(metrics.contains("holdfast_http_replies_broken_off_total 1\n"))
        }
    }

    @Test("figures, readiness and metrics are there")
    func figures() async throws {
        try await ServiceUnderTest.with(lanes: 2) { _, client in
            _ = try client.post("/v1/commands", credit("p1", "d1"))
            _ = try client.post(
                "/v1/commands",
                #"{"op":"authorise","tenant":"evian","player":"p1","request_id":"h","asset":"BRL","amount":5}"#)
            _ = try client.post("/v1/commands", debit("p1", "x", 1_000))
            let stats = try client.get("/v1/stats")
            #expect(stats.status == 200)
            #expect(stats.body.hasPrefix(#"{"players":1,"events":3,"#))
            #expect(stats.body.contains(#""lanes":2,"position":3,"open_holds":1,"last_event_at":1"#))
            let health = try client.get("/healthz")
            #expect(health.body == #"{"alive":true}"# + "\n")
            let ready = try client.get("/readyz")
            #expect(ready.status == 200 && ready.body.hasPrefix(#"{"ready":true,"jobs":[{"name":"snapshot""#))
            let metrics = try client.get("/metrics")
            #expect(metrics.headers["content-type"]?.hasPrefix("text/plain; version=0.0.4") == true)
            for line in [
                #"holdfast_http_requests_total{route="/v1/commands",status="200"} 3"#,
                #"holdfast_http_request_seconds_count{route="/v1/stats"} 1"#,
                #"holdfast_http_request_seconds_bucket{route="/v1/commands",le="+Inf"} 3"#,
                #"holdfast_commands_total{answer="accepted"} 2"#,
                #"holdfast_commands_total{answer="insufficient_funds"} 1"#, "holdfast_ledger_position 3",
                "holdfast_ledger_open_holds 1", "holdfast_ledger_players 1", "holdfast_ledger_up 1",
                #"holdfast_lane_inbox_works{lane="1"} 0"#, #"holdfast_job_failing{job="snapshot"} 0.0"#,
            ] {
                #expect(metrics.lines.contains(line), "\(line)")
            }
        }
    }
}
