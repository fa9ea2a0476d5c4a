import Foundation
import Testing
import WalletModel

@Suite("Benchmarks")
struct BenchStories {
    @Test("a day prints one JSON object on standard output, checks itself, and leaves a ledger that verifies")
    func day() throws {
        let work = try Workplace()
        let result = try work.done(
            "bench", "day", "--tx", "2000", "--players", "1000", "--tenants", "3", "--dir", work.path + "/day", "--json"
        ).value()
        for key in ["tx", "tx_per_second", "seconds", "players", "log_bytes", "resident_bytes", "cpu_seconds"] {
            #expect(result[key] != nil)
        }
        #expect(result["tx"] == 2_000 && result["players"] == 1_000)
        #expect(["p50", "p99", "p99_9", "max"].allSatisfy { result["latency_ms"]?[$0] != nil })
        #expect(result["ok"] == .bool(true))
        #expect(try work.done("verify", work.path + "/day").value()["ok"] == .bool(true))
    }

    @Test("a directory that is in use already is refused and left alone")
    func occupied() throws {
        let work = try Workplace()
        try work.done("init", work.ledger)
        for arguments in [["day", "--tx", "1000"], ["scale"], ["rivals"], ["verify"], ["recover"]] {
            let run = try work.holdfast(["bench"] + arguments + ["--dir", work.ledger])
            #expect(run.status == .exited(1))
            #expect(run.errors.contains(work.ledger))
        }
        #expect(try work.done("verify", work.ledger).value()["ok"] == .bool(true))
    }

    @Test("results are drawn and compared; what is no result is named")
    func results() throws {
        let work = try Workplace()
        for name in ["a", "b"] {
            let output = try work.done(
                "bench", "day", "--tx", "1000", "--players", "1000", "--no-checks", "--dir", work.path + "/" + name,
                "--json"
            ).output
            try output.write(toFile: work.path + "/\(name).json", atomically: true, encoding: .utf8)
        }
        try work.done(
            "bench", "report", work.path + "/a.json", work.path + "/b.json", "--html", work.path + "/page.html")
        #expect(try String(contentsOfFile: work.path + "/page.html", encoding: .utf8).contains("<svg"))
        let compared = try work.done("bench", "compare", work.path + "/a.json", work.path + "/b.json")
        #expect(compared.output.contains("noise unknown"))
        try "{}".write(toFile: work.path + "/c.json", atomically: true, encoding: .utf8)
        for wrong in ["c.json", "missing.json"] {
            let run = try work.holdfast("bench", "compare", work.path + "/a.json", work.path + "/" + wrong)
            #expect(run.status == .exited(1) && run.errors.contains(wrong))
        }
    }
}
