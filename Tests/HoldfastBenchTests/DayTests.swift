import Foundation
import Holdfast
import HoldfastTestSupport
import HoldfastText
import Testing

@testable import HoldfastBench

@Suite("bench day")
struct DayTests {
    static func inTemporaryDirectory<Result>(_ body: (String) async throws -> Result) async throws -> Result {
        let directory = TemporaryDirectory()
        defer { withExtendedLifetime(directory) {} }
        return try await body(directory.path)
    }

    private static func plan(in directory: String, _ change: (inout DayPlan) -> Void) -> DayPlan {
        var plan = DayPlan()
        plan.directory = directory + "/day"
        plan.transactions = 8_000
        plan.players = 1_500
        plan.tenants = 7
        change(&plan)
        return plan
    }

    private static let silent = Dashboard(display: .silent) { _ in }

    @Test("a day agrees with the generator's books, in one lane and in several", arguments: [1, 3])
    func agrees(lanes: Int) async throws {
        try await Self.inTemporaryDirectory { directory in
            let plan = Self.plan(in: directory) { $0.lanes = lanes }
            let report = try await DayBench(plan, dashboard: Self.silent).run()
            #expect(report.isGood, "\(report.lines)")
            #expect(report.checks.count == 6)
            let day = try #require(report.rates.first { $0.name == "the day" })
            #expect(day.count == 8_000)
            #expect(day.details.allSatisfy { $0.1 > 0 })
        }
    }

    @Test("what was sealed during the day counts among what is sealed after it")
    func sealed() async throws {
        try await Self.inTemporaryDirectory { directory in
            let plan = Self.plan(in: directory) {
                $0.segmentBytes = 1 << 18
                $0.seals = true
            }
            let report = try await DayBench(plan, dashboard: Self.silent).run()
            #expect(report.isGood, "\(report.lines)")
            let sealing = try #require(report.rates.first { $0.name == DayAftermath.sealing })
            #expect(sealing.count < 9_500, "the background sealed some of it: otherwise this test tells nothing")
        }
    }

    @Test("a run at a rate offers what it says, each transaction when it is due")
    func paced() async throws {
        try await Self.inTemporaryDirectory { directory in
            let plan = Self.plan(in: directory) {
                $0.rate = 5_000
                $0.seconds = 0.4
                $0.checks = false
            }
            let report = try await DayBench(plan, dashboard: Self.silent).run()
            #expect(report.isGood, "\(report.lines)")
            let day = try #require(report.rates.first { $0.name == "the day" })
            #expect(day.count == 2_000)
            #expect(day.seconds >= 0.399)
            #expect(day.latency?.count == 2_000)
        }
    }

    @Test("books that are a cent off are noticed, and so is money at the wrong player")
    func notices() async throws {
        try await Self.inTemporaryDirectory { directory in
            let population = Population(players: 10, tenants: 2)
            let ledger = try await Ledger.open(at: directory + "/ledger")
            var books = DayBooks(population)
            for player in UInt32(0)..<10 {
                let tenant = population.tenant(of: player)
                let name = Player(
                    Population.name(ofPlayer: player), of: Population.name(ofTenant: Int(tenant)))
                try await ledger.credit(name, asset: "BRL", amount: 100, requestID: "d")
                books.add(100, to: player, of: tenant)
            }
            let balances = DayBalances(ledger, population)
            #expect(balances.differences(from: books, players: 10) == [])
            #expect(balances.differences(from: books, players: 11).count == 1)
            var moved = books
            moved.add(-1, to: 0, of: 0)
            moved.add(1, to: 1, of: 0)
            #expect(balances.differences(from: moved, players: 10).count == 1)
            books.add(1, to: 0, of: 0)
            #expect(balances.differences(from: books, players: 10).count == 2)
            await ledger.close()
        }
    }

    @Test("the JSON leads with the figures that the contract names")
    func json() async throws {
        try await Self.inTemporaryDirectory { directory in
            let plan = Self.plan(in: directory) { $0.checks = false }
            let text = try await DayBench(plan, dashboard: Self.silent).run().json(version: "0").text
            for key in [
                "tx", "tx_per_second", "seconds", "players", "latency_ms", "log_bytes", "resident_bytes", "cpu_seconds",
                "p50", "p99", "p99_9", "max", "machine", "holdfast", "parameters", "histogram_ns", "threads",
            ] {
                #expect(text.contains("\"\(key)\":"))
            }
        }
    }
}
