private import Glibc
internal import Holdfast
internal import HoldfastLog
internal import HoldfastWallet

/// One player's events in the midst of everybody's.
extension SealBench {
    private static let historyEvents = 10_000
    private static let historySegmentBytes: UInt64 = 8 << 20
    private static let hotPlayer = "a player who plays a lot"

    /// Many small segments of the mix, through which one player has ten thousand events.
    func fillHistory(_ path: String) async throws {
        try await Ledger.create(at: path, options: .init(segmentBytes: Self.historySegmentBytes))
        let ledger = try await Ledger.openExisting(at: path, seals: false)
        let players = min(plan.players, 100_000)
        var deposits = WalletTraffic(.deposits, players: players, seed: plan.seed, skewed: false)
        try await deposits.apply(players, to: ledger)
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

    func measureHistory(_ path: String, into report: inout BenchReport) throws {
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
