import HoldfastMemory

/// What an auditor asks of a whole state, without a view of each player.
extension WalletState {
    /// Every open hold.
    package mutating func forEachOpenHold(
        _ body: (AssetName, _ amount: Int64, _ expiresAt: Int64) throws -> Void
    ) rethrows {
        guard players.highWater > 0 else { return }
        assets.takeOver()
        for player in 1...players.highWater where isInUse(player) {
            var hold = players.pointer(player).pointee.firstHold
            while hold != 0 {
                let slot = holds.pointer(hold)
                try body(assets.name(of: slot.pointee.asset), slot.pointee.amount, slot.pointee.expiresAt)
                hold = slot.pointee.next
            }
        }
    }
}
