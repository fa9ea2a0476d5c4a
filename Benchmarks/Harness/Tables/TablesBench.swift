private import Glibc
internal import Holdfast
internal import HoldfastLog
internal import HoldfastTables
internal import HoldfastWallet

/// Measures the sharded tables: events a second when they follow a log from its beginning and when they are made anew,
/// beside what SQLite takes from a plain loop with the same tables and indexes; how far they lag behind a ledger at a
/// set rate; and how fast a day is read for the archive and dropped.
package struct TablesBench: Sendable {
    package struct Plan: Sendable {
        package var directory = "bench-tables"
        package var players = 200_000
        package var transactions = 2_000_000
        package var shards = 8
        package var rate = 50_000
        package var seconds = 5
        package var seed: UInt64 = 1

        package init() {}
    }

    private let plan: Plan
    private var ledgerPath: String { plan.directory + "/ledger" }
    private var tablesPath: String { plan.directory + "/tables" }

    package init(_ plan: Plan) { self.plan = plan }

    package func run() async throws -> BenchReport {
        var report = BenchReport(
            "tables",
            parameters: [
                ("players", plan.players), ("tx", plan.transactions), ("shards", plan.shards), ("rate", plan.rate),
                ("seed", Int(plan.seed)),
            ])
        guard mkdir(plan.directory, 0o755) == 0 || errno == EEXIST else {
            throw LedgerError.io(DiskFailure(operation: "make directory", path: plan.directory, errno: errno))
        }
        let ledger = WalletLedger(
            path: ledgerPath, players: plan.players, transactions: plan.transactions, seed: plan.seed)
        try await ledger.make()
        let events = Int(try LedgerFiles(ledgerPath).lastPosition)
        let following = try follow(events)
        let building = try Self.median { try rebuild(events) }
        let limits = try [1, 2].map { try limit(threads: $0) }
        report.lead(with: .whole("events_per_second_following", Int(following.perSecond)))
        report.lead(with: .whole("events_per_second_rebuilding", Int(building.perSecond)))
        report.lead(with: .whole("rows_per_second_sqlite_limit", Int(limits[1].perSecond)))
        report.lead(with: .real("rebuilding_per_limit", building.perSecond / limits[1].perSecond))
        for rate in [following, building] + limits { report.add(rate) }
        try await lag(&report)
        try expire(&report)
        let check = try TablesCheck.run(ledger: ledgerPath, tables: tablesPath)
        report.check(
            "the tables are what the log says",
            faults: check.differences.first.map { "\($0.what): \($0.expected ?? "nothing"), not \($0.found ?? "")" }
                + check.unreadable.map { "\($0.error)" })
        return report
    }

    // MARK: Following and rebuilding

    private func follow(_ events: Int) throws -> BenchReport.Rate {
        let meter = BenchReport.Meter()
        let sync = try TablesSync(ledger: ledgerPath, into: tablesPath, shards: plan.shards)
        try sync.run(following: false)
        return meter.rate("following from the first event", count: events)
    }

    private func rebuild(_ events: Int) throws -> BenchReport.Rate {
        let meter = BenchReport.Meter()
        try TablesBuild.rebuild(ledger: ledgerPath, tables: tablesPath)
        return meter.rate("rebuilding", count: events)
    }

    /// The middle one of three runs: what was written before still goes to the disk for a while.
    private static func median(_ run: () throws -> BenchReport.Rate) throws -> BenchReport.Rate {
        try (0..<3).map { _ in try run() }.sorted { $0.perSecond < $1.perSecond }[1]
    }

    /// The same rows, ready in memory, into the same tables with the same index, and nothing else.
    private func limit(threads: Int) throws -> BenchReport.Rate {
        let rows = try PlainRows(LedgerFiles(ledgerPath), parts: threads)
        return try Self.median { try insert(rows, threads: threads) }
    }

    private func insert(_ rows: PlainRows, threads: Int) throws -> BenchReport.Rate {
        let paths = (0..<threads).map { plan.directory + "/limit-\($0).sqlite" }
        defer { for path in paths { unlink(path) } }
        let meter = BenchReport.Meter()
        let failure = Locked<TablesError?>(nil)
        let workers = (0..<threads).map { part in
            WorkerThread(name: "limit-\(part)") {
                do throws(TablesError) {
                    try rows.insert(part: part, into: paths[part])
                } catch {
                    failure.with { $0 = error }
                }
            }
        }
        for worker in workers { worker.join() }
        if let failure = failure.with({ $0 }) { throw failure }
        return meter.rate("SQLite alone, \(threads) thread\(threads == 1 ? "" : "s")", count: rows.count)
    }

    // MARK: The lag

    /// A ledger at a set rate with the tables following it in the same process.
    private func lag(_ report: inout BenchReport) async throws {
        let ledger = try await Ledger.openExisting(at: ledgerPath)
        do {
            let follower = try TablesFollower(ledger, at: ledgerPath, into: tablesPath)
            follower.start()
            var traffic = WalletTraffic(.mix, players: plan.players, seed: plan.seed &+ 2, skewed: true)
            let meter = BenchReport.Meter()
            let count = try await pace(ledger, &traffic)
            let latency = follower.lags.summary
            report.add(meter.rate("ledger with tables following", count: count))
            report.note("median ms that the tables were behind", Double(latency.p50) / 1e6)
            report.note("most ms that the tables were behind", Double(latency.max) / 1e6)
            report.lead(with: .real("lag_ms_max", Double(latency.max) / 1e6))
            try follower.catchUp()
            try follower.stop()
        } catch {
            await ledger.close()
            throw error
        }
        await ledger.close()
    }

    private func pace(_ ledger: Ledger, _ traffic: inout WalletTraffic) async throws -> Int {
        var builder = ledger.makeBuilder()
        let run = CommandRun(ledger)
        let start = Machine.nanoseconds
        var done = 0
        let total = plan.rate * plan.seconds
        let size = max(1, min(256, plan.rate / 200))
        while done < total {
            let due = start + Int64(Double(done) * 1e9 / Double(plan.rate))
            let wait = due - Machine.nanoseconds
            if wait > 0 { usleep(UInt32(wait / 1_000)) }
            traffic.fill(run, count: min(size, total - done), &builder)
            done += min(size, total - done)
            try await run.commit()
            run.reset()
        }
        return done
    }

    // MARK: A day that goes

    private func expire(_ report: inout BenchReport) throws {
        var reads = 0
        var readSeconds = 0.0
        var dropSeconds = 0.0
        for number in 0..<plan.shards {
            let shard = try ShardFile(TablesPaths(tablesPath).shard(number), for: .following)
            for day in try shard.daysToArchive(endingBefore: .max) {
                let begin = Machine.nanoseconds
                let read = try shard.gatherEntries(of: day, notYetArchived: true) { piece in
                    piece.forEachRow { _ in }
                }
                let middle = Machine.nanoseconds
                try shard.markArchived(day, read, receipt: "benchmark")
                try shard.dropDay(day)
                reads += Int(read.count)
                readSeconds += Double(middle - begin) / 1e9
                dropSeconds += Double(Machine.nanoseconds - middle) / 1e9
            }
        }
        report.note("rows/s read for the archive", Double(reads) / readSeconds)
        report.note("rows/s marked and dropped", Double(reads) / dropSeconds)
    }
}
