internal import Holdfast

/// A ledger for others to measure on: a deposit for each player, then the mix of `bench wallet`, skewed.
struct WalletLedger: Sendable {
    let path: String
    let players: Int
    let transactions: Int
    let seed: UInt64

    private static let batchCommands = 2_048

    func make() async throws {
        try await Ledger.create(at: path)
        let ledger = try await Ledger.openExisting(at: path)
        do {
            var deposits = WalletTraffic(.deposits, players: players, seed: seed, skewed: false)
            try await apply(&deposits, players, to: ledger)
            var mix = WalletTraffic(.mix, players: players, seed: seed &+ 1, skewed: true)
            try await apply(&mix, transactions, to: ledger)
        } catch {
            await ledger.close()
            throw error
        }
        await ledger.close()
    }

    private func apply(_ traffic: inout WalletTraffic, _ count: Int, to ledger: Ledger) async throws {
        var builder = ledger.makeBuilder()
        let run = CommandRun(ledger)
        var left = count
        while left > 0 {
            let size = min(left, Self.batchCommands)
            traffic.fill(run, count: size, &builder)
            try await run.commit()
            run.reset()
            left -= size
        }
    }
}
