internal import HoldfastLog

/// One shard of the tables: a SQLite file, opened and known to be the right one. Used by one thread at a time.
///
///     let shard = try ShardFile(paths.shard(3), for: .reading)
///     let balance = try shard.database.integer("SELECT sum(balance) FROM wallets WHERE asset = 'BRL'")
package final class ShardFile {
    /// Which shard of which set a file is.
    package struct Identity: Equatable, Sendable {
        package var log: String
        package var number: Int
        package var shards: Int
        package var mapVersion: Int
    }

    package enum Use: Sendable {
        case reading
        /// Beside readers: a write-ahead log, checkpointed with a sync. A crash of the machine may take the newest
        /// transactions, and the cursor with them.
        case following
        /// A file that nobody reads yet, made in one go: no journal, no sync. A crash leaves rubbish, which is thrown
        /// away; it is synced before it takes its place.
        case building
    }

    package let path: String
    package let database: Database
    package let identity: Identity
    /// Every day that ever had rows here.
    package internal(set) var days: [Day: DayState] = [:]
    /// Made when rows are first gathered.
    private var entrySink: EntrySink?

    /// Larger pages mean fewer splits and seeks for rows that are appended; smaller ones less to write where a
    /// batch touches a purse here and there.
    static let pageBytes = 8192

    /// Opens the shard of a set.
    package init(_ path: String, for use: Use, expecting identity: Identity? = nil) throws(TablesError) {
        guard RealDisk().fileExists(path) else { throw .missingFile(path) }
        self.path = path
        database = try Database(path, for: use == .reading ? .reading : .writing)
        try Self.configure(database, for: use)
        let version = try SchemaVersion.shard.check(database)
        guard version > 0, let found = try Self.readIdentity(database) else {
            throw .foreignFile(file: path, found: "an empty database", expected: "a shard's file")
        }
        if use != .reading {
            try SchemaVersion.shard.upgrade(database)
        } else if version < SchemaVersion.shard.newest {
            throw .invalid(
                argument: path,
                reason: "it has the older schema version \(version); `holdfast tables sync` brings it up to date")
        }
        self.identity = found
        if let identity, !found.fits(identity) {
            throw .foreignFile(file: path, found: "\(found)", expected: "\(identity)")
        }
        try loadDays()
    }

    /// Makes a shard's file, without rows.
    package init(creating path: String, _ identity: Identity, for use: Use = .following) throws(TablesError) {
        self.path = path
        self.identity = identity
        database = try Database(path, for: .creating)
        try database.run("PRAGMA page_size = \(Self.pageBytes)")
        try Self.configure(database, for: use)
        try SchemaVersion.shard.upgrade(database)
        try database.transaction { () throws(TablesError) in
            try database.prepare("INSERT INTO shard VALUES (1, ?, ?, ?, ?)").bind(1, identity.log)
                .bind(2, Int64(identity.number)).bind(3, Int64(identity.shards)).bind(4, Int64(identity.mapVersion))
                .run()
            try database.run("INSERT INTO cursor VALUES (1, 0, \(wallClock()))")
        }
    }

    private static func configure(_ database: Database, for use: Use) throws(TablesError) {
        switch use {
        case .reading:
            database.wait(milliseconds: 5_000)
        case .following:
            // A writer that waits holds up other shards; the batcher tries again by itself.
            database.wait(milliseconds: 50)
            try database.run("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL")
        case .building:
            try database.run(
                "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE")
        }
    }

    private static func readIdentity(_ database: Database) throws(TablesError) -> Identity? {
        let statement = try database.prepare("SELECT log_id, number, shards, map_version FROM shard")
        guard try statement.step() else { return nil }
        return Identity(
            log: statement.text(0), number: Int(statement.integer(1)), shards: Int(statement.integer(2)),
            mapVersion: Int(statement.integer(3)))
    }

    /// Through which rows of its days come out.
    func sink() throws(TablesError) -> EntrySink {
        if let entrySink { return entrySink }
        let made = try EntrySink(database)
        entrySink = made
        return made
    }

    /// How much of the file SQLite keeps in memory.
    package func setCache(bytes: Int) throws(TablesError) {
        try database.run("PRAGMA cache_size = -\(max(64, bytes >> 10))")
    }

    /// How large the write-ahead log grows before it is moved into the file. Each move syncs twice, and writes a page
    /// once however often it changed since the last one.
    func setLog(bytes: Int) throws(TablesError) {
        try database.run("PRAGMA wal_autocheckpoint = \(max(1_000, bytes / Self.pageBytes))")
    }

    /// The event up to which everything that belongs here is in.
    package func position() throws(TablesError) -> UInt64 {
        UInt64(try database.integer("SELECT position FROM cursor") ?? 0)
    }
}

extension ShardFile.Identity {
    /// A shard that was not made anew keeps the map version that it was made for.
    func fits(_ expected: Self) -> Bool {
        log == expected.log && number == expected.number && shards == expected.shards
            && mapVersion <= expected.mapVersion
    }
}

extension ShardFile.Identity: CustomStringConvertible {
    package var description: String {
        "shard \(number) of \(shards) of ledger \(log), map version \(mapVersion)"
    }
}
