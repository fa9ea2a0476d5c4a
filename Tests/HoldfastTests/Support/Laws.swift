import HoldfastWallet
import WalletModel

@testable import Holdfast

/// The laws of the domain, checked on a ledger's events alone, and what these events add up to.
struct Laws {
    private struct Hold: Equatable {
        let asset: String
        let amount: Int64
    }

    /// What is broken, in words; empty when all laws hold.
    private(set) var breaches: [String] = []
    private var seqs: [AccountName: UInt64] = [:]
    private var times: [AccountName: Int64] = [:]
    private var purses: [AccountName: [String: NaivePurse]] = [:]
    private var openHolds: [AccountName: [ByteName: Hold]] = [:]
    /// By asset: what went in and out of the ledger as a whole, and what transfers left over.
    private var effects: [String: Int64] = [:]
    private var transfers: [String: Int64] = [:]

    init(_ events: [LedgerEvent]) {
        for (event, position) in zip(events, 1...) {
            if event.position != UInt64(position) { breach("event \(position) bears position \(event.position)") }
            take(event)
        }
        for (asset, sum) in transfers where sum != 0 { breach("transfers of \(asset) leave \(sum)") }
        checkSums()
    }

    private mutating func breach(_ text: String) { breaches.append(text) }

    private mutating func take(_ event: LedgerEvent) {
        let account = event.account
        let place = "\(account) event \(event.seq) (\(event.event.name))"
        if event.seq != seqs[account, default: 0] + 1 { breach("\(place): \(seqs[account, default: 0]) came before") }
        seqs[account] = event.seq
        if event.time < times[account, default: 0] { breach("\(place): time moves backwards") }
        times[account] = event.time
        for movement in event.movements { take(movement, of: event, at: place) }
        followHold(event, at: place)
    }

    private mutating func take(_ movement: LedgerEvent.Movement, of event: LedgerEvent, at place: String) {
        let before = purses[event.account]?[movement.asset] ?? NaivePurse()
        let after = NaivePurse(
            balance: before.balance + movement.balanceDelta, held: before.held + movement.heldDelta)
        purses[event.account, default: [:]][movement.asset] = after
        if after != NaivePurse(balance: movement.balanceAfter, held: movement.heldAfter) {
            breach("\(place): \(movement.asset) is \(movement.balanceAfter) and \(movement.heldAfter), not \(after)")
        }
        if after.held < 0 { breach("\(place): \(after.held) \(movement.asset) held") }
        let isForced = event.event == .rolledBack && movement.balanceDelta < 0
        if after.available < 0, after.available < before.available, !isForced {
            breach("\(place): \(after.available) \(movement.asset) available")
        }
        switch event.event {
        case .credited, .debited, .confirmed, .rolledBack, .exchanged:
            effects[movement.asset, default: 0] += movement.balanceDelta
        case .transferred, .received:
            transfers[movement.asset, default: 0] += movement.balanceDelta
        case .authorised, .tombstoned, .locked, .unlocked, .holdExpired, .refused:
            if movement.balanceDelta != 0 { breach("\(place): a balance moves") }
        }
    }

    /// Opens and closes holds as their events say.
    private mutating func followHold(_ event: LedgerEvent, at place: String) {
        guard let movement = event.movements.first, movement.heldDelta != 0 else { return }
        let hold = Hold(asset: movement.asset, amount: abs(movement.heldDelta))
        if event.event == .authorised {
            openHolds[event.account, default: [:]][event.request] = hold
            return
        }
        let closed = openHolds[event.account]?.removeValue(forKey: ByteName(event.target ?? ""))
        if closed != hold { breach("\(place): closes \(hold), open was \(String(describing: closed))") }
    }

    private mutating func checkSums() {
        var balances: [String: Int64] = [:]
        for (account, purses) in purses {
            for (asset, purse) in purses {
                balances[asset, default: 0] += purse.balance
                let holds = openHolds[account, default: [:]].values.filter { $0.asset == asset }
                let held = holds.reduce(0) { $0 + $1.amount }
                if purse.held != held { breach("\(account): \(purse.held) \(asset) held, the holds say \(held)") }
            }
        }
        for asset in Set(balances.keys).union(effects.keys)
        where balances[asset, default: 0] != effects[asset, default: 0] {
            breach(
                "the balances of \(asset) are \(balances[asset, default: 0]), its effects \(effects[asset, default: 0])"
            )
        }
    }

    /// Holds the players in memory against what their events add up to.
    mutating func check(_ players: [PlayerView]) {
        if players.count != seqs.count { breach("\(players.count) players in memory, \(seqs.count) in the log") }
        for player in players {
            let account = player.account
            if player.seq != seqs[account] {
                breach("\(account): seq \(player.seq), in the log \(seqs[account, default: 0])")
            }
            let known = Dictionary(
                uniqueKeysWithValues: player.purses.map {
                    ($0.asset.description, NaivePurse(balance: $0.balance, held: $0.held))
                })
            // A refusal names a purse that nothing has opened yet.
            let added = purses[account, default: [:]].filter { known[$0.key] != nil || $0.value != NaivePurse() }
            if known != added { breach("\(account): \(known) in memory, \(added) in the log") }
            let open = player.holds.map {
                (ByteName($0.requestID), Hold(asset: $0.asset.description, amount: $0.amount))
            }
            if Dictionary(uniqueKeysWithValues: open) != openHolds[account, default: [:]] {
                breach("\(account): \(open) open in memory, \(openHolds[account, default: [:]]) in the log")
            }
        }
    }
}
