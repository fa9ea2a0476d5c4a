package import HoldfastLog
public import HoldfastWallet

/// An event of the ledger as a value: the columns that tables, archives and exports have too.
public struct LedgerEvent: Sendable, Hashable {
    public let player: Player
    /// Number in the player's log: 1, 2, 3 … without a gap.
    public let seq: UInt64
    /// Number in the whole log: 1, 2, 3 … without a gap.
    public let position: UInt64
    public let event: EventKind
    /// One, none, or for an exchange two: what left and what came in.
    public let movements: [Movement]
    public let requestID: String?
    public let target: String?
    /// `deposit`, `win`, `bet`, …
    public let kind: String?
    /// The caller's reference; of a lock its reason.
    public let ref: String?
    /// Of a refusal.
    public let refusal: Refusal?
    /// Milliseconds since 1970 UTC.
    public let time: Int64

    public struct Movement: Sendable, Hashable {
        public let asset: String
        /// What moved; nil for a refusal.
        public let amount: Int64?
        public let balanceDelta: Int64
        public let heldDelta: Int64
        public let balanceAfter: Int64
        public let heldAfter: Int64
    }
}

extension LedgerEvent {
    init(_ record: RecordView) throws(LedgerError) {
        let rows = try EventRows(reading: record)
        let row = rows.first
        func text(_ bytes: UnsafeRawBufferPointer?) -> String? { bytes.map { String(decoding: $0, as: UTF8.self) } }
        player = Player(
            String(decoding: row.playerID, as: UTF8.self), of: String(decoding: row.tenantID, as: UTF8.self))
        seq = row.seq
        position = row.position
        event = row.event
        requestID = text(row.requestID)
        target = text(row.target)
        kind = row.kind?.description
        ref = text(row.ref)
        refusal = row.error
        time = row.createdAt
        movements = [rows.first, rows.second].compactMap { row in
            guard let row, let asset = row.asset else { return nil }
            return Movement(
                asset: String(decoding: asset, as: UTF8.self), amount: row.amount,
                balanceDelta: row.balanceDelta ?? 0, heldDelta: row.heldDelta ?? 0,
                balanceAfter: row.balanceAfter ?? 0, heldAfter: row.heldAfter ?? 0)
        }
    }
}

extension EventRows {
    /// The rows of a record that the log vouches for; one that is no wallet event is damage all the same.
    package init(reading record: RecordView) throws(LedgerError) {
        do throws(MalformedEvent) {
            try self.init(of: record, position: record.position)
        } catch {
            throw .invalid(argument: "event at position \(record.position)", reason: "it can't be read: \(error)")
        }
    }
}

/// A player's wallet at one moment.
public struct Wallet: Sendable, Hashable {
    public let player: Player
    /// Of the player's last event.
    public let seq: UInt64
    public let isLocked: Bool
    /// By name of the asset.
    public let funds: [Funds]
    /// Open holds, those that fall back first in front.
    public let holds: [Hold]

    public struct Hold: Sendable, Hashable {
        public let requestID: String
        public let asset: String
        public let amount: Int64
        /// Milliseconds since 1970 UTC.
        public let expiresAt: Int64
    }

    /// The wallet once all holds that end by `time` have fallen back.
    package func withHoldsEnded(by time: Int64) -> Wallet {
        let ended = holds.filter { $0.expiresAt <= time }
        if ended.isEmpty { return self }
        let released = Dictionary(ended.map { ($0.asset, $0.amount) }, uniquingKeysWith: +)
        return Wallet(
            player: player, seq: seq, isLocked: isLocked,
            funds: funds.map {
                Funds(asset: $0.asset, balance: $0.balance, held: $0.held - (released[$0.asset] ?? 0))
            }, holds: holds.filter { $0.expiresAt > time })
    }

    private init(player: Player, seq: UInt64, isLocked: Bool, funds: [Funds], holds: [Hold]) {
        self.player = player
        self.seq = seq
        self.isLocked = isLocked
        self.funds = funds
        self.holds = holds
    }

    package init(_ view: PlayerView) {
        player = Player(view.player, of: view.tenant)
        seq = view.seq
        isLocked = view.isLocked
        funds = view.purses.map { Funds(asset: $0.asset.description, balance: $0.balance, held: $0.held) }
        holds = view.holds.map {
            Hold(requestID: $0.requestID, asset: $0.asset.description, amount: $0.amount, expiresAt: $0.expiresAt)
        }
    }
}
