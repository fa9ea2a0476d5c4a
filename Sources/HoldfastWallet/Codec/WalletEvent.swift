import HoldfastLog

/// One event of a player's log, as its record says it: the texts are borrowed from the record or the command.
///
/// The record's key is `tenant/player`, its type an `EventKind`, its time the moment of the event (for an expiry that
/// of the hold). The payload, little-endian, schema version 1:
///
///      0  u8  operation of the command, 0 where none caused the event
///      1  u8  what follows: 1 fingerprint · 2 amount · 4 balances · 8 about · 16 moment · 32 exchange
///      2  u8  refused: the refusal; rolled_back: what was undone; else 0
///      3  u8  kind of a credit or debit, else 0
///      4  u8  bytes of asset   5 u8 of request_id   6 u8 of target   7 u8 of ref
///      8  then those of these that byte 1 names, in this order:
///         u64 fingerprint of the command: XXH3 of all that makes two requests the same
///         i64 amount: what moved; of a refusal what was asked for
///         i64 balance after, i64 held after, in the asset
///         u64 about: address of the record that was the newest about the target before this one
///         i64 moment: of authorised expires_at; of confirmed the whole hold
///         i64 to_amount, i64 to_balance, i64 to_held, i64 numerator, i64 denominator (a refused exchange too)
///      then the texts asset, request_id, target, ref, and up to the payload's end the other: the recipient of
///      `transferred`, the sender of `received`, the to_asset of `exchanged`
///
/// `received` bears the sender's request_id. `hold_expired` has none, its target is the hold's. A lock's reason is in
/// `ref`. Following `about` leads from the newest record about a request to its first answer.
package struct WalletEvent: BitwiseCopyable {
    package var kind = EventKind.refused
    package var operation: Operation?
    package var refusal: Refusal?
    package var undone: Undone?
    /// A `CreditKind` or `DebitKind`, or 0.
    package var movement: UInt8 = 0
    var texts = EventTexts()
    package var amount: Int64 = 0
    package var balanceAfter: Int64 = 0
    package var heldAfter: Int64 = 0
    package var fingerprint: UInt64 = 0
    /// Address of the record that was the newest about the target; 0 for none.
    package var about: UInt64 = 0
    /// Of `authorised` when the hold expires, of `confirmed` the whole hold.
    package var moment: Int64 = 0
    package var toAmount: Int64 = 0
    package var toBalance: Int64 = 0
    package var toHeld: Int64 = 0
    package var numerator: Int64 = 0
    package var denominator: Int64 = 0

    /// In the player's log, from 1.
    package var seq: UInt64 = 0
    /// Address of the player's event before this one, 0 for none.
    package var previous: UInt64 = 0
    package var time: Int64 = 0

    static let schemaVersion: UInt16 = 1

    /// The largest record: the header, a key of tenant and player, the payload with every part and text.
    static let recordBytesMax = RecordLayout.size(
        key: TextRules.tenantBytesMax + 1 + TextRules.bytesMax,
        payload: 8 + 5 * 8 + 8 + 5 * 8 + AssetName.bytesMax + 4 * TextRules.bytesMax, metadata: 0)

    init() {}

    @inline(__always) package var effect: Effect { .of(kind, amount: amount, hold: moment, undone: undone) }

    /// The parts that follow the payload's first eight bytes.
    enum Part {
        static let fingerprint: UInt8 = 1
        static let amount: UInt8 = 2
        static let balances: UInt8 = 4
        static let about: UInt8 = 8
        static let moment: UInt8 = 16
        static let exchange: UInt8 = 32
        static let all: UInt8 = 63
    }
}

/// Where an event's texts lie. request_id, target and ref lie one behind the other in commands and records alike, so
/// that they are copied in one piece.
struct EventTexts: BitwiseCopyable {
    var tenantCount: UInt8 = 0
    var playerCount: UInt8 = 0
    var assetCount: UInt8 = 0
    var requestCount: UInt8 = 0
    var targetCount: UInt8 = 0
    var refCount: UInt8 = 0
    var otherCount: UInt8 = 0
    var tenant: UnsafeRawPointer?
    var player: UnsafeRawPointer?
    var asset: UnsafeRawPointer?
    /// request_id, target and ref.
    var middle: UnsafeRawPointer?
    var other: UnsafeRawPointer?

    @inline(__always) var middleCount: Int { Int(requestCount) &+ Int(targetCount) &+ Int(refCount) }
}

extension WalletEvent {
    @inline(__always)
    private func text(_ start: UnsafeRawPointer?, _ count: UInt8) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: start, count: Int(count))
    }

    package var tenant: UnsafeRawBufferPointer { text(texts.tenant, texts.tenantCount) }
    package var player: UnsafeRawBufferPointer { text(texts.player, texts.playerCount) }
    /// Empty where no asset is concerned.
    package var asset: UnsafeRawBufferPointer { text(texts.asset, texts.assetCount) }
    package var requestID: UnsafeRawBufferPointer { text(texts.middle, texts.requestCount) }
    package var target: UnsafeRawBufferPointer {
        text(texts.middle.map { $0 + Int(texts.requestCount) }, texts.targetCount)
    }
    package var ref: UnsafeRawBufferPointer {
        text(texts.middle.map { $0 + Int(texts.requestCount) + Int(texts.targetCount) }, texts.refCount)
    }
    /// The recipient of `transferred`, the sender of `received`, the to_asset of `exchanged`.
    package var other: UnsafeRawBufferPointer { text(texts.other, texts.otherCount) }

    @inline(__always)
    mutating func setTenant(_ text: UnsafeRawBufferPointer) {
        texts.tenant = text.baseAddress
        texts.tenantCount = UInt8(truncatingIfNeeded: text.count)
    }

    @inline(__always)
    mutating func setPlayer(_ text: UnsafeRawBufferPointer) {
        texts.player = text.baseAddress
        texts.playerCount = UInt8(truncatingIfNeeded: text.count)
    }

    @inline(__always)
    mutating func setAsset(_ text: UnsafeRawBufferPointer) {
        texts.asset = text.baseAddress
        texts.assetCount = UInt8(truncatingIfNeeded: text.count)
    }

    @inline(__always)
    mutating func setOther(_ text: UnsafeRawBufferPointer) {
        texts.other = text.baseAddress
        texts.otherCount = UInt8(truncatingIfNeeded: text.count)
    }
}
