internal import Holdfast
internal import HoldfastArchive
internal import HoldfastLog
internal import HoldfastTables

/// A night as `archive run` does it: rows out of a ledger's tables, or its log, into files that are synced and read back,
/// and marked.
extension ArchiveBench {
    func measureNights(_ report: inout BenchReport) async throws {
        let ledger = WalletLedger(
            path: "\(plan.directory)/ledger", players: plan.players, transactions: plan.transactions, seed: plan.seed)
        try await ledger.make()
        // A day that is old enough to move has long been sealed.
        _ = try LogDirectory.ledger(at: ledger.path).sealAll()
        let tables = try night(of: ledger.path, from: "tables", into: &report)
        report.lead(with: .whole("rows_per_second_from_tables", Int(tables.perSecond)))
        let minutes = Self.nightRows / tables.perSecond / 60
        report.lead(with: .real("night_of_400_million_from_tables_minutes", minutes))
        _ = try night(of: ledger.path, from: "log", into: &report)
    }

    private func night(
        of ledger: String, from source: String, into report: inout BenchReport
    ) throws -> BenchReport.Rate {
        let tables = "\(plan.directory)/tables-\(source)"
        let root = "\(plan.directory)/night-\(source)"
        try TablesSync(ledger: ledger, into: tables, shards: plan.shards).run(following: false)
        let rows = try TableShelf.all(in: tables).flatMap { try $0.days() }.reduce(0) { $0 + $1.rows }
        var job = NightlyJob(ledger: ledger, tables: tables, root: root)
        job.readsLog = source == "log"
        let meter = BenchReport.Meter()
        let result = try job.run(at: SystemClock().now() + Self.archivedAfter)
        let bytes = result.moved.reduce(0) { $0 + Int($1.bytes) }
        let rate = meter.rate("a night from the \(source)", count: result.movedRows, bytes: bytes)
        report.add(rate)
        var faults = result.problems
        if result.movedRows != rows { faults.append("\(result.movedRows) of \(rows) rows moved") }
        report.check("every row of the \(source) is in the archive", faults: faults)
        return rate
    }

    /// Older than the job's own bound of 90 days, and younger than that for dropping.
    private static let archivedAfter: Int64 = 92 * 86_400_000
}
