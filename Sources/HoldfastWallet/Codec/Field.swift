/// The fields of a command, in the order in which their faults are named.
package enum Field: UInt8, Sendable, CaseIterable {
    case op, tenant, player, requestID, ref, reason
    case asset, amount, kind, target, ttlMilliseconds, force, to, toAsset, rate
    case at

    package var wireName: StaticString {
        switch self {
        case .op: "op"
        case .tenant: "tenant"
        case .player: "player"
        case .requestID: "request_id"
        case .ref: "ref"
        case .reason: "reason"
        case .asset: "asset"
        case .amount: "amount"
        case .kind: "kind"
        case .target: "target"
        case .ttlMilliseconds: "ttl_ms"
        case .force: "force"
        case .to: "to"
        case .toAsset: "to_asset"
        case .rate: "rate"
        case .at: "at"
        }
    }
}

/// A set of fields.
package struct FieldSet: OptionSet, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }
    init(_ field: Field) { rawValue = 1 << UInt32(field.rawValue) }

    static let op = FieldSet(.op)
    static let tenant = FieldSet(.tenant)
    static let player = FieldSet(.player)
    static let requestID = FieldSet(.requestID)
    static let ref = FieldSet(.ref)
    static let reason = FieldSet(.reason)
    static let asset = FieldSet(.asset)
    static let amount = FieldSet(.amount)
    static let kind = FieldSet(.kind)
    static let target = FieldSet(.target)
    static let ttlMilliseconds = FieldSet(.ttlMilliseconds)
    static let force = FieldSet(.force)
    static let to = FieldSet(.to)
    static let toAsset = FieldSet(.toAsset)
    static let rate = FieldSet(.rate)
    static let at = FieldSet(.at)

    static let ofEveryCommand: FieldSet = [.op, .tenant, .player, .requestID, .at]
}

extension Operation {
    /// What a command of this operation may carry. A lock has a `reason` where the others have a `ref`.
    package var fields: FieldSet {
        switch self {
        case .credit: [.ofEveryCommand, .ref, .asset, .amount, .kind, .target]
        case .debit: [.ofEveryCommand, .ref, .asset, .amount, .kind]
        case .authorise: [.ofEveryCommand, .ref, .asset, .amount, .ttlMilliseconds]
        case .confirm: [.ofEveryCommand, .ref, .target, .amount]
        case .rollback: [.ofEveryCommand, .ref, .target, .force]
        case .transfer: [.ofEveryCommand, .ref, .asset, .amount, .to]
        case .exchange: [.ofEveryCommand, .ref, .asset, .amount, .toAsset, .rate]
        case .lock, .unlock: [.ofEveryCommand, .reason]
        }
    }

    package func takes(_ field: Field) -> Bool { fields.contains(FieldSet(field)) }
}
