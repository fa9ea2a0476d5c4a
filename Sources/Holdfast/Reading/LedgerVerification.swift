internal import HoldfastLog
package import HoldfastText
internal import HoldfastWallet

/// Checks a whole ledger: the log as such, every event against the state that those before it led to, the laws of
/// docs/DOMAIN.md, and snapshots against the replay.
package struct LedgerVerification {
    private var log = LogVerifier.Report()
    private var players = 0
    private var snapshotsCompared = 0
    private var faults: [LedgerError] = []
    /// Findings about wallets, in words: which law is broken, for whom.
    private var breaches: [String] = []
    private static let breachesMax = 100

    package var isGood: Bool { faults.isEmpty && breaches.isEmpty }

    package static func run(
        _ path: String, progress: (Int) -> Void = { _ in }
    ) throws(LedgerError) -> LedgerVerification {
        var result = LedgerVerification()
        // Opened once, so that everything below looks at the same log, also beside a running owner.
        let files: LedgerFiles
        do throws(LedgerError) {
            files = try LedgerFiles(path)
        } catch {
            guard case .damaged = error else { throw error }
            result.faults.append(error)
            return result
        }
        let machines = files.logs.map { _ in WalletMachine(files.configuration) }
        var sums = EffectSums()
        var done = 0
        result.log = try LogVerifier.verify(files.logs) { (record, address, lane) throws(LedgerError) in
            try machines[lane].apply(record, at: address)
            try sums.add(record)
            done += 1
            if done & 0xFFFF == 0 { progress(done) }
        }
        result.faults = result.log.faults
        if result.faults.isEmpty {
            let books = LedgerBooks(of: machines)
            result.checkLaws(machines, books, sums)
            try result.compareSnapshots(files, with: books)
        }
        return result
    }

    /// Laws 1 to 3: every purse by itself, and the sums over all of them against a second, independent addition.
    private mutating func checkLaws(_ machines: [WalletMachine], _ books: LedgerBooks, _ sums: EffectSums) {
        for machine in machines {
            players += machine.withState { $0.playerCount }
            machine.withState { state in
                state.forEachPlayer { view in
                    for purse in view.purses {
                        let holds = view.holds.reduce(Int64(0)) { $0 + ($1.asset == purse.asset ? $1.amount : 0) }
                        if purse.held != holds {
                            note(
                                "player \(view.player) of \(view.tenant), \(purse.asset): held is \(purse.held), "
                                    + "the open holds add up to \(holds)")
                        }
                        if purse.held < 0 {
                            note("player \(view.player) of \(view.tenant), \(purse.asset): held is \(purse.held)")
                        }
                    }
                }
            }
        }
        for (asset, balance, held) in books.totals {
            let expected = sums.totals[asset] ?? .init()
            if balance != expected.balance || held != expected.held {
                note(
                    "\(asset): the balances add up to \(balance) with \(held) held, "
                        + "the events to \(expected.balance) with \(expected.held)")
            }
        }
        for (asset, sum) in sums.transfers where sum != 0 {
            note("\(asset): transfers do not cancel out, \(sum) is left")
        }
    }

    private mutating func compareSnapshots(
        _ files: LedgerFiles, with replayed: LedgerBooks
    ) throws(LedgerError) {
        let recovered = try files.recoverStates()
        let used = recovered.compactMap(\.1.snapshot)
        snapshotsCompared = used.count
        breaches += recovered.flatMap(\.1.passedOver)
        if used.isEmpty { return }
        let books = LedgerBooks(of: recovered.map(\.0))
        for (a, b) in zip(books.entries, replayed.entries) where a != b {
            note("snapshot \(used[0]) and the replay differ at player \(String(decoding: b.player, as: UTF8.self))")
            break
        }
        if books.entries.count != replayed.entries.count {
            note("snapshot \(used[0]) leads to \(books.entries.count) purses, the replay to \(replayed.entries.count)")
        }
    }

    private mutating func note(_ breach: String) {
        if breaches.count < Self.breachesMax { breaches.append(breach) }
    }

    package var json: JSONWriter {
        var json = JSONWriter()
        json.beginObject()
        json.member("ok", isGood)
        json.member("lanes", log.lanes)
        json.member("segments", log.segments)
        json.member("batches", log.batches)
        json.member("events", log.events)
        json.member("bytes", log.bytes)
        json.member("last_position", log.lastPosition)
        json.member("players", players)
        json.member("snapshots_compared", snapshotsCompared)
        json.key("chain_heads")
        json.beginArray()
        for head in log.chainHeads { json.string(head.hexadecimal as String) }
        json.endArray()
        json.key("faults")
        json.beginArray()
        for fault in faults { Self.write(fault, to: &json) }
        for breach in breaches {
            json.beginObject()
            json.member("found", breach as String?)
            json.endObject()
        }
        json.endArray()
        json.endObject()
        json.newline()
        return json
    }

    private static func write(_ fault: LedgerError, to json: inout JSONWriter) {
        json.beginObject()
        if case .damaged(let damage) = fault {
            json.member("file", damage.file as String?)
            json.member("offset", damage.offset)
            json.member("found", damage.found as String?)
        } else {
            json.member("found", fault.description as String?)
        }
        json.endObject()
    }
}

/// A second opinion on the books: adds up the effects that the events claim, asset by asset, without any state.
private struct EffectSums {
    struct Total {
        var balance: Int128 = 0
        var held: Int128 = 0
    }

    private(set) var totals: [AssetName: Total] = [:]
    private(set) var transfers: [AssetName: Int128] = [:]

    mutating func add(_ record: RecordView) throws(LedgerError) {
        let rows = try EventRows(reading: record)
        add(rows.first)
        if let second = rows.second { add(second) }
    }

    private mutating func add(_ row: EventRow) {
        guard let text = row.asset, let asset = AssetName(text) else { return }
        let balance = Int128(row.balanceDelta ?? 0)
        totals[asset, default: Total()].balance += balance
        totals[asset, default: Total()].held += Int128(row.heldDelta ?? 0)
        if row.event == .transferred || row.event == .received { transfers[asset, default: 0] += balance }
    }
}
