/// What a shard's file holds besides the days' tables. docs/SCHEMA.md describes it column by column.
enum ShardSchema {
    /// "HFsh", in the header of every shard's file.
    static let applicationID: Int64 = 0x4846_7368
    static let version = 1

    /// `upgrades[n]` leads from version n to n + 1; a new file runs all of them.
    static var upgrades: [String] { [first] }

    private static var first: String {
        """
        CREATE TABLE shard(
          one INTEGER PRIMARY KEY CHECK (one = 1),
          log_id TEXT NOT NULL,
          number INTEGER NOT NULL,
          shards INTEGER NOT NULL,
          map_version INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE cursor(
          one INTEGER PRIMARY KEY CHECK (one = 1),
          position INTEGER NOT NULL,
          moved_at INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE player_refs(
          ref INTEGER PRIMARY KEY,
          tenant_id TEXT NOT NULL,
          player_id TEXT NOT NULL,
          locked INTEGER NOT NULL DEFAULT 0,
          first_seen INTEGER NOT NULL,
          touched_at INTEGER NOT NULL,
          UNIQUE (tenant_id, player_id)
        ) STRICT;
        CREATE TABLE assets(
          ref INTEGER PRIMARY KEY,
          asset TEXT NOT NULL UNIQUE
        ) STRICT;
        CREATE TABLE purses(
          player INTEGER NOT NULL,
          asset INTEGER NOT NULL,
          balance INTEGER NOT NULL,
          held INTEGER NOT NULL,
          seq INTEGER NOT NULL,
          updated_at INTEGER NOT NULL,
          deposits INTEGER NOT NULL,
          withdrawals INTEGER NOT NULL,
          bets INTEGER NOT NULL,
          wins INTEGER NOT NULL,
          promos INTEGER NOT NULL,
          fees INTEGER NOT NULL,
          PRIMARY KEY (player, asset)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE open_holds(
          hold INTEGER PRIMARY KEY,
          player INTEGER NOT NULL,
          asset INTEGER NOT NULL,
          request_id TEXT NOT NULL,
          amount INTEGER NOT NULL,
          created_at INTEGER NOT NULL,
          expires_at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX open_holds_by_player ON open_holds(player);
        CREATE TABLE daily_totals(
          tenant_id TEXT NOT NULL,
          asset TEXT NOT NULL,
          day INTEGER NOT NULL,
          date TEXT GENERATED ALWAYS AS (date(day * 86400, 'unixepoch')) VIRTUAL,
        \(DailyTotals.columns.map { "  \($0) INTEGER NOT NULL," }.joined(separator: "\n"))
          PRIMARY KEY (tenant_id, asset, day)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE activity(
          day INTEGER NOT NULL,
          asset INTEGER NOT NULL,
          player INTEGER NOT NULL,
          did INTEGER NOT NULL,
          PRIMARY KEY (day, asset, player)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE days(
          day INTEGER PRIMARY KEY,
          date TEXT GENERATED ALWAYS AS (date(day * 86400, 'unixepoch')) VIRTUAL,
          rows INTEGER NOT NULL,
          archived_rows INTEGER NOT NULL DEFAULT 0,
          archived_through INTEGER NOT NULL DEFAULT 0,
          dropped_rows INTEGER NOT NULL DEFAULT 0,
          archived_at INTEGER,
          receipt TEXT
        ) STRICT;
        CREATE TABLE dead_letters(
          position INTEGER PRIMARY KEY,
          tenant_id TEXT,
          player_id TEXT,
          seq INTEGER NOT NULL,
          error TEXT NOT NULL,
          attempts INTEGER NOT NULL,
          failed_at INTEGER NOT NULL,
          lane INTEGER NOT NULL,
          address INTEGER NOT NULL,
          undone_movement INTEGER NOT NULL,
          record BLOB NOT NULL,
          state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'retried', 'discarded')),
          reason TEXT,
          settled_at INTEGER
        ) STRICT;
        CREATE VIEW players AS
        SELECT tenant_id, player_id, locked, first_seen,
          max(touched_at, coalesce((SELECT max(updated_at) FROM purses WHERE player = ref), 0)) AS last_seen
        FROM player_refs;
        CREATE VIEW wallets AS
        SELECT p.tenant_id, p.player_id, a.asset, w.balance, w.held, w.balance - w.held AS available, w.seq,
          w.updated_at, w.deposits, w.withdrawals, w.bets, w.wins, w.promos, w.fees
        FROM purses w JOIN player_refs p ON p.ref = w.player JOIN assets a ON a.ref = w.asset;
        CREATE VIEW holds AS
        SELECT p.tenant_id, p.player_id, h.request_id, a.asset, h.amount, h.created_at, h.expires_at
        FROM open_holds h JOIN player_refs p ON p.ref = h.player JOIN assets a ON a.ref = h.asset;
        CREATE VIEW player_days AS
        SELECT p.tenant_id, p.player_id, a.asset, d.day, date(d.day * 86400, 'unixepoch') AS date,
          d.did & \(Did.bet) > 0 AS bet, d.did & \(Did.win) > 0 AS win, d.did & \(Did.deposit) > 0 AS deposited,
          d.did & \(Did.withdrawal) > 0 AS withdrew
        FROM activity d JOIN player_refs p ON p.ref = d.player JOIN assets a ON a.ref = d.asset;
        \(EntriesView.statements([], groupsBefore: 0).joined(separator: ";\n"));
        \(EntriesView.ledgerEntries);
        """
    }
}

/// What a player did on a day in an asset, as bits of `activity.did`. A row is there for any command of theirs that
/// was accepted and concerned the asset.
package enum Did {
    /// Any accepted command: it stands in every row.
    package static let anything: Int64 = 1
    package static let bet: Int64 = 2
    package static let win: Int64 = 4
    package static let deposit: Int64 = 8
    package static let withdrawal: Int64 = 16
}

/// The sums of a day. Gross: what rollbacks took back is in the column `…_undone` of the day of the rollback, so that
/// a day that has ended does not change any more.
package enum DailyTotals {
    /// What moves money, in the order of the columns.
    package enum Flow: Int, Sendable, CaseIterable {
        case bets, wins, deposits, withdrawals, refunds, promos, fees
        case adjustmentsIn, adjustmentsOut
        case transfersIn, transfersOut, exchangesIn, exchangesOut

        /// Whether a rollback can take it back.
        package var canBeUndone: Bool {
            switch self {
            case .bets, .wins, .deposits, .withdrawals, .refunds, .promos, .fees, .adjustmentsIn, .adjustmentsOut:
                true
            case .transfersIn, .transfersOut, .exchangesIn, .exchangesOut: false
            }
        }

        /// Whether it makes the balance grow.
        package var isIncoming: Bool {
            switch self {
            case .wins, .deposits, .refunds, .promos, .adjustmentsIn, .transfersIn, .exchangesIn: true
            case .bets, .withdrawals, .fees, .adjustmentsOut, .transfersOut, .exchangesOut: false
            }
        }

        package var column: String {
            switch self {
            case .bets: "bets"
            case .wins: "wins"
            case .deposits: "deposits"
            case .withdrawals: "withdrawals"
            case .refunds: "refunds"
            case .promos: "promos"
            case .fees: "fees"
            case .adjustmentsIn: "adjustments_in"
            case .adjustmentsOut: "adjustments_out"
            case .transfersIn: "transfers_in"
            case .transfersOut: "transfers_out"
            case .exchangesIn: "exchanges_in"
            case .exchangesOut: "exchanges_out"
            }
        }
    }

    /// Slots of a total's sums: for each flow the sum, the count, what was undone and how often.
    static let sumCount = Flow.allCases.count
    static let slots = 4 * sumCount + 3

    static func slot(_ flow: Flow) -> Int { flow.rawValue }
    static func countSlot(_ flow: Flow) -> Int { sumCount + flow.rawValue }
    static func undoneSlot(_ flow: Flow) -> Int { 2 * sumCount + flow.rawValue }
    static func undoneCountSlot(_ flow: Flow) -> Int { 3 * sumCount + flow.rawValue }
    static let holdsOpenedSlot = 4 * sumCount
    static let holdsReleasedSlot = 4 * sumCount + 1
    static let refusedSlot = 4 * sumCount + 2

    /// Every slot's column; nil for what can't be.
    static let slotColumns: [String?] =
        Flow.allCases.map { $0.column } + Flow.allCases.map { $0.column + "_count" }
        + Flow.allCases.map { $0.canBeUndone ? $0.column + "_undone" : nil }
        + Flow.allCases.map { $0.canBeUndone ? $0.column + "_undone_count" : nil }
        + ["holds_opened", "holds_released", "refused"]

    static let columns = slotColumns.compactMap { $0 }
}
