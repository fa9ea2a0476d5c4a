internal import Holdfast
internal import HoldfastLog
internal import HoldfastWallet

/// Measures sealed segments: how fast they are made on one core and what that takes from the lane, what an event takes
/// before and after, how fast they are checked, proven from and backed up, and how long one player's history over many
/// of them takes, from the disk and from memory.
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

    let plan: Plan
    static let runCommands = 2_048

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
        try measureProofs(plan.directory + "/uniform", into: &report)
        try measureBackup(plan.directory + "/uniform", into: &report)
        try await measureLane(into: &report)
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
        try await deposits.apply(plan.players, to: ledger)
        try await mix.apply(plan.transactions, to: ledger)
        await ledger.close()
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
                checking.rate(
                    "\(deep ? "deep verification" : "verification") of sealed segments, two threads, \(name)",
                    count: events))
        }
    }
}
