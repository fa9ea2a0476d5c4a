package import HoldfastLog

/// One row of an event: the columns that tables, archives, history and exports share, in their order. Texts are
/// borrowed from the record; nil is null.
///
/// - `amount` is what moved. A refusal moved nothing and has none; `locked`, `unlocked` and `tombstoned` have 0.
/// - The deltas and the balances after are those of `asset`, and absent where no asset is concerned. A refusal that
///   concerns an asset has deltas of 0.
/// - `requestID` is that of the command; of `received` the sender's; `hold_expired` has none, its `target` is the
///   hold's. Of `transferred` and `received` the other player isn't a column; it is in the record.
/// - `ref` has a lock's reason.
package struct EventRow {
    package let tenantID: UnsafeRawBufferPointer
    package let playerID: UnsafeRawBufferPointer
    package let seq: UInt64
    /// Of the event in the whole log.
    package let position: UInt64
    package let event: EventKind
    package let asset: UnsafeRawBufferPointer?
    package let amount: Int64?
    package let balanceDelta: Int64?
    package let heldDelta: Int64?
    package let balanceAfter: Int64?
    package let heldAfter: Int64?
    package let requestID: UnsafeRawBufferPointer?
    package let target: UnsafeRawBufferPointer?
    package let kind: StaticString?
    package let ref: UnsafeRawBufferPointer?
    package let error: Refusal?
    /// Milliseconds since 1970.
    package let createdAt: Int64

    /// A row that came from elsewhere than a record: from a table, from an archive.
    package init(
        tenantID: UnsafeRawBufferPointer, playerID: UnsafeRawBufferPointer, seq: UInt64, position: UInt64,
        event: EventKind, asset: UnsafeRawBufferPointer?, amount: Int64?, balanceDelta: Int64?, heldDelta: Int64?,
        balanceAfter: Int64?, heldAfter: Int64?, requestID: UnsafeRawBufferPointer?, target: UnsafeRawBufferPointer?,
        kind: StaticString?, ref: UnsafeRawBufferPointer?, error: Refusal?, createdAt: Int64
    ) {
        self.tenantID = tenantID
        self.playerID = playerID
        self.seq = seq
        self.position = position
        self.event = event
        self.asset = asset
        self.amount = amount
        self.balanceDelta = balanceDelta
        self.heldDelta = heldDelta
        self.balanceAfter = balanceAfter
        self.heldAfter = heldAfter
        self.requestID = requestID
        self.target = target
        self.kind = kind
        self.ref = ref
        self.error = error
        self.createdAt = createdAt
    }

    /// The names of the columns, in order.
    package static let columns = [
        "tenant_id", "player_id", "seq", "position", "event", "asset", "amount", "balance_delta", "held_delta",
        "balance_after", "held_after", "request_id", "target", "kind", "ref", "error", "created_at",
    ]
}

/// The rows of one event: one, or of an exchange two, the second for what came in.
package struct EventRows {
    package let first: EventRow
    package let second: EventRow?

    package init(of record: RecordView, position: UInt64) throws(MalformedEvent) {
        self.init(of: try WalletEvent(record: record), position: position)
    }

    package init(of event: borrowing WalletEvent, position: UInt64) {
        let effect = event.effect
        first = EventRow(
            event, position: position, asset: event.asset, amount: event.kind == .refused ? nil : event.amount,
            delta: effect, after: PurseFacts(balance: event.balanceAfter, held: event.heldAfter))
        guard event.kind == .exchanged else {
            second = nil
            return
        }
        second = EventRow(
            event, position: position, asset: event.other, amount: event.toAmount,
            delta: Effect(balance: event.toAmount),
            after: PurseFacts(balance: event.toBalance, held: event.toHeld))
    }
}

extension EventRow {
    fileprivate init(
        _ event: borrowing WalletEvent, position: UInt64, asset: UnsafeRawBufferPointer, amount: Int64?,
        delta: Effect, after: PurseFacts
    ) {
        func text(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? { bytes.count > 0 ? bytes : nil }
        tenantID = event.tenant
        playerID = event.player
        seq = event.seq
        self.position = position
        self.event = event.kind
        self.asset = text(asset)
        self.amount = amount
        let concernsAsset = asset.count > 0
        balanceDelta = concernsAsset ? delta.balance : nil
        heldDelta = concernsAsset ? delta.held : nil
        balanceAfter = concernsAsset ? after.balance : nil
        heldAfter = concernsAsset ? after.held : nil
        requestID = text(event.requestID)
        target = text(event.target)
        kind = event.movement == 0 ? nil : Kind.wireName(event.movement)
        ref = text(event.ref)
        error = event.refusal
        createdAt = event.time
    }
}
