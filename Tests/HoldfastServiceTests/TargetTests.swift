import Testing

@testable import HoldfastService

@Suite("A target")
struct TargetTests {
    @Test("is taken apart before it is decoded, so that names may hold what separates them")
    func parts() throws {
        let target = try #require(RequestTarget("/v1/tenants/evian/players/a%2Fb%3F%26?as_of=1%262&x=+y&flag"))
        #expect(target.path == ["v1", "tenants", "evian", "players", "a/b?&"])
        #expect(
            target.query == [
                .init(name: "as_of", value: "1&2"), .init(name: "x", value: " y"), .init(name: "flag", value: ""),
            ])
        #expect(RequestTarget("http://wallet.example:80/healthz")?.path == ["healthz"])
        #expect(RequestTarget("/caf%C3%A9")?.path == ["café"])
    }

    @Test("that is none is refused", arguments: ["*", "", "/%", "/%4", "/%zz", "/%ff", "/a?b=%c3", "ftp://x/"])
    func malformed(text: String) {
        #expect(RequestTarget(text) == nil)
    }
}
