internal import Holdfast
internal import HoldfastArchive
internal import HoldfastAudit
internal import HoldfastLog
internal import HoldfastTables
internal import HoldfastText

/// After a day: how long the ledger takes to open again, whether it then holds what it held, `verify`, and the tables
/// beside the log.
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
        if plan.seals { try seal(&report) }
        let reopening = Reopening(directory: plan.directory, time: end.time, runs: 1, dashboard: dashboard)
        try await reopening.measure(into: &report) { ledger, name, report in
            let faults = DayBalances(ledger, population).differences(from: end.books, players: plan.players)
            report.check("the books agree after " + name, faults: faults)
        }
        try verify(&report)
        if let tables = plan.tables { try check(tables, &report) }
        if let tables = plan.tables, let root = plan.archive { try archive(tables, root, &report) }
        dashboard.clear()
    }

    static let sealing = "sealing"

    /// What the background has not sealed during the day, also the segment that was being filled.
    private func seal(_ report: inout BenchReport) throws {
        dashboard.say(Self.sealing)
        let before = Directory.bytes(plan.directory, endingIn: ".log")
        let directory = try LogDirectory.ledger(at: plan.directory)
        let meter = BenchReport.Meter()
        let roots = try directory.sealAll()
        let events = roots.reduce(0) { $0 + Int($1.eventCount) }
        let after = Directory.bytes(plan.directory, endingIn: ".sealed")
        report.add(meter.rate(Self.sealing, count: events, bytes: after, details: [("segments", roots.count)]))
        let sealed = try directory.openLanes(for: .reading).reduce(0) { try $0 + Int($1.sealedBytes().events) }
        report.note("bytes of segments before sealing", Double(before))
        report.note("bytes sealed", Double(after))
        report.note("bytes sealed an event", Double(after) / Double(max(1, sealed)))
        report.check("every event is sealed", faults: sealed == end.books.events ? [] : ["\(sealed) events are"])
    }

    private func verify(_ report: inout BenchReport) throws {
        dashboard.say("verify")
        let meter = BenchReport.Meter()
        let result = try LedgerVerification.run(plan.directory)
        report.add(meter.rate("verify", count: end.books.events))
        report.check("verify", faults: result.isGood ? [] : [result.json.text])
    }

    private func check(_ tables: String, _ report: inout BenchReport) throws {
        dashboard.say("tables check")
        let meter = BenchReport.Meter()
        let result = try TablesCheck.run(ledger: plan.directory, tables: tables)
        report.add(meter.rate("tables check", count: result.events))
        var faults = result.differences.first.prefix(5).map { "\($0)" } + result.unreadable.map { "\($0.error)" }
        if result.position != result.logEnd {
            faults.append("the tables are at event \(result.position), the log at \(result.logEnd)")
        }
        report.check("the tables say what the log says", faults: faults)
    }

    /// The nightly job, as it would run when the day has grown old.
    private func archive(_ tables: String, _ root: String, _ report: inout BenchReport) throws {
        dashboard.say("archive run")
        // Also a shard to which none of the last events belonged then stands at the end of the log.
        try TablesSync(ledger: plan.directory, into: tables).run(following: false)
        let job = NightlyJob(ledger: plan.directory, tables: tables, root: root)
        let meter = BenchReport.Meter()
        let result = try job.run(at: end.time + Self.archivedAfter)
        let bytes = result.moved.reduce(0) { $0 + Int($1.bytes) }
        report.add(meter.rate("archive run", count: result.movedRows, bytes: bytes))
        report.check("every old row is in the archive", faults: result.problems)
    }

    /// A day older than the job's own bound of 90 days, and younger than that for dropping.
    private static let archivedAfter: Int64 = 92 * 86_400_000
}
