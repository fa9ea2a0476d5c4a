internal import HoldfastWallet

/// Two opinions on the same books, purse by purse and in sum, and the laws that hold over all of them.
struct BooksCheck {
    private(set) var players = 0
    private(set) var purses = 0
    private(set) var totals: [AssetName: LedgerDifference.Total] = [:]
    private(set) var findings = FindingList()

    init(_ machines: [WalletMachine], _ summation: PlainBooks) {
        for machine in machines {
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
        if purses != summation.purseCount {
            var finding = Finding(.summation, found: "\(summation.purseCount) purses")
            finding.expected = "\(purses) purses"
            findings.add(finding)
        }
        for (asset, total) in summation.totals.sorted(by: { $0.key < $1.key }) where total.transfers != 0 {
            var finding = Finding(.law, found: "transfers leave \(total.transfers)")
            finding.asset = asset
            finding.expected = "transfers that cancel out"
            findings.add(finding)
        }
    }

    private mutating func compare(_ state: inout WalletState, _ summation: PlainBooks) {
        var key: [UInt8] = []
        state.forEachPurse { tenant, player, asset, facts in
            purses += 1
            totals[asset, default: .init()].balance += Int128(facts.balance)
            totals[asset, default: .init()].held += Int128(facts.held)
            key.removeAll(keepingCapacity: true)
            key += tenant
            key.append(UInt8(ascii: "/"))
            key += player
            let found = key.withUnsafeBytes { key in asset.withBytes { summation.funds(key: key, asset: $0) } }
            if let found, found.balance == facts.balance, found.held == facts.held { return }
            var finding = Finding(
                .summation, found: found.map { "balance \($0.balance), held \($0.held)" } ?? "no such purse")
            finding.tenant = String(decoding: tenant, as: UTF8.self)
            finding.player = String(decoding: player, as: UTF8.self)
            finding.seq = key.withUnsafeBytes { summation.seq(key: $0) }
            finding.asset = asset.description
            finding.expected = "balance \(facts.balance), held \(facts.held)"
            findings.add(finding)
        }
    }
}
