import HoldfastText
import Testing

@testable import HoldfastBench

@Suite("bench rivals")
struct RivalTests {
    @Test("every rival that is here answers as Holdfast does and ends with the same books")
    func agree() async throws {
        try await DayTests.inTemporaryDirectory { directory in
            let plan = RivalsBench.Plan(
                directory: directory + "/rivals", players: 100, transactions: 600, clients: 4, seconds: 60, seed: 3)
            let report = try await RivalsBench(plan, dashboard: Dashboard(display: .silent) { _ in }) { _ in }.run()
            #expect(report.isGood, "\(report.lines)")
            #expect(report.rates.count >= 5)
            #expect(report.rates.allSatisfy { $0.count == 600 })
        }
    }

    @Test("the work has confirms, rollbacks, refusals and repetitions")
    func work() {
        let work = RivalWork(players: 300, transactions: 5_000, seed: 1)
        for kind in [DayCommand.Kind.authorise, .confirm, .rollback, .credit, .debit] {
            #expect(work.commands.contains { $0.kind == kind })
        }
        #expect(work.commands.contains { $0.expectation == .refused })
        #expect(work.commands.contains { $0.expectation == .duplicate })
        #expect(work.shares(7).reduce(0) { $0 + $1.count } == 5_000)
    }

    @Test("a size of ledger after another is measured and removed")
    func scale() async throws {
        try await DayTests.inTemporaryDirectory { directory in
            let plan = ScaleBench.Plan(
                directory: directory + "/scale", players: 6_000, events: 10_000, lanes: 1, seed: 1)
            let report = try await ScaleBench(plan, dashboard: Dashboard(display: .silent) { _ in }).run()
            #expect(report.isGood, "\(report.lines)")
            // The fewest players with a tenth of the events are on both ways, and measured once.
            #expect(report.rates.count == 6)
            #expect(report.series.first { $0.name == "players" }?.values == [1_000, 1_000, 2_000, 6_000])
        }
    }
}
