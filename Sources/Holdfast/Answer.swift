public import HoldfastLog
public import HoldfastWallet

/// What can go wrong with a ledger as a whole: the disk, damage, too much at once. A refusal is none of these, it is
/// an answer.
public typealias LedgerError = HoldfastLog.LogError
public typealias Refusal = HoldfastWallet.Refusal
public typealias EventKind = HoldfastWallet.EventKind
public typealias CreditKind = HoldfastWallet.CreditKind
public typealias DebitKind = HoldfastWallet.DebitKind

/// Whose wallet: a player of a tenant.
///
/// Players are equal when the bytes of their names are, as in the ledger. Swift's own equality of strings would take
/// the two spellings of "é" for one, and two players for the same.
public struct Player: Sendable {
    public let tenant: String
    public let id: String

    public init(_ id: String, of tenant: String) {
        self.id = id
        self.tenant = tenant
    }
}

extension Player {
    /// The key of the player's stream in the log.
    package var keyBytes: [UInt8] { Array(tenant.utf8) + [UInt8(ascii: "/")] + Array(id.utf8) }
}

extension Player: Hashable {
    public static func == (a: Player, b: Player) -> Bool {
        a.tenant.utf8.elementsEqual(b.tenant.utf8) && a.id.utf8.elementsEqual(b.id.utf8)
    }

    public func hash(into hasher: inout Hasher) {
        for byte in tenant.utf8 { hasher.combine(byte) }
        hasher.combine(UInt8(0))
        for byte in id.utf8 { hasher.combine(byte) }
    }
}

/// The answer to a command. It is durable when you see it.
public enum Answer: Sendable, Hashable {
    case accepted(Accepted)
    case refused(Refused)

    /// What was accepted, or nil.
    public var accepted: Accepted? {
        if case .accepted(let accepted) = self { return accepted }
        return nil
    }

    /// Why it was refused, or nil.
    public var refusal: Refusal? {
        if case .refused(let refused) = self { return refused.refusal }
        return nil
    }
}

/// A player's funds in one asset, in minor units.
public struct Funds: Sendable, Hashable {
    public let asset: String
    /// All of them.
    public let balance: Int64
    /// The part that open holds reserve.
    public let held: Int64
    public var available: Int64 { balance - held }
}

public struct Accepted: Sendable, Hashable {
    public let event: EventKind
    /// What moved.
    public let amount: Int64
    /// Number of the event in the player's log.
    public let seq: UInt64
    /// After the event, where one asset is concerned.
    public let funds: Funds?
    /// Of an authorise: when the hold falls back, in milliseconds since 1970 UTC.
    public let expiresAt: Int64?
    /// Of an exchange: what came in.
    public let received: Received?
    /// The first answer to this request_id again; nothing happened now.
    public let isDuplicate: Bool

    public struct Received: Sendable, Hashable {
        public let asset: String
        public let amount: Int64
        public let balance: Int64
    }
}

public struct Refused: Sendable, Hashable {
    public let refusal: Refusal
    /// Of an invalid request: the field at fault.
    public let field: String?
    /// Number of the recorded refusal in the player's log; nil for refusals that leave no trace.
    public let seq: UInt64?
    public let funds: Funds?
    public let isDuplicate: Bool
}

extension Answer {
    init(_ outcome: Outcome, assets: AssetRegistry) {
        let funds =
            outcome.hasAsset
            ? Funds(
                asset: assets.name(of: outcome.asset).description, balance: outcome.balance, held: outcome.held) : nil
        guard outcome.status == .accepted else {
            self = .refused(
                Refused(
                    refusal: outcome.refusal, field: nil, seq: outcome.seq > 0 ? outcome.seq : nil, funds: funds,
                    isDuplicate: outcome.isDuplicate))
            return
        }
        let received =
            outcome.event == .exchanged
            ? Accepted.Received(
                asset: assets.name(of: outcome.toAsset).description, amount: outcome.toAmount,
                balance: outcome.toBalance) : nil
        self = .accepted(
            Accepted(
                event: outcome.event, amount: outcome.amount, seq: outcome.seq, funds: funds,
                expiresAt: outcome.event == .authorised ? outcome.expiresAt : nil, received: received,
                isDuplicate: outcome.isDuplicate))
    }
}
