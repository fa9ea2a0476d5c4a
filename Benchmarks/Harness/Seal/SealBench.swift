private import Glibc
internal import Holdfast
internal import HoldfastLog
internal import HoldfastWallet

/// Measures sealing: how fast on one core, what an event takes before and after, how fast sealed segments are checked,
/// and how long one player's history over many of them takes, from the disk and from memory.
package struct SealBench: Sendable {
    package struct Plan: Sendable {
        package var directory: String
        package var players: Int
        package var transactions: Int
        package var historySegments: Int
        package var seed: UInt64

        package init(directory: String, players: Int, transactions: Int, historySegments: Int, seed: UInt64) {
            self.directory = directory
            self.players = players
            self.transactions = transactions
            self.historySegments = historySegments
            self.seed = seed
        }
    }

    private let plan: Plan
    private static let runCommands = 2_048
    private static let historyEvents = 10_000
    private static let historySegmentBytes: UInt64 = 8 << 20
    private static let hotPlayer = "a player who plays a lot"

    package init(_ plan: Plan) { self.plan = plan }

    package func run() async throws -> BenchReport {
        var report = BenchReport(
            "seal",
            parameters: [
                ("players", plan.players), ("tx", plan.transactions), ("history segments", plan.historySegments),
                ("seed", Int(plan.seed)),
            ])
        try RealDisk().makeDirectory(plan.directory)
        for skewed in [false, true] {
            let path = plan.directory + (skewed ? "/skewed" : "/uniform")
            try await fill(path, skewed: skewed)
            try measureSealing(path, skewed ? "skewed" : "uniform", into: &report)
        }
        let path = plan.directory + "/history"
        try await fillHistory(path)
        try measureHistory(path, into: &report)
        return report
    }

    // MARK: Sealing

    /// A deposit for each player, then the mix of `bench wallet`.
    private func fill(_ path: String, skewed: Bool) async throws {
        try await Ledger.create(at: path)
        let ledger = try await Ledger.openExisting(at: path, seals: false)
        var deposits = WalletTraffic(.deposits, players: plan.players, seed: plan.seed, skewed: false)
        var mix = WalletTraffic(.mix, players: plan.players, seed: plan.seed &+ 2, skewed: skewed)
        try await apply(&deposits, count: plan.players, to: ledger)
        try await apply(&mix, count: plan.transactions, to: ledger)
        await ledger.close()
    }

    private func apply(_ traffic: inout WalletTraffic, count: Int, to ledger: Ledger) async throws {
        var builder = ledger.makeBuilder()
        var left = count
        while left > 0 {
            let run = CommandRun(ledger)
            traffic.fill(run, count: min(left, Self.runCommands), &builder)
            left -= Self.runCommands
            try await run.commit()
        }
    }

    private func measureSealing(_ path: String, _ name: String, into report: inout BenchReport) throws {
        let directory = try LogDirectory.ledger(at: path)
        let lock = try directory.lock()
        defer { withExtendedLifetime(lock) {} }
        let log = try directory.openLanes(for: .writing)[0]
        let sealer = SegmentSealer(log)
        let sealing = BenchReport.Meter()
        var events = 0
        // Only segments that hold nothing but the mix say what an event of it takes.
        var mixed: (events: UInt64, open: UInt64, sealed: UInt64) = (0, 0, 0)
        while let number = sealer.next() {
            let root = try sealer.seal(number)
            events += Int(root.eventCount)
            guard root.firstPosition > UInt64(plan.players) else { continue }
            mixed.events += root.eventCount
            mixed.open += log.at.segmentBytes
            mixed.sealed += try log.sealedBytes(of: number)
        }
        report.add(sealing.rate("sealing on one core, \(name)", count: events, bytes: Int(mixed.open)))
        report.note("bytes an event, open, \(name)", Double(mixed.open) / Double(max(1, mixed.events)))
        report.note("bytes an event, sealed, \(name)", Double(mixed.sealed) / Double(max(1, mixed.events)))
        for deep in [false, true] {
            let checking = BenchReport.Meter()
            let faults = SealedVerifier(deep: deep).verify(log)
            if let first = faults.first { throw first }
            report.add(
                checking.rate(deep ? "deep verification, two threads" : "verification, two threads", count: events))
        }
    }

    // MARK: History

    /// Many small segments of the mix, through which one player has ten thousand events.
    private func fillHistory(_ path: String) async throws {
        try await Ledger.create(at: path, options: .init(segmentBytes: Self.historySegmentBytes))
        let ledger = try await Ledger.openExisting(at: path, seals: false)
        let players = min(plan.players, 100_000)
        var deposits = WalletTraffic(.deposits, players: players, seed: plan.seed, skewed: false)
        try await apply(&deposits, count: players, to: ledger)
        var mix = WalletTraffic(.mix, players: players, seed: plan.seed &+ 2, skewed: false)
        var builder = ledger.makeBuilder()
        // A few in each run, so that they spread over the segments that are wanted.
        let eventsInSegment = Int(Self.historySegmentBytes) / 155
        let runs = max(1, plan.historySegments * eventsInSegment / Self.runCommands)
        var made = 0
        for number in 1...runs {
            let run = CommandRun(ledger)
            mix.fill(run, count: Self.runCommands, &builder)
            while made < Self.historyEvents * number / runs {
                addHotEvent(made, run, &builder)
                made += 1
            }
            try await run.commit()
        }
        await ledger.close()
        _ = try LogDirectory.ledger(at: path).sealAll()
    }

    private func addHotEvent(_ number: Int, _ run: CommandRun, _ builder: inout CommandBuilder) {
        var form = CommandForm()
        form.operation = .credit
        form.amount = .value(5)
        var command = PreparedCommand()
        let texts = [WalletTraffic.tenant, Self.hotPlayer, "hot-\(number)", "BRL"].map { Array($0.utf8) }
        texts[0].withUnsafeBytes { tenant in
            texts[1].withUnsafeBytes { player in
                texts[2].withUnsafeBytes { request in
                    texts[3].withUnsafeBytes { asset in
                        form.tenant = .bytes(tenant)
                        form.player = .bytes(player)
                        form.requestID = .bytes(request)
                        form.asset = .bytes(asset)
                        let fault = builder.prepare(&form, into: &command)
                        precondition(fault == nil, "a credit with all its fields is well formed")
                        run.append(&command)
                    }
                }
            }
        }
    }

    private func measureHistory(_ path: String, into report: inout BenchReport) throws {
        let directory = try LogDirectory.ledger(at: path)
        let player = Player(Self.hotPlayer, of: WalletTraffic.tenant)
        var cold: [Double] = []
        var warm: [Double] = []
        var segments = 0
        for _ in 0..<5 {
            try forgetPages(of: directory)
            let files = try LedgerFiles(path)
            segments = files.logs[0].sealedSegments.count
            cold.append(try milliseconds(player, files))
            warm.append(try milliseconds(player, files))
        }
        report.note("sealed segments that the history runs through", Double(segments))
        report.note("history of 10 000 events, cold, ms", cold.sorted()[2])
        report.note("history of 10 000 events, warm, ms", warm.sorted()[2])
    }

    private func milliseconds(_ player: Player, _ files: LedgerFiles) throws -> Double {
        let start = Machine.nanoseconds
        var count = 0
        try files.forEachRecord(of: player) { (_, _) throws(LedgerError) in
            count += 1
            return true
        }
        precondition(count == Self.historyEvents, "the player has \(count) events, not \(Self.historyEvents)")
        return Double(Machine.nanoseconds - start) / 1e6
    }

    /// Takes the sealed files out of the page cache.
    private func forgetPages(of directory: LogDirectory) throws {
        let lane = directory.place(lane: 0).directory
        for name in try RealDisk().list(lane) where name.hasSuffix(".sealed") {
            let descriptor = open(lane + "/" + name, O_RDONLY)
            guard descriptor >= 0 else { continue }
            posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
            close(descriptor)
        }
    }
}
