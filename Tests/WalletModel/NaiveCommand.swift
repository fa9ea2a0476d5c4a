/// The operations, in the order of the domain's table.
enum NaiveOperation: String {
    case credit, debit, authorise, confirm, rollback, transfer, exchange, lock, unlock

    /// These open a new player's log; the others need one that is there.
    var createsPlayer: Bool {
        switch self {
        case .credit, .rollback, .lock, .unlock: true
        case .debit, .authorise, .confirm, .transfer, .exchange: false
        }
    }

    /// What a rollback can undo, and what a tombstone therefore waits for.
    var canBeRolledBack: Bool {
        switch self {
        case .credit, .debit, .authorise: true
        case .confirm, .rollback, .transfer, .exchange, .lock, .unlock: false
        }
    }
}

/// A command of good form with its defaults filled in. Two commands are the same request when they are
/// equal: `at` says when the caller spoke, not what was asked, and is kept apart.
struct NaiveCommand: Sendable {
    let operation: NaiveOperation
    let fields: [String: JSONValue]
    let at: Int64?

    func isSameRequest(as other: NaiveCommand) -> Bool {
        operation == other.operation && fields == other.fields
    }

    var account: AccountName { AccountName(tenant: text("tenant"), player: text("player")) }
    var requestID: ByteName { ByteName(text("request_id")) }
    var target: ByteName? { fields["target"]?.string.map { ByteName($0) } }
    var amount: Int64? { fields["amount"]?.integer }
    var asset: String? { fields["asset"]?.string }
    var toAsset: String? { fields["to_asset"]?.string }
    var recipient: AccountName { AccountName(tenant: text("tenant"), player: text("to")) }
    var ttlMilliseconds: Int64 { whole("ttl_ms") }
    var isForced: Bool { fields["force"] == .bool(true) }
    var rate: (num: Int64, den: Int64) {
        (fields["rate"]!["num"]!.integer!, fields["rate"]!["den"]!.integer!)
    }

    /// A field that this operation requires: good form has it.
    func text(_ field: String) -> String { fields[field]!.string! }
    func whole(_ field: String) -> Int64 { fields[field]!.integer! }
}

/// A name as the ledger compares it: by its bytes. Swift's String would hold the composed and the
/// decomposed spelling of one name for equal.
public struct ByteName: Hashable, Sendable, CustomStringConvertible {
    public let bytes: [UInt8]

    public init(_ name: String) { bytes = Array(name.utf8) }
    public var description: String { String(decoding: bytes, as: UTF8.self) }
}

/// Whose log an event is in.
public struct AccountName: Hashable, Sendable, CustomStringConvertible {
    public let tenant: ByteName
    public let player: ByteName

    public init(tenant: String, player: String) {
        self.tenant = ByteName(tenant)
        self.player = ByteName(player)
    }

    public var description: String { "\(tenant)/\(player)" }
}
