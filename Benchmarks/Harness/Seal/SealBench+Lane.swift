internal import Holdfast
internal import HoldfastLog

/// What sealing in the background takes from the lane: the same traffic in bulk with and without it, in turns, as
/// whatever else the machine does then falls on both.
extension SealBench {
    private static let rounds = 3

    func measureLane(into report: inout BenchReport) async throws {
        var rates: [Bool: [BenchReport.Rate]] = [:]
        for round in 0..<Self.rounds {
            for seals in round % 2 == 0 ? [false, true] : [true, false] {
                rates[seals, default: []].append(try await lane(seals: seals))
            }
        }
        for seals in [false, true] { report.addMedian(of: rates[seals]!) }
        let (alone, sealing) = (median(rates[false]!), median(rates[true]!))
        report.note("lane throughput lost while sealing, %", 100 * (1 - sealing / alone))
    }

    private func median(_ rates: [BenchReport.Rate]) -> Double { Statistics.median(rates.map(\.perSecond)) }

    /// A fresh ledger each time, removed afterwards: what an older one has grown to would count as well.
    private func lane(seals: Bool) async throws -> BenchReport.Rate {
        let path = plan.directory + "/lane"
        Directory.remove(path)
        try await Ledger.create(at: path)
        let ledger = try await Ledger.openExisting(at: path, seals: seals)
        var deposits = WalletTraffic(.deposits, players: plan.players, seed: plan.seed, skewed: false)
        var mix = WalletTraffic(.mix, players: plan.players, seed: plan.seed &+ 2, skewed: false)
        do {
            _ = try await WalletBench.bulk("deposits", ledger, &deposits, count: plan.players)
            let rate = try await WalletBench.bulk(
                seals ? "mix in bulk while sealing" : "mix in bulk, nothing sealed", ledger, &mix,
                count: plan.transactions)
            await ledger.close()
            Directory.remove(path)
            return rate
        } catch {
            await ledger.close()
            throw error
        }
    }
}
