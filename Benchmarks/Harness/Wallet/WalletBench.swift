internal import Holdfast
internal import HoldfastLog
internal import HoldfastWallet

/// Measures the wallet ledger: how many transactions become durable in bulk over many players, uniform and skewed,
/// and one by one. The commands are made on the measuring thread as it goes; that cost is measured beside it.
package struct WalletBench: Sendable {
    package struct Plan: Sendable {
        package var directory: String
        package var players: Int
        package var transactions: Int
        package var lanes: Int
        package var seconds: Double
        package var seed: UInt64

        package init(
            directory: String, players: Int, transactions: Int, lanes: Int, seconds: Double, seed: UInt64
        ) {
            self.directory = directory
            self.players = players
            self.transactions = transactions
            self.lanes = lanes
            self.seconds = seconds
            self.seed = seed
        }
    }

    private let plan: Plan
    private static let batchCommands = 2_048
    private static let batchesUnderWay = 40

    package init(_ plan: Plan) { self.plan = plan }

    package func run() async throws -> BenchReport {
        try await Ledger.create(at: plan.directory, options: .init(lanes: plan.lanes))
        let ledger = try await Ledger.openExisting(at: plan.directory)
        var report = BenchReport(
            "wallet",
            parameters: [
                ("players", plan.players), ("tx", plan.transactions), ("lanes", plan.lanes), ("seed", Int(plan.seed)),
            ])
        do {
            try await measure(ledger, into: &report)
        } catch {
            await ledger.close()
            throw error
        }
        await ledger.close()
        return report
    }

    private func measure(_ ledger: Ledger, into report: inout BenchReport) async throws {
        var deposits = WalletTraffic(.deposits, players: plan.players, seed: plan.seed, skewed: false)
        report.add(try await Self.bulk("deposits, one a player", ledger, &deposits, count: plan.players))
        report.note("table bytes a player", ledger.memory.bytesPerPlayer)
        for skewed in [false, true] {
            let spread = skewed ? "skewed" : "uniform"
            var pairs = WalletTraffic(.pairs, players: plan.players, seed: plan.seed &+ 1, skewed: skewed)
            report.add(try await Self.bulk("pairs, \(spread)", ledger, &pairs, count: plan.transactions))
            var mix = WalletTraffic(.mix, players: plan.players, seed: plan.seed &+ 2, skewed: skewed)
            report.add(try await Self.bulk("mix, \(spread)", ledger, &mix, count: plan.transactions))
        }
        report.note("remembered requests", Double(ledger.memory.requests))
        report.note("table bytes a remembered request", ledger.memory.bytesPerRequest)
        report.note("resident MiB of the process", Double(Machine.residentBytes >> 20))
        for callers in [1, 64] { report.add(try await oneByOne(ledger, callers: callers)) }
        report.add(generatorAlone(ledger))
    }

    // MARK: Bulk

    /// Keeps a few batches of commands on their way; the slowest of them sets the pace.
    static func bulk(
        _ name: String, _ ledger: Ledger, _ traffic: inout WalletTraffic, count: Int
    ) async throws -> BenchReport.Rate {
        var builder = ledger.makeBuilder()
        var spare: [CommandRun] = []
        var underWay: [CommandRun] = []
        var tally = BatchTally()
        let meter = BenchReport.Meter()
        var left = count
        while left > 0 || !underWay.isEmpty {
            if left > 0, underWay.count < Self.batchesUnderWay {
                let run = spare.popLast() ?? CommandRun(ledger)
                let size = min(left, Self.batchCommands)
                traffic.fill(run, count: size, &builder)
                left -= size
                await run.handOver()
                underWay.append(run)
            } else {
                let run = underWay.removeFirst()
                try await run.settled()
                tally.add(BatchTally(run))
                run.reset()
                spare.append(run)
            }
        }
        return meter.rate(name, count: count, details: tally.details)
    }

    /// The same work without a ledger: what making the commands costs by itself.
    private func generatorAlone(_ ledger: Ledger) -> BenchReport.Rate {
        var traffic = WalletTraffic(.mix, players: plan.players, seed: plan.seed &+ 3, skewed: false)
        var builder = ledger.makeBuilder()
        let run = CommandRun(ledger)
        let meter = BenchReport.Meter()
        let count = min(plan.transactions, 2_000_000)
        var left = count
        while left > 0 {
            traffic.fill(run, count: min(left, Self.batchCommands), &builder)
            left -= Self.batchCommands
            run.reset()
        }
        return meter.rate("the generator alone, no ledger", count: count)
    }

    // MARK: One by one

    /// Callers that each authorise, wait for the durable answer, confirm, and so on.
    private func oneByOne(_ ledger: Ledger, callers: Int) async throws -> BenchReport.Rate {
        let deadline = Machine.nanoseconds + Int64(plan.seconds * 1e9)
        let histogram = Histogram()
        let meter = BenchReport.Meter()
        let players = plan.players
        let total = try await withThrowingTaskGroup(of: Int.self) { group in
            for caller in 0..<callers {
                group.addTask {
                    var count = 0
                    var last = Machine.nanoseconds
                    while last < deadline {
                        let player = Player(WalletTraffic.playerID(caller * 7919 % players), of: WalletTraffic.tenant)
                        let bet = "one-\(callers)-\(caller)-\(count)"
                        try await ledger.authorise(player, asset: "BRL", amount: 1, requestID: bet)
                        let middle = Machine.nanoseconds
                        histogram.record(middle - last)
                        try await ledger.confirm(player, target: bet, requestID: bet + "c")
                        last = Machine.nanoseconds
                        histogram.record(last - middle)
                        count += 2
                    }
                    return count
                }
            }
            return try await group.reduce(0, +)
        }
        return meter.rate(
            "\(callers) caller\(callers == 1 ? "" : "s"), one by one", count: total, latency: histogram.summary)
    }
}

/// What became of a batch's commands.
struct BatchTally: Sendable {
    var accepted = 0
    var refused = 0
    var duplicates = 0

    init() {}

    init(_ run: CommandRun) {
        for number in 0..<run.count {
            let outcome = run.outcome(number)
            if outcome.isDuplicate { duplicates += 1 }
            if outcome.status == .accepted { accepted += 1 } else { refused += 1 }
        }
    }

    mutating func add(_ other: BatchTally) {
        accepted += other.accepted
        refused += other.refused
        duplicates += other.duplicates
    }

    var details: [(String, Int)] { [("accepted", accepted), ("refused", refused), ("duplicates", duplicates)] }
}
