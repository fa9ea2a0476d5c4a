import HoldfastLog
import Testing
import WalletModel

@testable import HoldfastWallet

/// What must agree between the engine and the naive model after the same commands.
enum Agreement {
    /// Every player: seq, lock, purses, open holds.
    static func checkPlayers(_ ledger: TestLedger, _ naive: NaiveLedger) {
        let views = ledger.players()
        let known = naive.players.values.count { $0.seq > 0 }
        #expect(views.count == known)
        for view in views {
            guard let player = naive.player(tenant: view.tenant, player: view.player) else {
                Issue.record("the model has no player \(view.player)")
                continue
            }
            #expect(Int(view.seq) == player.seq)
            #expect(view.isLocked == player.isLocked)
            let purses = view.purses.map { ($0.asset.description, NaivePurse(balance: $0.balance, held: $0.held)) }
            #expect(Dictionary(uniqueKeysWithValues: purses) == player.purses, "purses of \(view.player)")
            let holds = naive.openHolds(of: AccountName(tenant: view.tenant, player: view.player)).map {
                "\($0.requestID) \($0.asset) \($0.amount) \($0.expiresAt)"
            }
            #expect(
                view.holds.map { "\($0.requestID) \($0.asset) \($0.amount) \($0.expiresAt)" }.sorted()
                    == holds.sorted(), "holds of \(view.player)")
        }
    }

    /// Every row of the log against the model's events, player by player.
    static func checkRows(_ ledger: TestLedger, _ naive: NaiveLedger) throws {
        var events = naive.players.mapValues { $0.events[...] }
        var position: UInt64 = 0
        for (number, lane) in ledger.lanes.enumerated() {
            ledger.commit(number)
            try lane.forEachRecord { record, _ in
                position += 1
                let rows = try EventRows(of: record, position: position)
                let row = rows.first
                let account = AccountName(tenant: text(row.tenantID)!, player: text(row.playerID)!)
                guard let event = events[account]?.popFirst() else {
                    Issue.record("the model has no such event of \(account)")
                    return
                }
                #expect(Int(row.seq) == event.seq)
                #expect(row.event.name == event.name)
                #expect(row.createdAt == event.createdAt)
                #expect(row.error?.name == event.error)
                if row.event != .refused { #expect(row.amount == event.amount) }
                // The model names an expiry after its hold; a row has that as the target.
                #expect(text(row.requestID ?? row.target) == event.requestID.description)
                let effects = [rows.first, rows.second].compactMap { $0 }.filter { row in
                    row.asset != nil && row.event != .refused
                }
                #expect(effects.count == event.effects.count)
                for (row, effect) in zip(effects, event.effects) {
                    #expect(text(row.asset) == effect.asset)
                    #expect(row.balanceDelta == effect.balanceDelta)
                    #expect(row.heldDelta == effect.heldDelta)
                    #expect(row.balanceAfter == effect.after.balance)
                    #expect(row.heldAfter == effect.after.held)
                }
            }
        }
        let missing = events.values.reduce(0) { $0 + $1.count }
        #expect(missing == 0, "the log has every event of the model")
    }

    static func text(_ bytes: UnsafeRawBufferPointer?) -> String? {
        bytes.map { String(decoding: $0, as: UTF8.self) }
    }

    /// The laws of the domain, recomputed from the log's records alone and held against the machine's state.
    static func checkLaws(_ ledger: TestLedger) throws {
        // Keyed by bytes: a String would take the two spellings of "ã" for one player.
        var purses: [[UInt8]: [String: PurseFacts]] = [:]
        var seqs: [[UInt8]: UInt64] = [:]
        var totals: [String: Int64] = [:]
        var forced: Set<String> = []
        for (number, lane) in ledger.lanes.enumerated() {
            ledger.commit(number)
            var latest: Int64 = 0
            try lane.forEachRecord { record, _ in
                let rows = try EventRows(of: record, position: 1)
                let key = Array(record.key)
                #expect(rows.first.seq == seqs[key, default: 0] + 1, "seq has no gap and no repeat")
                seqs[key] = rows.first.seq
                #expect(record.time >= latest, "time never moves backwards")
                latest = record.time
                for row in [rows.first, rows.second].compactMap({ $0 }) where row.asset != nil {
                    let asset = text(row.asset)!
                    purses[key, default: [:]][asset, default: PurseFacts()].balance += row.balanceDelta!
                    purses[key, default: [:]][asset, default: PurseFacts()].held += row.heldDelta!
                    let facts = purses[key]![asset]!
                    #expect(facts == PurseFacts(balance: row.balanceAfter!, held: row.heldAfter!))
                    totals[asset, default: 0] += row.balanceDelta!
                    if row.event == .rolledBack, facts.available < 0 { forced.insert("\(key) \(asset)") }
                    #expect(facts.held >= 0)
                    if !forced.contains("\(key) \(asset)") { #expect(facts.held <= facts.balance) }
                }
            }
        }
        var sums: [String: Int64] = [:]
        for view in ledger.players() {
            let key = Array("\(view.tenant)/\(view.player)".utf8)
            #expect(seqs[key] == view.seq)
            for purse in view.purses {
                let asset = purse.asset.description
                #expect(purses[key]?[asset] == PurseFacts(balance: purse.balance, held: purse.held))
                let open = view.holds.filter { $0.asset == purse.asset }.reduce(0) { $0 + $1.amount }
                #expect(open == purse.held, "held is the sum of the open holds")
                sums[asset, default: 0] += purse.balance
            }
        }
        #expect(sums.filter { $0.value != 0 } == totals.filter { $0.value != 0 })
        for machine in ledger.machines {
            let broken = machine.withState { $0.brokenInvariant() }
            #expect(broken == nil)
        }
    }
}
