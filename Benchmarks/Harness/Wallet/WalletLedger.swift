internal import Holdfast

/// A ledger for others to measure on: a deposit for each player, then the mix of `bench wallet`, skewed.
struct WalletLedger: Sendable {
    let path: String
    let players: Int
    let transactions: Int
    let seed: UInt64

    func make() async throws {
        try await Ledger.create(at: path)
        let ledger = try await Ledger.openExisting(at: path)
        do {
            var deposits = WalletTraffic(.deposits, players: players, seed: seed, skewed: false)
            try await deposits.apply(players, to: ledger)
            var mix = WalletTraffic(.mix, players: players, seed: seed &+ 1, skewed: true)
            try await mix.apply(transactions, to: ledger)
        } catch {
            await ledger.close()
            throw error
        }
        await ledger.close()
    }
}

extension WalletTraffic {
    private static var batchCommands: Int { 2_048 }

    /// Applies so many of its transactions, a batch after the other: what a measurement needs to begin with.
    mutating func apply(_ count: Int, to ledger: Ledger) async throws {
        var builder = ledger.makeBuilder()
        let run = CommandRun(ledger)
        var left = count
        while left > 0 {
            let size = min(left, Self.batchCommands)
            fill(run, count: size, &builder)
            try await run.commit()
            run.reset()
            left -= size
        }
    }
}
