internal import HoldfastMemory

/// What a wallet's state takes in memory, for benchmarks and operators.
package struct WalletMemory: Sendable {
    package var players = 0
    /// Slots, ids and the index that finds them; further purses too.
    package var playerBytes = 0
    package var requests = 0
    package var requestBytes = 0
    package var openHolds = 0

    package init() {}

    package mutating func add(_ other: WalletMemory) {
        players += other.players
        playerBytes += other.playerBytes
        requests += other.requests
        requestBytes += other.requestBytes
        openHolds += other.openHolds
    }

    package var bytesPerPlayer: Double { players == 0 ? 0 : Double(playerBytes) / Double(players) }
    package var bytesPerRequest: Double { requests == 0 ? 0 : Double(requestBytes) / Double(requests) }
}

extension WalletState {
    package var memory: WalletMemory {
        var memory = WalletMemory()
        memory.players = playerCount
        memory.playerBytes =
            players.residentBytes + playersByKey.residentBytes + purses.residentBytes + longIDs.residentBytes
        memory.requests = rememberedRequestCount
        memory.requestBytes = requests.pages.residentBytes
        memory.openHolds = openHoldCount
        return memory
    }
}
