private import Glibc
internal import Holdfast
internal import HoldfastLog
internal import HoldfastText
private import Synchronization

/// The same transactions through Holdfast and through what one would use instead, in one run on one machine, each
/// durable before it is answered, each compared with the same books afterwards.
package struct RivalsBench: Sendable {
    package struct Plan: Sendable {
        package var directory: String
        package var players: Int
        /// In bulk; one by one runs of a part of them, because a sync each takes its time.
        package var transactions: Int
        package var clients: Int
        package var seconds: Double
        package var seed: UInt64

        package init(
            directory: String, players: Int, transactions: Int, clients: Int, seconds: Double, seed: UInt64
        ) {
            self.directory = directory
            self.players = players
            self.transactions = transactions
            self.clients = clients
            self.seconds = seconds
            self.seed = seed
        }
    }

    private let plan: Plan
    private let dashboard: Dashboard
    private let say: @Sendable (String) -> Void
    private let work: RivalWork
    private static let batch = 2_048

    /// `say` takes what is to be known of rivals that could not run.
    package init(_ plan: Plan, dashboard: Dashboard, say: @escaping @Sendable (String) -> Void) {
        self.plan = plan
        self.dashboard = dashboard
        self.say = say
        work = RivalWork(players: plan.players, transactions: plan.transactions, seed: plan.seed)
    }

    package func run() async throws -> BenchReport {
        guard mkdir(plan.directory, 0o755) == 0 else {
            throw DiskFailure(operation: "make directory", path: plan.directory, errno: errno)
        }
        defer { Directory.remove(plan.directory) }
        var report = BenchReport(
            "rivals",
            parameters: [
                ("tx", plan.transactions), ("players", plan.players), ("clients", plan.clients),
                ("seed", Int(plan.seed)),
            ])
        try await holdfast(&report)
        try sqlite(&report)
        await postgres(&report)
        dashboard.clear()
        addRatios(&report)
        return report
    }

    // MARK: Holdfast

    private func holdfast(_ report: inout BenchReport) async throws {
        let ways: [(String, batch: Int, underWay: Int)] = [
            ("Holdfast in bulk", Self.batch, 12), ("Holdfast, \(plan.clients) clients", 1, plan.clients),
            ("Holdfast, 1 client", 1, 1),
        ]
        for way in ways {
            let path = plan.directory + "/holdfast"
            defer { Directory.remove(path) }
            try await Ledger.create(at: path)
            let clock = GivenClock(DayPlan.opening)
            let ledger = try Ledger.open(at: path, on: RealDisk(), clock: clock, drive: .threads)
            do {
                report.add(try await holdfast(way.0, ledger, clock, way.batch, way.underWay, &report))
            } catch {
                await ledger.close()
                throw error
            }
            await ledger.close()
        }
    }

    private func holdfast(
        _ name: String, _ ledger: Ledger, _ clock: GivenClock, _ batch: Int, _ underWay: Int,
        _ report: inout BenchReport
    ) async throws -> BenchReport.Rate {
        dashboard.say(name)
        let latencies = Histogram()
        let depositing = Loader(ledger, latencies: Histogram(), underWayMax: 12)
        let loader = Loader(ledger, latencies: latencies, underWayMax: underWay, batchCommands: batch)
        let deadline = batch == 1 ? Int64(plan.seconds * 1e9) : Int64.max / 2
        let measured = Locked<BenchReport.Rate?>(nil)
        let work = self.work
        await withCheckedContinuation { continuation in
            _ = WorkerThread(name: LoadJob.threadName) {
                var deposits = RivalSource(work, LedgerScribe(ledger, work.population), deposits: true)
                depositing.run(&deposits, count: work.population.players, pace: .fast)
                var source = RivalSource(work, LedgerScribe(ledger, work.population), deposits: false)
                let meter = BenchReport.Meter()
                loader.run(&source, count: work.commands.count, pace: .fast, until: Machine.nanoseconds + deadline)
                let rate = meter.rate(name, count: loader.tally.count, latency: latencies.summary)
                measured.with { $0 = rate }
                continuation.resume()
            }
        }
        if let failure = depositing.failure ?? loader.failure { throw failure }
        var faults: [String] = []
        if loader.tally.unexpected > 0 {
            faults.append("\(loader.tally.unexpected) answers, first: \(loader.tally.example ?? "")")
        }
        if loader.tally.count == work.commands.count {
            clock.advance(to: work.end)
            try await ledger.tick()
            faults += DayBalances(ledger, work.population).differences(from: work.books, players: plan.players)
        }
        report.check(name + ": answers and balances are right", faults: faults)
        return measured.with { $0 }!
    }

    // MARK: SQLite

    private func sqlite(_ report: inout BenchReport) throws {
        for (name, batch) in [("SQLite \(SQLiteRival.version), batched", Self.batch), ("SQLite, one by one", 1)] {
            dashboard.say(name)
            let path = plan.directory + "/sqlite"
            guard mkdir(path, 0o755) == 0 else {
                throw DiskFailure(operation: "make directory", path: path, errno: errno)
            }
            defer { Directory.remove(path) }
            let database = try SQLiteRival(path: path + "/wallet.sqlite")
            defer { database.close() }
            report.add(try sqlite(name, database, batch, &report))
        }
    }

    private func sqlite(
        _ name: String, _ database: SQLiteRival, _ batch: Int, _ report: inout BenchReport
    ) throws -> BenchReport.Rate {
        try database.begin()
        for (number, tenant) in work.population.tenants.enumerated() {
            for player in tenant.first..<(tenant.first + tenant.players) {
                try database.addPlayer(work.key(player: player, tenant: UInt16(number)), work.deposit)
            }
        }
        try database.commit()
        let latencies = Histogram()
        let meter = BenchReport.Meter()
        let deadline = Machine.nanoseconds + Int64(plan.seconds * 1e9)
        var done = 0
        var unexpected = 0
        while done < work.commands.count, Machine.nanoseconds < deadline {
            let begun = Machine.nanoseconds
            let end = min(done + batch, work.commands.count)
            try database.begin()
            for command in work.commands[done..<end] {
                if try database.perform(command, work.key(command)) != command.expectation { unexpected += 1 }
            }
            try database.commit()
            latencies.record(Machine.nanoseconds - begun, times: end - done)
            done = end
        }
        let rate = meter.rate(name, count: done, latency: latencies.summary)
        var faults = unexpected == 0 ? [] : ["\(unexpected) answers are not those that had to come"]
        if done == work.commands.count {
            try database.expire(by: work.end)
            let totals = try database.totals()
            faults += differences(totals.balance, totals.held, Int(totals.events))
        }
        report.check(name + ": answers and balances are right", faults: faults)
        return rate
    }

    /// Deposits are no events of a rival: it began with the balances.
    private func differences(_ balance: Int64, _ held: Int64, _ events: Int) -> [String] {
        var faults: [String] = []
        if balance != work.total { faults.append("all balances are \(balance), \(work.total) had to be") }
        if held != 0 { faults.append("\(held) is held") }
        let expected = work.books.events - plan.players
        if events != expected { faults.append("\(events) events, \(expected) had to be") }
        return faults
    }

    // MARK: PostgreSQL

    private func postgres(_ report: inout BenchReport) async {
        do {
            dashboard.say("PostgreSQL starts")
            let library = try PostgresLibrary()
            let server = try PostgresServer()
            for clients in Set([1, plan.clients]).sorted(by: >) {
                let name = "PostgreSQL 15, \(clients) client\(clients == 1 ? "" : "s")"
                dashboard.say(name)
                report.add(try await postgres(name, library, server.connection, clients, &report))
            }
        } catch {
            dashboard.clear()
            say("skipped: \(error)")
        }
    }

    private func postgres(
        _ name: String, _ library: PostgresLibrary, _ address: String, _ clients: Int, _ report: inout BenchReport
    ) async throws -> BenchReport.Rate {
        let owner = try PostgresClient(library, address)
        try owner.execute("DROP TABLE IF EXISTS players, requests, events; DROP FUNCTION IF EXISTS transact;")
        try owner.execute(PostgresRival.schema)
        for (number, tenant) in work.population.tenants.enumerated() {
            // The names are hexadecimal numbers in order, so the server makes them by itself.
            try owner.execute(
                "INSERT INTO players SELECT '\(Population.name(ofTenant: number))/' || lpad(to_hex(n), 8, '0'), "
                    + "\(work.deposit), 0 FROM generate_series(\(tenant.first), \(Int(tenant.first + tenant.players) - 1)) n"
            )
        }
        try owner.execute("CHECKPOINT; ANALYZE;")
        let latencies = Histogram()
        let unexpected = Locked(0)
        let failure = Locked<String?>(nil)
        let done = Locked(0)
        let meter = BenchReport.Meter()
        let deadline = Machine.nanoseconds + Int64(plan.seconds * 1e9)
        let work = self.work
        let threads = work.shares(clients).map { share in
            WorkerThread(name: "hf-rival") {
                do {
                    let client = try PostgresClient(library, address)
                    try client.prepare("t", "SELECT transact($1, $2, $3, $4::int, $5::bigint, $6::bigint)")
                    for command in share {
                        let begun = Machine.nanoseconds
                        if begun > deadline { break }
                        let answer = try client.run("t", PostgresRival.values(command, work.key(command)))
                        latencies.record(Machine.nanoseconds - begun)
                        done.with { $0 += 1 }
                        if RivalAnswer.expectation(answer.flatMap { Int($0) } ?? -1) != command.expectation {
                            unexpected.with { $0 += 1 }
                        }
                    }
                } catch {
                    failure.with { $0 = "\(error)" }
                }
            }
        }
        for thread in threads { thread.join() }
        if let failure = failure.with({ $0 }) { throw RivalAbsent(description: failure) }
        let count = done.with { $0 }
        let rate = meter.rate(name, count: count, latency: latencies.summary)
        let wrong = unexpected.with { $0 }
        var faults = wrong == 0 ? [] : ["\(wrong) answers are not those that had to come"]
        if count == work.commands.count {
            try owner.execute(PostgresRival.expire(by: work.end))
            func whole(_ text: String) throws -> Int64 { try owner.execute(text).flatMap { Int64($0) } ?? -1 }
            faults += differences(
                try whole("SELECT SUM(balance)::bigint FROM players"),
                try whole("SELECT SUM(held)::bigint FROM players"),
                Int(try whole("SELECT COUNT(*) FROM events")))
        }
        report.check(name + ": answers and balances are right", faults: faults)
        return rate
    }

    // MARK: Ratios

    /// Like with like: bulk beside batched, so many clients beside as many.
    private func addRatios(_ report: inout BenchReport) {
        func rate(_ name: String) -> Double? { report.rates.first { $0.name.hasPrefix(name) }?.perSecond }
        let pairs = [
            ("Holdfast in bulk", "SQLite \(SQLiteRival.version), batched"),
            ("Holdfast, 1 client", "SQLite, one by one"),
            ("Holdfast, \(plan.clients) clients", "PostgreSQL 15, \(plan.clients) clients"),
            ("Holdfast, 1 client", "PostgreSQL 15, 1 client"),
            ("Holdfast in bulk", "PostgreSQL 15, \(plan.clients) clients"),
        ]
        for (ours, theirs) in pairs {
            guard let a = rate(ours), let b = rate(theirs), b > 0 else { continue }
            report.note("\(ours) : \(theirs)", (a / b * 10).rounded() / 10)
        }
    }
}

/// The work's transactions as the ledger takes them.
private struct RivalSource: LoadSource, ~Copyable {
    private let work: RivalWork
    private var scribe: LedgerScribe
    private var next = 0
    private let deposits: Bool
    private var tenant = 0

    init(_ work: RivalWork, _ scribe: consuming LedgerScribe, deposits: Bool) {
        self.work = work
        self.scribe = scribe
        self.deposits = deposits
    }

    mutating func writeNext(into batch: LoadBatch, due: Int64) {
        var command = DayCommand()
        if deposits {
            let tenants = work.population.tenants
            while tenant + 1 < tenants.count, Int(tenants[tenant + 1].first) <= next { tenant += 1 }
            command.player = UInt32(next)
            command.tenant = UInt16(tenant)
            command.request = UInt64(next)
            command.amount = work.deposit
            command.at = DayPlan.opening
        } else {
            command = work.commands[next]
        }
        next += 1
        scribe.write(&command, due: due, into: batch)
    }
}
