internal import HoldfastLog
internal import HoldfastWallet

/// How many of what a running ledger has in memory.
package struct LedgerCensus: Sendable, Equatable {
    package var players = 0
    package var openHolds = 0
}

extension Ledger {
    /// Asks every lane in its turn, so that it also says whether they are alive; `then` is called by the thread that
    /// committed what came before the last of them.
    package func census(then: @escaping @Sendable (Result<LedgerCensus, LedgerError>) -> Void) {
        let lanes = laneCount
        let sum = Locked((census: LedgerCensus(), lanes: lanes, failure: LedgerError?.none))
        for lane in 0..<lanes {
            let batch = CommandBatch(commandsExpected: 1)
            batch.query = { state, _ in
                let (players, holds) = (state.playerCount, state.openHoldCount)
                sum.with { sum in
                    sum.census.players += players
                    sum.census.openHolds += holds
                }
            }
            batch.whenDone = { batch, failure in
                let sum = sum.with { sum in
                    sum.lanes -= 1
                    sum.failure = sum.failure ?? failure ?? batch.failure
                    return sum
                }
                if sum.lanes == 0 { then(sum.failure.map { .failure($0) } ?? .success(sum.census)) }
            }
            engine.handOver(batch, to: lane)
        }
    }

    package func census() async throws(LedgerError) -> LedgerCensus {
        let result: Result<LedgerCensus, LedgerError> = await withCheckedContinuation { continuation in
            census { continuation.resume(returning: $0) }
        }
        return try result.get()
    }
}
