package import HoldfastLog
package import HoldfastWallet

/// One player's wallet, rebuilt from their events alone by the same `apply` that served it live.
package struct PlayerReplay: ~Copyable {
    private var state: WalletState
    private let player: Player
    /// Whether no event was taken in yet.
    package private(set) var isEmpty = true

    package init(_ player: Player, _ configuration: WalletConfiguration) {
        var small = configuration
        small.capacity.players = 16
        small.capacity.furtherPurses = 1 << 16
        small.capacity.openHolds = 1 << 22
        small.capacity.requests = 1 << 26
        small.capacity.longIDBytes = 1 << 12
        state = WalletState(small)
        self.player = player
    }

    package mutating func apply(_ record: RecordView, at address: UInt64) throws(LedgerError) {
        if isEmpty, record.revision > 1 {
            throw .givenUp(
                needed: "an earlier wallet of player \(player.id) of \(player.tenant)",
                remains: "the player's events begin with \(record.revision)")
        }
        try state.apply(record, at: address)
        isEmpty = false
    }

    /// Nil before the first event.
    package mutating func wallet() -> Wallet? {
        state.view(tenant: player.tenant, player: player.id).map { Wallet($0) }
    }
}
