internal import Holdfast
internal import HoldfastLog
internal import HoldfastText
internal import HoldfastWallet

/// Runs a day on a fresh ledger: deposits, the day's traffic, and then what must hold afterwards.
///
/// Load is made by a thread of this process, on the same cores. What making it costs is measured by itself and as
/// the processor time of that thread, and never subtracted.
package struct DayBench: Sendable {
    private let plan: DayPlan
    private let dashboard: Dashboard
    private let population: Population

    /// Enough for the lane to have work while two rounds are being synced; with 12 neither core was busy.
    private static let fastBatches = 48
    /// At a set rate batches are small, and a stall must not hold back those behind it.
    private static let pacedBatches = 8_192

    package init(_ plan: DayPlan, dashboard: Dashboard) {
        self.plan = plan
        self.dashboard = dashboard
        population = Population(players: plan.players, tenants: plan.tenants)
    }

    package func run() async throws -> BenchReport {
        var report = BenchReport("day", parameters: plan.parameters)
        let end = try await live(&report)
        guard plan.checks else { return report }
        try await DayAftermath(plan, population, end, dashboard: dashboard).examine(into: &report)
        return report
    }

    /// Makes the ledger and lets the day pass over it. The ledger is closed afterwards.
    func live(_ report: inout BenchReport) async throws -> End {
        try await Ledger.create(
            at: plan.directory, options: .init(lanes: plan.lanes, segmentBytes: plan.segmentBytes))
        let clock = GivenClock(DayPlan.opening)
        let ledger = try Ledger.open(at: plan.directory, on: RealDisk(), clock: clock, drive: .threads)
        do {
            let follower = try plan.tables.map { try TablesFollower(ledger, at: plan.directory, into: $0) }
            follower?.start()
            let end: End
            do { end = try await load(ledger, clock, follower, &report) } catch {
                try? follower?.stop()
                throw error
            }
            try follower?.stop()
            await ledger.close()
            return end
        } catch {
            await ledger.close()
            throw error
        }
    }

    /// What the traffic left behind.
    struct End: Sendable {
        let books: DayBooks
        let time: Int64
    }

    private func load(
        _ ledger: Ledger, _ clock: GivenClock, _ follower: TablesFollower?, _ report: inout BenchReport
    ) async throws -> End {
        for rate in generatorAlone(ledger) { report.add(rate) }
        var traffic = DayTraffic(plan, population)
        let deposits = try await run(
            "deposits", .deposits(plan.deposit), ledger, follower, &traffic, count: plan.players, pace: .fast)
        report.add(deposits.rate)
        try catchUp(follower, "tables catch up with the deposits", &report)
        let day = try await run(
            "the day", .day, ledger, follower, &traffic, count: plan.planned,
            pace: plan.rate.map { .perSecond($0) } ?? .fast)
        report.add(day.rate)
        if let follower {
            report.note("median ms that the tables were behind", Double(follower.lags.summary.p50) / 1e6)
            report.note("most ms that the tables were behind", Double(follower.lags.summary.max) / 1e6)
        }
        try catchUp(follower, "tables catch up with the day", &report)
        let time = traffic.now + DayTraffic.holdMilliseconds + 1
        traffic.end()
        clock.advance(to: time)
        try await ledger.tick()
        sum(up: day, ledger, &report)
        examine(deposits.tally, day.tally, traffic.books, ledger, &report)
        return End(books: traffic.books, time: time)
    }

    // MARK: Loading

    private struct Part {
        var rate: BenchReport.Rate
        let tally: LoadTally
        let latency: LatencySummary
        let logBytes: UInt64
        let samples: [Sampler.Sample]
        let threads: [ThreadTime]
    }

    private func run(
        _ name: String, _ part: LoadJob.Part, _ ledger: Ledger, _ follower: TablesFollower?,
        _ traffic: inout DayTraffic, count: Int, pace: Loader.Pace
    ) async throws -> Part {
        let latencies = Histogram()
        let underWay = if case .fast = pace { Self.fastBatches } else { Self.pacedBatches }
        let loader = Loader(ledger, latencies: latencies, underWayMax: underWay)
        let sampler = Sampler(latencies: latencies, dashboard: dashboard) {
            Sampler.Reading(
                done: loader.settled, logBytes: ledger.engine.durable.mark.addresses.reduce(0, +),
                lag: follower?.eventsBehind)
        }
        dashboard.begin(name, total: count)
        let job = LoadJob(traffic, part, ledger, loader)
        let logBefore = ledger.engine.durable.mark.addresses.reduce(0, +)
        sampler.start()
        let meter = BenchReport.Meter()
        let deadline = plan.rate == nil ? plan.seconds.map { Machine.nanoseconds + Int64($0 * 1e9) } : nil
        await job.run(count: count, pace: pace, until: deadline)
        let samples = sampler.stop()
        if let failure = loader.failure { throw failure }
        traffic = job.traffic
        let logBytes = ledger.engine.durable.mark.addresses.reduce(0, +) - logBefore
        let tally = loader.tally
        let latency = latencies.summary
        let rate = meter.rate(
            name, count: tally.count, bytes: Int(logBytes), latency: latency,
            details: [("accepted", tally.accepted), ("refused", tally.refused), ("duplicates", tally.duplicates)])
        return Part(
            rate: rate, tally: tally, latency: latency, logBytes: logBytes, samples: samples, threads: job.threads)
    }

    private func catchUp(_ follower: TablesFollower?, _ name: String, _ report: inout BenchReport) throws {
        guard let follower else { return }
        dashboard.say(name)
        let behind = follower.eventsBehind
        let meter = BenchReport.Meter()
        try follower.catchUp()
        report.add(meter.rate(name, count: behind))
        follower.lags.reset()
    }

    /// What making the load costs by itself: the transactions, and then the transactions with what every caller of
    /// the ledger does: write them down, have them checked and hashed, copy them into a batch.
    private func generatorAlone(_ ledger: Ledger) -> [BenchReport.Rate] {
        let count = min(plan.transactions, 2_000_000)
        var traffic = DayTraffic(plan, population)
        var command = DayCommand()
        var meter = BenchReport.Meter()
        for _ in 0..<count { traffic.next(&command) }
        let making = meter.rate("transactions made, no ledger", count: count)
        traffic = DayTraffic(plan, population)
        var scribe = LedgerScribe(ledger, population)
        let batch = LoadBatch(lanes: ledger.laneCount, commandsExpected: Loader.batchCommands)
        meter = BenchReport.Meter()
        var left = count
        while left > 0 {
            for _ in 0..<min(left, Loader.batchCommands) {
                traffic.next(&command)
                scribe.write(&command, due: 0, into: batch)
            }
            left -= Loader.batchCommands
            batch.reset()
        }
        return [making, meter.rate("and checked, hashed, in a batch", count: count)]
    }

    // MARK: What came of it

    private func sum(up day: Part, _ ledger: Ledger, _ report: inout BenchReport) {
        let resident = Machine.residentBytes
        let memory = ledger.memory
        report.lead(with: .whole("tx", day.tally.count))
        report.lead(with: .real("tx_per_second", day.rate.perSecond))
        report.lead(with: .real("seconds", day.rate.seconds))
        report.lead(with: .whole("players", plan.players))
        report.lead(with: .latency("latency_ms", day.latency))
        report.lead(with: .whole("log_bytes", Int(day.logBytes)))
        report.lead(with: .whole("resident_bytes", resident))
        report.lead(with: .real("cpu_seconds", day.rate.cpuSeconds))
        let count = Double(max(1, day.tally.count))
        report.note("bytes of log a transaction", Double(day.logBytes) / count)
        report.note("ns of processor a transaction", day.rate.cpuSeconds / count * 1e9)
        let load = day.threads.first { $0.name == LoadJob.threadName }?.cpuSeconds ?? 0
        report.note("of them the generator's", load / count * 1e9)
        let own = day.threads.filter { ThreadTime.ofLedger.contains(where: $0.name.hasPrefix) }
        let ownSeconds = own.reduce(0) { $0 + $1.cpuSeconds }
        report.note("of them the ledger's own threads'", ownSeconds / count * 1e9)
        report.note("cores in use by the ledger's own threads", ownSeconds / max(day.rate.seconds, 1e-9))
        report.note("resident bytes a player", Double(resident) / Double(plan.players))
        report.note("table bytes a player", memory.bytesPerPlayer)
        report.note("remembered requests", Double(memory.requests))
        report.note("table bytes a remembered request", memory.bytesPerRequest)
        report.threads = day.threads
        report.series = Sampler.series(day.samples)
    }

    private func examine(
        _ deposits: LoadTally, _ day: LoadTally, _ books: DayBooks, _ ledger: Ledger, _ report: inout BenchReport
    ) {
        dashboard.say("books")
        defer { dashboard.clear() }
        var faults: [String] = []
        for tally in [deposits, day] where tally.unexpected > 0 {
            faults.append(
                "\(tally.unexpected) answers were not those that had to come; the first: \(tally.example ?? "")")
        }
        report.check("every answer is the one that had to come", faults: faults)
        let balances = DayBalances(ledger, population)
        faults = balances.differences(from: books, players: plan.players)
        let events = Int(ledger.lastPosition)
        if events != books.events { faults.append("the log has \(events) events, \(books.events) had to be recorded") }
        report.check("balances and events agree with the generator's books", faults: faults)
    }
}
