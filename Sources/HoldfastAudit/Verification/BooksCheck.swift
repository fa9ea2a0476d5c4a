internal import Holdfast
internal import HoldfastLog
internal import HoldfastWallet

/// Two opinions on the same books, purse by purse and in sum, and the laws that hold over all of them.
struct BooksCheck {
    private(set) var players = 0
    private(set) var purses = 0
    private(set) var findings = FindingList()
    private var sums: [(asset: AssetName, total: LedgerDifference.Total)] = []

    var totals: [AssetName: LedgerDifference.Total] {
        Dictionary(uniqueKeysWithValues: sums.map { ($0.asset, $0.total) })
    }

    init(_ pass: LedgerPass) {
        // Of a transfer whose one half was given up the other is left.
        self.init(pass.machines, pass.books, isWhole: pass.files.logs.allSatisfy { !$0.isTrimmed })
        for (lane, machine) in pass.machines.enumerated() where pass.machines.count > 1 {
            machine.withState { findStrangers(in: $0, of: lane, of: pass.machines.count) }
        }
    }

    /// Of each lane both opinions.
    init(_ machines: [WalletMachine], _ books: [PlainBooks], isWhole: Bool = true) {
        for (machine, summation) in zip(machines, books) {
            machine.withState { state in
                players += state.playerCount
                compare(&state, summation)
                state.forEachBrokenPurse { name, asset, held, open in
                    var finding = Finding(.law, found: "held is \(held)")
                    finding.tenant = name.tenant
                    finding.player = name.player
                    finding.seq = name.seq
                    finding.asset = asset.description
                    finding.expected = "the sum of the open holds, \(open)"
                    findings.add(finding)
                }
            }
        }
        let summed = books.reduce(0) { $0 + $1.purseCount }
        if purses != summed {
            var finding = Finding(.summation, found: "\(summed) purses")
            finding.expected = "\(purses) purses"
            findings.add(finding)
        }
        var transfers: [String: Int128] = [:]
        for (asset, total) in books.flatMap(\.totals) { transfers[asset, default: 0] += total.transfers }
        for (asset, left) in transfers.sorted(by: { $0.key < $1.key }) where isWhole && left != 0 {
            var finding = Finding(.law, found: "transfers leave \(left)")
            finding.asset = asset
            finding.expected = "transfers that cancel out"
            findings.add(finding)
        }
    }

    /// A player's events are in one lane, the one that their name leads to: elsewhere nobody looks for them.
    private mutating func findStrangers(in state: borrowing WalletState, of lane: Int, of lanes: Int) {
        state.forEachStranger(in: lane, of: lanes) { tenant, player, seq, home in
            var finding = Finding(.log, found: "events of this player in lane \(lane)")
            finding.tenant = String(decoding: tenant, as: UTF8.self)
            finding.player = String(decoding: player, as: UTF8.self)
            finding.seq = seq
            finding.expected = "all of them in lane \(home)"
            findings.add(finding)
        }
    }

    private mutating func compare(_ state: inout WalletState, _ summation: PlainBooks) {
        var group = PurseGroup()
        state.forEachPurse { tenant, player, asset, facts in
            group.add(tenant, player, asset, facts)
            if group.isFull { compare(&group, summation) }
        }
        compare(&group, summation)
    }

    private mutating func compare(_ group: inout PurseGroup, _ summation: PlainBooks) {
        group.plainKeys.withUnsafeBufferPointer { summation.prefetch($0) }
        for index in group.purses.indices {
            let (asset, facts) = group.purses[index]
            purses += 1
            note(asset, facts)
            let found = group.withKey(index) { key in
                asset.withBytes { summation.funds(key: key, group.plainKeys[index], asset: $0) }
            }
            if let found, found.balance == facts.balance, found.held == facts.held { continue }
            var finding = Finding(
                .summation, found: found.map { "balance \($0.balance), held \($0.held)" } ?? "no such purse")
            group.withKey(index) { key in
                finding.name(key: key)
                finding.seq = summation.seq(key: key)
            }
            finding.asset = asset.description
            finding.expected = "balance \(facts.balance), held \(facts.held)"
            findings.add(finding)
        }
        group.clear()
    }

    /// A ledger has few assets: finding one among them costs less than hashing it.
    private mutating func note(_ asset: AssetName, _ facts: PurseFacts) {
        let index = sums.firstIndex { $0.asset == asset } ?? sums.count
        if index == sums.count { sums.append((asset, LedgerDifference.Total())) }
        sums[index].total.balance += Int128(facts.balance)
        sums[index].total.held += Int128(facts.held)
    }
}

/// Some purses whose players will be looked up together: their lines are asked for before they are needed.
private struct PurseGroup {
    private(set) var purses: [(AssetName, PurseFacts)] = []
    private(set) var plainKeys: [PlainKey] = []
    private var keys: [UInt8] = []
    private var ends: [Int] = []

    /// About as many as a core can have on their way from memory.
    var isFull: Bool { purses.count == 32 }

    mutating func add(
        _ tenant: UnsafeRawBufferPointer, _ player: UnsafeRawBufferPointer, _ asset: AssetName, _ facts: PurseFacts
    ) {
        let start = keys.count
        keys += tenant
        keys.append(UInt8(ascii: "/"))
        keys += player
        ends.append(keys.count)
        plainKeys.append(keys.withUnsafeBytes { PlainKey(UnsafeRawBufferPointer(rebasing: $0[start...])) })
        purses.append((asset, facts))
    }

    func withKey<Result>(_ index: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        let start = index == 0 ? 0 : ends[index - 1]
        return keys.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[start..<ends[index]])) }
    }

    mutating func clear() {
        purses.removeAll(keepingCapacity: true)
        plainKeys.removeAll(keepingCapacity: true)
        keys.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
    }
}
