internal import Holdfast
internal import HoldfastLog
internal import HoldfastText
internal import HoldfastWallet

/// After a day: how long the ledger takes to open again, whether it then holds what it held, and `verify`.
struct DayAftermath: Sendable {
    private let plan: DayPlan
    private let population: Population
    private let end: DayBench.End
    private let dashboard: Dashboard

    init(_ plan: DayPlan, _ population: Population, _ end: DayBench.End, dashboard: Dashboard) {
        self.plan = plan
        self.population = population
        self.end = end
        self.dashboard = dashboard
    }

    func examine(into report: inout BenchReport) async throws {
        try await reopen("opening, everything replayed", takingSnapshot: true, &report)
        try await reopen("opening, from a snapshot", takingSnapshot: false, &report)
        try verify(&report)
        dashboard.clear()
    }

    private func reopen(_ name: String, takingSnapshot: Bool, _ report: inout BenchReport) async throws {
        dashboard.say(name)
        var meter = BenchReport.Meter()
        let ledger = try Ledger.open(
            at: plan.directory, on: RealDisk(), clock: GivenClock(end.time), drive: .threads)
        report.add(meter.rate(name, count: Int(ledger.opened.eventsReplayed)))
        let faults = DayBalances(ledger, population).differences(from: end.books, players: plan.players)
        report.check("the books agree after " + name, faults: faults)
        if takingSnapshot {
            meter = BenchReport.Meter()
            try await ledger.snapshot()
            report.add(meter.rate("writing a snapshot", count: plan.players))
        }
        meter = BenchReport.Meter()
        await ledger.close()
        if takingSnapshot { report.add(meter.rate("closing", count: 0)) }
    }

    private func verify(_ report: inout BenchReport) throws {
        dashboard.say("verify")
        let meter = BenchReport.Meter()
        let result = try LedgerVerification.run(plan.directory)
        report.add(meter.rate("verify", count: end.books.events))
        report.check("verify", faults: result.isGood ? [] : [result.json.text])
    }
}
