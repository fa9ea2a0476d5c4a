public import HoldfastLog
public import HoldfastWallet

/// The commands, one method each. What each means, and when it is refused, is in docs/DOMAIN.md.
extension Ledger {
    /// Pays funds in. `target` names the bet that a win belongs to; a win for one that was rolled back is refused.
    @discardableResult
    public func credit(
        _ player: Player, asset: String, amount: Int64, requestID: String, kind: CreditKind = .deposit,
        target: String? = nil, ref: String? = nil
    ) async throws(LedgerError) -> Answer {
        try await perform(
            .credit(player, asset: asset, amount: amount, requestID: requestID, kind: kind, target: target, ref: ref))
    }

    /// Takes funds out at once.
    @discardableResult
    public func debit(
        _ player: Player, asset: String, amount: Int64, requestID: String, kind: DebitKind = .bet, ref: String? = nil
    ) async throws(LedgerError) -> Answer {
        try await perform(.debit(player, asset: asset, amount: amount, requestID: requestID, kind: kind, ref: ref))
    }

    /// Reserves funds for a time; they fall back by themselves unless a confirm takes them.
    @discardableResult
    public func authorise(
        _ player: Player, asset: String, amount: Int64, requestID: String, ttlMilliseconds: Int64 = 30_000,
        ref: String? = nil
    ) async throws(LedgerError) -> Answer {
        try await perform(
            .authorise(
                player, asset: asset, amount: amount, requestID: requestID, ttlMilliseconds: ttlMilliseconds, ref: ref))
    }

    /// Takes what a hold reserved, or a part of it; the rest is released.
    @discardableResult
    public func confirm(
        _ player: Player, target: String, requestID: String, amount: Int64? = nil, ref: String? = nil
    ) async throws(LedgerError) -> Answer {
        try await perform(.confirm(player, target: target, requestID: requestID, amount: amount, ref: ref))
    }

    /// Undoes a credit, debit or hold, whatever has become of it. One that names an unknown request leaves a
    /// tombstone: should the request arrive later, it is refused. `force` lets a credit be taken back beyond the funds.
    @discardableResult
    public func rollback(
        _ player: Player, target: String, requestID: String, force: Bool = false, ref: String? = nil
    ) async throws(LedgerError) -> Answer {
        try await perform(.rollback(player, target: target, requestID: requestID, force: force, ref: ref))
    }

    /// Moves funds to another player of the same tenant: both halves or neither.
    @discardableResult
    public func transfer(
        _ player: Player, to recipient: String, asset: String, amount: Int64, requestID: String, ref: String? = nil
    ) async throws(LedgerError) -> Answer {
        try await perform(
            .transfer(player, to: recipient, asset: asset, amount: amount, requestID: requestID, ref: ref))
    }

    /// Turns one asset into another at `numerator / denominator`, in whole minor units, rounded down.
    @discardableResult
    public func exchange(
        _ player: Player, asset: String, amount: Int64, to toAsset: String, numerator: Int64, denominator: Int64,
        requestID: String, ref: String? = nil
    ) async throws(LedgerError) -> Answer {
        try await perform(
            .exchange(
                player, asset: asset, amount: amount, to: toAsset, numerator: numerator, denominator: denominator,
                requestID: requestID, ref: ref))
    }

    /// Stops what takes funds out by the player's wish. Credits, confirms and rollbacks still pass.
    @discardableResult
    public func lock(_ player: Player, requestID: String, reason: String? = nil) async throws(LedgerError) -> Answer {
        try await perform(.lock(player, requestID: requestID, reason: reason))
    }

    @discardableResult
    public func unlock(_ player: Player, requestID: String, reason: String? = nil) async throws(LedgerError) -> Answer {
        try await perform(.unlock(player, requestID: requestID, reason: reason))
    }
}
