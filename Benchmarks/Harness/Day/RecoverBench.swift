/// Measures how long a ledger takes to open after a day, in each way in which that happens, and what writing a
/// snapshot takes.
package struct RecoverBench: Sendable {
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
        var report = BenchReport("recover", parameters: plan.parameters + [("runs", runs)])
        let reopening = Reopening(directory: plan.directory, time: end.time, runs: runs, dashboard: dashboard)
        try await reopening.measure(into: &report)
        dashboard.clear()
        return report
    }
}
