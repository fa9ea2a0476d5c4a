package import Holdfast
internal import HoldfastLog
package import HoldfastWallet

/// What became of a whole ledger between two moments.
package struct LedgerDifference: Sendable {
    /// The ledger at one moment.
    package struct Side: Sendable {
        package var events: UInt64 = 0
        package var players = 0
        package var openHolds = 0
        package var totals: [AssetName: Total] = [:]
    }

    package struct Total: Sendable, Equatable {
        package var balance: Int128 = 0
        package var held: Int128 = 0
    }

    package let from: Moment
    package let to: Moment
    package private(set) var before = Side()
    package private(set) var after = Side()
    /// Players with events between the moments.
    package private(set) var playersChanged = 0
    package private(set) var flows: [Statement.Flow] = []

    /// Replays every lane once, up to the later moment.
    package init(
        of files: LedgerFiles, from: Moment, to: Moment, progress: (Int) -> Void = { _ in }
    ) throws(LedgerError) {
        self.from = from
        self.to = to
        var flows = FlowTable()
        var done = 0
        for log in files.logs {
            let machine = try files.machineAtBeginning(of: log, asOf: from.latestTime, upTo: from.latestPosition)
            let cursor = try log.batches(from: log.firstAddress, upTo: log.tail.address)
            /// Where the events between the moments begin.
            var boundary: UInt64?
            var isPast = false
            while !isPast, let batch = try cursor.next() {
                try batch.forEachRecord { (record, address) throws(LedgerError) in
                    if boundary == nil, !from.includes(record) {
                        boundary = address
                        before.take(machine, at: from)
                    }
                    guard !isPast, to.includes(record) else {
                        isPast = true
                        return
                    }
                    try machine.apply(record, at: address)
                    after.events += 1
                    done += 1
                    guard let boundary else {
                        before.events += 1
                        return
                    }
                    // The first of each player points back before the boundary.
                    if record.previous < boundary { playersChanged += 1 }
                    flows.add(try WalletEvent(reading: record))
                }
                progress(done)
            }
            if boundary == nil { before.take(machine, at: from) }
            after.take(machine, at: to)
        }
        self.flows = flows.flows
    }

    /// Every asset of either moment.
    package var assets: [AssetName] { Set(before.totals.keys).union(after.totals.keys).sorted() }
}

extension LedgerDifference.Side {
    fileprivate mutating func take(_ machine: WalletMachine, at moment: Moment) {
        machine.withState { state in
            players += state.playerCount
            state.forEachPurse { _, _, asset, facts in
                totals[asset, default: .init()].balance += Int128(facts.balance)
                totals[asset, default: .init()].held += Int128(facts.held)
            }
            state.forEachOpenHold { asset, amount, expiresAt in
                if case .time(let time) = moment, expiresAt <= time {
                    totals[asset, default: .init()].held -= Int128(amount)
                } else {
                    openHolds += 1
                }
            }
        }
    }
}
