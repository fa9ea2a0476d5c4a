/// What a lane's wallet must know from outside.
package struct WalletConfiguration: Sendable {
    package var assets: AssetRegistry
    /// Seeds the hash of every key. Fixed when the ledger is created: it decides which lane a player is in.
    package var seed: UInt64
    /// How many lanes the ledger has.
    package var lanes: Int
    /// How long a request_id is guarded after its first answer. At least a day.
    package var windowMilliseconds: Int64
    package var capacity: WalletCapacity

    package static let windowMillisecondsMin: Int64 = 86_400_000
    /// Longer than any time can be, and still to be added to one.
    package static let windowMillisecondsMax = Amount.max

    package init(
        assets: AssetRegistry, seed: UInt64 = 0, lanes: Int = 1,
        windowMilliseconds: Int64 = windowMillisecondsMin, capacity: WalletCapacity = WalletCapacity()
    ) {
        precondition(
            (Self.windowMillisecondsMin...Self.windowMillisecondsMax).contains(windowMilliseconds),
            "a request is guarded for a day at least, and not without end")
        precondition(lanes >= 1, "a ledger has a lane")
        self.assets = assets
        self.seed = seed
        self.lanes = lanes
        self.windowMilliseconds = windowMilliseconds
        self.capacity = capacity
    }
}

/// How many things one lane can hold. These are addresses set aside, not memory: a bound costs nothing until it is
/// used, and a command that would pass one fails instead of growing without end.
package struct WalletCapacity: Sendable {
    package var players = 1 << 27
    /// Beyond each player's first.
    package var furtherPurses = 1 << 27
    package var openHolds = 1 << 26
    /// Requests within the window.
    package var requests = 1 << 30
    /// For players' ids of more than 22 bytes.
    package var longIDBytes = 8 << 30

    package init() {}
}

/// What has run full.
enum Full: UInt8 {
    case players, furtherPurses, openHolds, requests, longIDBytes, tenants, assets
}
