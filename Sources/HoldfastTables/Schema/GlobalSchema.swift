/// What `global.sqlite` holds: which shards there are, of which ledger, the tenants, and how many decimals each
/// asset has.
enum GlobalSchema {
    /// "HFgl", in the file's header.
    static let applicationID: Int64 = 0x4846_676C

    /// `upgrades[n]` leads from version n to n + 1; a new file runs all of them.
    static let upgrades = [
        """
        CREATE TABLE shard_map(
          one INTEGER PRIMARY KEY CHECK (one = 1),
          version INTEGER NOT NULL,
          shards INTEGER NOT NULL,
          log_id TEXT NOT NULL,
          changed_at INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE swap(
          one INTEGER PRIMARY KEY CHECK (one = 1),
          version INTEGER NOT NULL,
          shards INTEGER NOT NULL,
          asked_at INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE tenants(
          tenant_id TEXT PRIMARY KEY,
          first_seen INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE exponents(
          asset TEXT PRIMARY KEY,
          exponent INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        """
    ]
}
