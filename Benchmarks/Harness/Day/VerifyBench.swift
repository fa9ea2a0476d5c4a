internal import Holdfast
internal import HoldfastAudit
internal import HoldfastText

/// Measures `verify` on the ledger of a day: every checksum, chain, event, law and snapshot.
package struct VerifyBench: Sendable {
    private let plan: DayPlan
    private let runs: Int
    private let dashboard: Dashboard

    package init(_ plan: DayPlan, runs: Int, dashboard: Dashboard) {
        self.plan = plan
        self.runs = runs
        self.dashboard = dashboard
    }

    package func run() async throws -> BenchReport {
        var day = BenchReport("day", parameters: plan.parameters)
        let end = try await DayBench(plan, dashboard: dashboard).live(&day)
        let bytes = day.rates.reduce(0) { $0 + ($1.bytes ?? 0) }
        var report = BenchReport("verify", parameters: plan.parameters + [("runs", runs)])
        dashboard.say("verify")
        var rates: [BenchReport.Rate] = []
        for _ in 0..<runs {
            let meter = BenchReport.Meter()
            let result = try LedgerVerification.run(plan.directory)
            rates.append(meter.rate("verify", count: end.books.events, bytes: bytes))
            report.check("verify", faults: result.isGood ? [] : [result.json.text])
        }
        report.addMedian(of: rates)
        dashboard.clear()
        return report
    }
}
