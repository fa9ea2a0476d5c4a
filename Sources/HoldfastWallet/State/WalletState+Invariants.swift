import HoldfastMemory

extension WalletState {
    /// What is wrong within the state, in words; nil if all is well. It visits everything: for tests and audits.
    package mutating func brokenInvariant() -> String? {
        if let broken = playersByKey.brokenInvariant() { return "players by key: " + broken }
        if let broken = holdsByRequest.brokenInvariant() { return "holds by request: " + broken }
        if let broken = requests.pages.brokenInvariant() { return "requests: " + broken }
        guard players.highWater > 0 else { return nil }
        var holdsSeen = 0
        var longSeen = 0
        for player in 1...players.highWater where isInUse(player) {
            var held: [AssetID: Int64] = [:]
            forEachHold(of: player) { _, slot in
                held[slot.asset, default: 0] += slot.amount
                holdsSeen += 1
                if slot.expiresAt - slot.createdAt >= window.milliseconds { longSeen += 1 }
            }
            var broken: String?
            forEachPurse(of: player) { asset, facts in
                let open = held.removeValue(forKey: asset) ?? 0
                if open != facts.held { broken = "held \(facts.held), open holds \(open)" }
            }
            if !held.isEmpty { broken = "holds in an asset without a purse" }
            if findPlayer(keyHash(of: player), tenant(of: player), id(of: player)) != player {
                broken = "not found by key"
            }
            if let broken { return "\(String(decoding: id(of: player), as: UTF8.self)): " + broken }
        }
        if holdsSeen != holds.liveCount { return "\(holds.liveCount) holds, \(holdsSeen) of players" }
        if longSeen != longHolds { return "\(longHolds) long holds, \(longSeen) found" }
        if wheelIsLive, wheel.count != holdsSeen { return "\(wheel.count) holds in the wheel, \(holdsSeen) open" }
        return nil
    }
}
