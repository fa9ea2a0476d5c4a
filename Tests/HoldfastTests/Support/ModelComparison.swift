import HoldfastWallet
import WalletModel

@testable import Holdfast

/// Where a ledger and the naive model differ, in words; empty when they agree.
enum ModelComparison {
    static func differences(_ players: [PlayerView], _ model: NaiveLedger) -> [String] {
        var differences: [String] = []
        let known = model.players.filter { $0.value.seq > 0 }
        if players.count != known.count {
            differences.append("\(players.count) players, the model has \(known.count)")
        }
        for player in players {
            guard let other = known[player.account] else {
                differences.append("the model has no player \(player.account)")
                continue
            }
            let mine = description(
                seq: Int(player.seq), isLocked: player.isLocked,
                purses: player.purses.map { "\($0.asset) \($0.balance) \($0.held)" },
                holds: player.holds.map { "\($0.requestID) \($0.asset) \($0.amount) \($0.expiresAt)" })
            let theirs = description(
                seq: other.seq, isLocked: other.isLocked,
                purses: other.purses.map { "\($0.key) \($0.value.balance) \($0.value.held)" },
                holds: model.openHolds(of: player.account).map {
                    "\($0.requestID) \($0.asset) \($0.amount) \($0.expiresAt)"
                })
            if mine != theirs { differences.append("\(player.account): \(mine); the model says \(theirs)") }
        }
        return differences
    }

    private static func description(seq: Int, isLocked: Bool, purses: [String], holds: [String]) -> String {
        "seq \(seq)\(isLocked ? ", locked" : ""), purses \(purses.sorted()), holds \(holds.sorted())"
    }

    static func differences(_ events: [LedgerEvent], _ model: NaiveLedger) -> [String] {
        var expected = model.players.mapValues { $0.events[...] }
        var differences: [String] = []
        for event in events {
            guard let other = expected[event.account]?.popFirst() else {
                differences.append("the model has no event \(event.seq) of \(event.account)")
                continue
            }
            let (mine, theirs) = (description(event), description(other))
            if mine != theirs { differences.append("\(event.account): \(mine); the model says \(theirs)") }
        }
        for (account, missing) in expected where !missing.isEmpty {
            differences.append("\(account): \(missing.count) events of the model are missing")
        }
        return differences
    }

    private static func description(_ event: LedgerEvent) -> String {
        // A refusal moves nothing, and the model leaves such effects out.
        let movements = event.event == .refused ? [] : event.movements
        let effects = movements.map { movement in
            "\(movement.asset) \(movement.balanceDelta) \(movement.heldDelta)"
                + " -> \(movement.balanceAfter) \(movement.heldAfter)"
        }
        let amount = movements.first?.amount ?? 0
        return "\(event.seq) \(event.event.name) \(event.request) \(amount) \(event.refusal?.name ?? "") "
            + "\(effects) at \(event.time)"
    }

    private static func description(_ event: NaiveEvent) -> String {
        let effects = event.effects.map { effect in
            "\(effect.asset) \(effect.balanceDelta) \(effect.heldDelta) -> \(effect.after.balance) \(effect.after.held)"
        }
        return "\(event.seq) \(event.name) \(event.requestID) \(event.amount) \(event.error ?? "") "
            + "\(effects) at \(event.createdAt)"
    }
}
