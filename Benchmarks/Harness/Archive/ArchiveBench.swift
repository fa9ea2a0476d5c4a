internal import HoldfastArchive
internal import HoldfastLog
internal import HoldfastTables
internal import HoldfastWallet

/// Measures the archive: rows into files, end to end with hashes, syncs and reading back, by each compressor that is
/// there; reading all of it back with every check; one player from the middle; and a whole night out of a ledger's tables.
package struct ArchiveBench: Sendable {
    package struct Plan: Sendable {
        package var directory: String
        package var rows: Int
        package var threads: Int
        /// Of the ledger whose tables are archived.
        package var players = 200_000
        package var transactions = 2_000_000
        package var shards = 8
        package var seed: UInt64 = 1

        package init(directory: String, rows: Int, threads: Int) {
            self.directory = directory
            self.rows = rows
            self.threads = threads
        }
    }

    let plan: Plan
    /// What a day of the largest ledger brings.
    static let nightRows = 400_000_000.0

    package init(_ plan: Plan) { self.plan = plan }

    package func run() async throws -> BenchReport {
        var report = BenchReport(
            "archive",
            parameters: [
                ("rows", plan.rows), ("threads", plan.threads), ("players", plan.players), ("tx", plan.transactions),
                ("shards", plan.shards), ("seed", Int(plan.seed)),
            ])
        let day = Day(of: 1_763_683_200_000)
        let generator = BenchReport.Meter()
        var made = 0
        try SyntheticRows(count: plan.rows, day: day).forEachRow { (row) throws(ArchiveError) in
            made += row.playerID.count
        }
        report.add(generator.rate("making rows alone", count: plan.rows, details: [("checksum", made)]))
        var best: BenchReport.Rate?
        for engine in GzipEngine.allCases where engine.isThere {
            // The slow ones show their rate on fewer rows.
            let isBest = engine == .best
            let rate = try write(engine, day, rows: isBest ? plan.rows : max(1, plan.rows / 8))
            report.add(rate)
            if isBest { best = rate }
        }
        if let best {
            let perCore = Double(best.count) / best.cpuSeconds
            report.lead(with: .whole("rows_per_core_second", Int(perCore)))
            report.lead(with: .real("bytes_per_row", Double(best.bytes ?? 0) / Double(best.count)))
            report.lead(with: .real("night_of_400_million_minutes", Self.nightRows / best.perSecond / 60))
        }
        try read(&report)
        try await measureNights(&report)
        return report
    }

    private func root(_ engine: GzipEngine) -> String { "\(plan.directory)/\(engine.rawValue)" }

    private func write(_ engine: GzipEngine, _ day: Day, rows: Int) throws -> BenchReport.Rate {
        try RealDisk().makeDirectory(plan.directory)
        var options = RunOptions(now: day.end + 90 * 86_400_000, database: "bench")
        options.engine = engine
        options.threads = plan.threads
        let meter = BenchReport.Meter()
        let archive = try Archive.open(root(engine), for: .writing)
        let result = try ArchiveRun(archive, [SyntheticShelf(SyntheticRows(count: rows, day: day))], options).run()
        let bytes = result.moved.reduce(0) { $0 + Int($1.bytes) }
        return meter.rate(
            "rows to files, \(engine.rawValue)", count: result.movedRows, bytes: bytes,
            details: [("bytes a row x 10", bytes * 10 / max(1, result.movedRows))])
    }

    private func read(_ report: inout BenchReport) throws {
        let archive = try Archive.open(root(.best), for: .reading)
        var meter = BenchReport.Meter()
        let verified = try ArchiveVerification.check(archive)
        report.add(meter.rate("verify", count: verified.rows, bytes: Int(verified.bytes)))
        report.check("archive", faults: verified.faults.map { "\($0.file): \($0.found)" })
        let players = max(1, plan.rows / 16)
        meter = BenchReport.Meter()
        let asked = 20
        var found = 0
        for number in 0..<asked {
            let player = players * (2 * number + 1) / (2 * asked) & ~3
            var digits = String(player, radix: 16)
            digits = String(repeating: "0", count: 8 - digits.count) + digits
            found += try archive.history(tenant: "evian", player: digits).count
        }
        report.add(meter.rate("histories of a player", count: asked, details: [("rows", found)]))
    }
}
