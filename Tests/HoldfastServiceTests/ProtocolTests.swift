import Glibc
import HoldfastTestSupport
import Testing

@testable import HoldfastService

@Suite("The protocol")
struct ProtocolTests {
    @Test(
        "what can't be asked for is named",
        arguments: [
            ("GET", "/", 404, "not_found"), ("GET", "/v1", 404, "not_found"), ("GET", "/v2/commands", 404, "not_found"),
            ("GET", "/v1/commands/", 404, "not_found"), ("GET", "/v1/commands", 405, "method_not_allowed"),
            ("DELETE", "/v1/tenants/a/players/b", 405, "method_not_allowed"),
            ("POST", "/healthz", 405, "method_not_allowed"), ("GET", "/v1/tenants/%zz/players/b", 400, "bad_request"),
            ("GET", "/v1/tenants/a/players/%ff", 400, "bad_request"),
            ("GET", "/v1/events?form=1", 400, "did you mean from?"),
            ("GET", "/v1/events?from=0", 400, "1 or more"), ("GET", "/v1/events?from=x", 400, "whole number"),
            ("GET", "/v1/events?limit=1&limit=2", 400, "twice"), ("GET", "/v1/events?follow=1", 400, "true or false"),
            ("GET", "/v1/stats?x", 400, "unknown parameter"), ("GET", "/v1/tenants/a/players/b?as_of=x", 400, "as_of"),
            ("GET", "/v1/tenants/a/players/b?as_of=1&at_seq=1", 400, "exclude"),
            ("POST", "/v1/jobs/nightly/run", 404, "there is no job"),
            ("POST", "/v1/jobs/snapsot/run", 404, "did you mean snapshot?"),
        ])
    func wrong(method: String, target: String, status: Int, word: String) async throws {
        try await ServiceUnderTest.with { _, client in
            let response = try client.ask(method, target, method == "POST" ? "" : nil)
            #expect(response.status == status)
            #expect(response.body.hasPrefix(#"{"error":{"code":""#) && response.body.contains(word), "\(response.body)")
            if status == 405 { #expect(response.headers["allow"] != nil) }
            let healthy = try client.get("/healthz")
            #expect(healthy.status == 200, "the connection goes on")
        }
    }

    @Test("requests that are sent ahead are answered in their order, on one connection")
    func pipelining() async throws {
        try await ServiceUnderTest.with { _, client in
            var requests = ""
            for number in 1...50 {
                requests += TestClient.request("POST", "/v1/commands", credit("p1", "d\(number)", number))
                if number % 10 == 0 { requests += TestClient.request("GET", "/v1/tenants/evian/players/p1") }
            }
            try client.send(requests)
            for number in 1...50 {
                let response = try client.response()
                #expect(response.body.contains(#""amount":\#(number),"seq":\#(number),"#))
                if number % 10 == 0 {
                    let wallet = try client.response()
                    #expect(wallet.body.contains(#""balance":\#(number * (number + 1) / 2),"#))
                }
            }
        }
    }

    @Test("a body that comes in drops is waited for, and one that breaks off changes nothing")
    func uploads() async throws {
        try await ServiceUnderTest.with { test, client in
            let command = credit("p1", "d1")
            try client.send("POST /v1/commands HTTP/1.1\r\nHost: t\r\nContent-Length: \(command.utf8.count)\r\n\r\n")
            for character in command { try client.send(String(character)) }
            let response = try client.response()
            #expect(response.status == 200)
            for _ in 0..<20 {
                let aborted = try test.client()
                try aborted.send(
                    "POST /v1/commands HTTP/1.1\r\nHost: t\r\nContent-Length: 500\r\n\r\n" + credit("p1", "d2"))
                aborted.hangUp()
            }
            try eventually("the service has noticed") {
                try client.get("/metrics").body.contains("holdfast_http_requests_under_way 1\n")
            }
            let wallet = try client.get("/v1/tenants/evian/players/p1")
            #expect(wallet.body.contains(#""seq":1,"#))
        }
    }

    @Test("a client that asks whether it may send is told, and HEAD has no body")
    func expectAndHead() async throws {
        try await ServiceUnderTest.with { _, client in
            let command = credit("p1", "d1")
            try client.send(
                "POST /v1/commands HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: \(command.utf8.count)\r\n\r\n"
            )
            let goOn = try client.head()
            #expect(goOn.status == 100)
            try client.send(command)
            let answer = try client.response()
            #expect(answer.status == 200)
            let head = try client.ask("HEAD", "/v1/tenants/evian/players/p1")
            #expect(head.status == 200 && head.headers["content-length"].map { Int($0)! > 50 } == true)
            let healthy = try client.get("/healthz")
            #expect(healthy.status == 200)
        }
    }

    @Test("HEAD of what comes piece by piece has no body either", arguments: ["", "?follow=true"])
    func headOfStream(query: String) async throws {
        try await ServiceUnderTest.with { _, client in
            let head = try client.ask("HEAD", "/v1/events" + query)
            #expect(head.status == 200)
            let healthy = try client.get("/healthz")
            #expect(healthy.body == "{\"alive\":true}\n", "nothing stood before it")
        }
    }

    @Test(
        "a body that could end in two places is refused with its connection",
        arguments: [
            ["Content-Length: 2", "Content-Length: 60"], ["Content-Length: 60", "Content-Length: 60"],
            ["Content-Length: 60", "Transfer-Encoding: chunked"], ["Transfer-Encoding: gzip, chunked"],
            ["Transfer-Encoding: xchunked"], ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"],
        ])
    func framing(headers: [String]) async throws {
        try await ServiceUnderTest.with { _, client in
            let hidden = "{}GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n"
            try client.send(
                "POST /v1/commands HTTP/1.1\r\nHost: t\r\n" + headers.joined(separator: "\r\n") + "\r\n\r\n" + hidden)
            let response = try client.response()
            #expect(response.status == 400 && response.headers["connection"] == "close")
            let isClosed = try client.isClosed()
            #expect(isClosed, "what stands behind it is nobody's request")
        }
    }

    @Test(
        "a client that sends no more is taken for gone, and never told that a part is the whole",
        arguments: ["events", "tenants/evian/players/p1/history"])
    func halfClosed(what: String) async throws {
        try await ServiceUnderTest.with { test, client in
            let commands = (0..<3_000).map { credit("p1", "d\($0)") }.joined(separator: "\n")
            let answers = try client.post("/v1/commands", commands)
            #expect(answers.lines.count == 3_000)
            let asker = try test.client()
            try asker.send(TestClient.request("GET", "/v1/" + what))
            asker.finishSending()
            let rows = (try? asker.response())?.lines.count
            #expect(rows == nil || rows == 3_000)
        }
    }

    @Test("what is no HTTP is refused, and nobody else notices")
    func nonsense() async throws {
        try await ServiceUnderTest.with { test, client in
            for text in ["\r\n\r\n\r\n", "GET\r\n\r\n", "\u{0}\u{1}\u{2}\r\n\r\n", "GET / HTTP/9.9\r\n\r\n"] {
                let other = try test.client()
                try other.send(text)
                other.hangUp()
            }
            let long = try test.client()
            try? long.send("GET /" + String(repeating: "x", count: 100_000) + " HTTP/1.1\r\n\r\n")
            let healthy = try client.get("/healthz")
            #expect(healthy.status == 200)
        }
    }

    @Test("a connection that says nothing is closed after a while; many of them are no burden")
    func idle() async throws {
        try await ServiceUnderTest.with({ $0.limits.server.idleSeconds = 1 }) { test, client in
            let idle = try (0..<200).map { _ in try test.client() }
            let healthy = try client.get("/healthz")
            #expect(healthy.status == 200)
            for one in idle {
                let isClosed = try one.isClosed()
                #expect(isClosed)
            }
        }
    }

    @Test(
        "an address is one that can be listened on", arguments: ["", "8080", ":8080", "host", "::1:80", "host:99999"])
    func addresses(text: String) throws {
        #expect(throws: (any Error).self) { try ListenAddress(text) }
        #expect(try ListenAddress("[::1]:80").host == "::1")
        #expect(try ListenAddress("[::1]:80").description == "[::1]:80")
        #expect(try ListenAddress("localhost:0").port == 0)
    }

    @Test("an address that is taken, and one that others reach, are refused with what to do")
    func refusedAddresses() async throws {
        let test = try await ServiceUnderTest.make()
        let second = TemporaryDirectory()
        await #expect { _ = try await ServiceUnderTest.make(at: second) { $0.listen = test.service.address } } throws: {
            "\($0)".contains("another program listens there")
        }
        await #expect {
            _ = try await ServiceUnderTest.make(at: second) { $0.listen = try ListenAddress("0.0.0.0:0") }
        } throws: { "\($0)".contains("insecure") }
        let open = try await ServiceUnderTest.make(at: second) {
            $0.listen = try ListenAddress("0.0.0.0:0")
            $0.isOpenToAll = true
        }
        await open.service.stop()
        await test.service.stop()
    }

    @Test("a certificate that is none is refused with what the library says")
    func badCertificate() async throws {
        let place = TemporaryDirectory()
        let disk = place.path + "/pem"
        fclose(fopen(disk, "w"))
        await #expect {
            _ = try await ServiceUnderTest.make(at: place) { $0.tls = .init(certificate: disk, key: disk) }
        } throws: { "\($0)".contains("its private key, both as PEM") }
    }
}
