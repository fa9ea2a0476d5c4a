package import Holdfast
internal import HoldfastLog
internal import HoldfastWallet

/// What became of a player between two moments.
package struct WalletDifference: Sendable {
    package let player: Player
    package let from: Moment
    package let to: Moment
    /// Nil before the player's first event.
    package private(set) var before: Wallet?
    package private(set) var after: Wallet?
    /// Between the moments.
    package private(set) var events = 0
    package private(set) var flows: [Statement.Flow] = []

    /// Nil when the player has no events at all.
    package init?(of player: Player, in files: LedgerFiles, from: Moment, to: Moment) throws(LedgerError) {
        self.player = player
        self.from = from
        self.to = to
        var replay = PlayerReplay(player, files.configuration)
        var flows = FlowTable()
        var isKnown = false
        var hasBegun = false
        try files.forEachRecord(of: player) { (record, address) throws(LedgerError) in
            isKnown = true
            if !hasBegun, !from.includes(record) {
                hasBegun = true
                before = replay.wallet().map { from.settle($0) }
            }
            guard to.includes(record) else { return false }
            try replay.apply(record, at: address)
            if hasBegun {
                events += 1
                flows.add(try WalletEvent(reading: record))
            }
            return true
        }
        if !isKnown { return nil }
        after = replay.wallet().map { to.settle($0) }
        if !hasBegun { before = replay.wallet().map { from.settle($0) } }
        self.flows = flows.flows
    }

    /// Every asset of either moment, with what was there.
    package var purses: [(asset: String, before: Purse, after: Purse)] {
        let names = Set((before?.funds ?? []).map(\.asset) + (after?.funds ?? []).map(\.asset))
        return names.sorted().map { ($0, Purse($0, in: before), Purse($0, in: after)) }
    }

    package struct Purse: Sendable, Equatable {
        package var balance: Int64
        package var held: Int64

        init(_ asset: String, in wallet: Wallet?) {
            let funds = wallet?.funds.first { $0.asset == asset }
            balance = funds?.balance ?? 0
            held = funds?.held ?? 0
        }
    }

    package var holdsOpened: [Wallet.Hold] {
        let known = Set((before?.holds ?? []).map(\.requestID))
        return (after?.holds ?? []).filter { !known.contains($0.requestID) }
    }

    package var holdsEnded: [Wallet.Hold] {
        let known = Set((after?.holds ?? []).map(\.requestID))
        return (before?.holds ?? []).filter { !known.contains($0.requestID) }
    }
}
