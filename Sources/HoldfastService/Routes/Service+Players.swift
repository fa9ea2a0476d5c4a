internal import Holdfast
internal import HoldfastLog
internal import HoldfastText

/// Wallets, now and as they were.
extension Service {
    func answerPlayer(_ exchange: Exchange, _ player: Player, _ query: QueryValues) throws(Problem) {
        let time = try query.time("as_of")
        let seq = try query.integer("at_seq", atLeast: 1).map { UInt64($0) }
        if time != nil, seq != nil { throw .badRequest("as_of and at_seq exclude each other") }
        if time == nil, seq == nil {
            return ledger.look(at: player) { found in
                exchange.later { $0.replyWithWallet(found.map { ($0, "") }, of: player) }
            }
        }
        try takeStream(exchange)
        let ledger = ledger
        Task(executorPreference: WorkThreads.reads) {
            let found: Result<(Wallet?, String), LedgerError>
            do throws(LedgerError) {
                if let time {
                    found = .success((try await ledger.wallet(of: player, asOf: time), " by then"))
                } else {
                    let wallet = try await ledger.wallet(of: player, atSeq: seq!)
                    found = .success((wallet.flatMap { $0.seq < seq! ? nil : $0 }, " of that seq"))
                }
            } catch {
                found = .failure(error)
            }
            exchange.later { $0.replyWithWallet(found, of: player) }
        }
    }
}

extension Exchange {
    fileprivate func replyWithWallet(_ found: Result<(Wallet?, String), LedgerError>, of player: Player) {
        switch found {
        case .success((let wallet?, _)): reply(Reply(wallet.json))
        case .success((nil, let when)):
            refuse(.notFound("player \(player.id) of \(player.tenant) has no events\(when)"))
        case .failure(let error): refuse(Problem(error))
        }
    }
}
