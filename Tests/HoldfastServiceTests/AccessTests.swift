import Testing

@testable import HoldfastService

@Suite("Tokens")
struct AccessTests {
    private static let tokens = [
        AccessToken(name: "games", secret: "games-secret-0123456789", rights: [.commands, .read]),
        AccessToken(name: "screen", secret: "screen-secret-0123456789", rights: [.read]),
        AccessToken(name: "ops", secret: "ops-secret-0123456789", rights: [.admin]),
    ]

    private static func bearer(_ name: String) -> [String: String] {
        ["Authorization": "Bearer \(name)-secret-0123456789"]
    }

    @Test(
        "allow what their rights say and nothing else",
        arguments: [
            ("POST", "/v1/commands", ["games"]), ("GET", "/v1/events", ["games", "screen"]),
            ("GET", "/v1/tenants/evian/players/p1", ["games", "screen"]), ("GET", "/v1/stats", ["games", "screen"]),
            ("GET", "/v1/tenants/evian/players/p1/history", ["games", "screen"]),
            ("GET", "/metrics", ["games", "screen"]), ("GET", "/v1/jobs", ["games", "screen"]),
            ("POST", "/v1/jobs/snapshot/run", ["ops"]),
        ])
    func rights(method: String, target: String, allowed: [String]) async throws {
        try await ServiceUnderTest.with({ $0.tokens = Self.tokens }) { _, client in
            _ = try client.post("/v1/commands", credit("p1", "d0"), headers: Self.bearer("games"))
            for name in ["games", "screen", "ops"] {
                let body = method == "POST" ? credit("p1", "d1") : nil
                let response = try client.ask(method, target, body, headers: Self.bearer(name))
                #expect(response.status == (allowed.contains(name) ? (target.hasSuffix("run") ? 202 : 200) : 403))
            }
            for headers in [[:], ["Authorization": "Bearer nonsense"], ["Authorization": "Basic Z2FtZXM6eA=="]] {
                let response = try client.ask(method, target, method == "POST" ? "" : nil, headers: headers)
                #expect(response.status == 401)
                #expect(response.headers["www-authenticate"]?.hasPrefix("Bearer") == true)
                #expect(response.body.contains(#""code":"unauthorized""#))
            }
        }
    }

    @Test("are not needed to ask whether the service is well, which then says no more than that")
    func open() async throws {
        try await ServiceUnderTest.with({ $0.tokens = Self.tokens }) { _, client in
            let health = try client.get("/healthz")
            #expect(health.status == 200)
            let ready = try client.get("/readyz")
            #expect(ready.status == 200 && !ready.body.contains("next_at"))
            let inFull = try client.get("/readyz", headers: Self.bearer("screen"))
            #expect(inFull.body.contains("next_at"))
        }
    }

    @Test("are found by what follows the word, however that is written")
    func header() {
        #expect(Self.tokens.holder(of: "bearer  ops-secret-0123456789")?.name == "ops")
        #expect(Self.tokens.holder(of: "ops-secret-0123456789") == nil)
        #expect(Self.tokens.holder(of: "Bearer ") == nil)
        #expect(Self.tokens.holder(of: nil) == nil)
    }
}
