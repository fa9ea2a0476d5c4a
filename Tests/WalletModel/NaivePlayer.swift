/// One asset of one player.
public struct NaivePurse: Equatable, Sendable {
    public var balance: Int64 = 0
    public var held: Int64 = 0

    public var available: Int64 { balance - held }

    public init(balance: Int64 = 0, held: Int64 = 0) {
        self.balance = balance
        self.held = held
    }
}

/// What an event did to a purse, and what the purse was then.
public struct NaiveEffect: Equatable, Sendable {
    public let asset: String
    public let balanceDelta: Int64
    public let heldDelta: Int64
    public let after: NaivePurse
}

/// One line of a player's log. A refusal is one too, without effects.
public struct NaiveEvent: Equatable, Sendable {
    public let seq: Int
    public let name: String
    public let requestID: ByteName
    public let amount: Int64
    public let error: String?
    public let effects: [NaiveEffect]
    public let createdAt: Int64
}

/// Funds set aside until they are confirmed, rolled back or due.
public struct NaiveHold: Equatable, Sendable {
    public let account: AccountName
    public let requestID: ByteName
    public let asset: String
    public let amount: Int64
    public let expiresAt: Int64
}

/// A player as their log tells it.
public struct NaivePlayer: Sendable {
    public internal(set) var events: [NaiveEvent] = []
    public internal(set) var purses: [String: NaivePurse] = [:]
    public internal(set) var isLocked = false

    /// What each request_id names now: the newest command or tombstone under it. Only commands and
    /// tombstones enter here: a `received` transfer is the sender's command, an expiry is nobody's.
    var records: [ByteName: NaiveRecord] = [:]

    public var seq: Int { events.count }

    func purse(_ asset: String) -> NaivePurse { purses[asset] ?? NaivePurse() }
}

/// What the ledger remembers of a request: the answer it repeats, and how far its effect has come.
struct NaiveRecord: Sendable {
    enum State: Equatable {
        /// A rollback came first; there is no command, and there will be none.
        case tombstone
        case refused
        case accepted
        case openHold
        case confirmedHold(taken: Int64)
        case expiredHold
        case rolledBack
    }

    /// Nil for a tombstone.
    let command: NaiveCommand?
    let answer: JSONValue
    let firstAnsweredAt: Int64
    var state: State

    var isUndone: Bool { state == .tombstone || state == .rolledBack }
}
