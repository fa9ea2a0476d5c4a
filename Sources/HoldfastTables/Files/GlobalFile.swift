internal import HoldfastLog
internal import HoldfastWallet

/// `global.sqlite`: the shard map, with a version so that a router may keep it for a while, and the tenants. Used by
/// one thread at a time.
package final class GlobalFile {
    package struct ShardMap: Equatable, Sendable {
        /// Grows with every change: other files stand behind the shards' names from then on.
        package var version: Int
        package var shards: Int
        package var log: String
    }

    /// A set in `next/` that waits to take the place of this one.
    package struct Swap: Equatable, Sendable {
        package var version: Int
        package var shards: Int
    }

    private let paths: TablesPaths
    package let database: Database

    /// Opens the file of a set that is there.
    package init(_ paths: TablesPaths, for use: Database.Use) throws(TablesError) {
        self.paths = paths
        guard try Self.exists(paths) else {
            guard !RealDisk().fileExists(paths.shard(0)) else { throw .missingFile(paths.global) }
            throw .notTables(path: paths.directory, reason: "there is no global.sqlite")
        }
        database = try Database(paths.global, for: use == .reading ? .reading : .writing)
        database.wait(milliseconds: 5_000)
        if use == .reading { _ = try SchemaVersion.global.check(database) } else { try Self.prepare(database) }
    }

    /// Makes the file of a new set, which is there from then on.
    init(creating paths: TablesPaths, _ map: ShardMap) throws(TablesError) {
        self.paths = paths
        database = try Database(paths.global, for: .creating)
        database.wait(milliseconds: 5_000)
        try Self.prepare(database)
        try database.transaction { () throws(TablesError) in
            try database.prepare("INSERT INTO shard_map VALUES (1, ?, ?, ?, ?)").bind(1, Int64(map.version))
                .bind(2, Int64(map.shards)).bind(3, map.log).bind(4, wallClock()).run()
        }
    }

    private static func prepare(_ database: Database) throws(TablesError) {
        // It changes a few times in its life; each change is durable when it returns.
        try database.run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
        try SchemaVersion.global.upgrade(database)
    }

    /// Whether there is a set: a file without a map is what a crash left of one that was being made.
    static func exists(_ paths: TablesPaths) throws(TablesError) -> Bool {
        guard RealDisk().fileExists(paths.global) else { return false }
        let database = try Database(paths.global, for: .writing)
        database.wait(milliseconds: 5_000)
        guard try SchemaVersion.global.check(database) > 0 else { return false }
        return try database.integer("SELECT count(*) FROM shard_map") == 1
    }

    package func map() throws(TablesError) -> ShardMap {
        let statement = try database.prepare("SELECT version, shards, log_id FROM shard_map")
        guard try statement.step() else {
            throw .foreignFile(
                file: paths.global, found: "a file without a shard map", expected: "the set's global file")
        }
        return ShardMap(
            version: Int(statement.integer(0)), shards: Int(statement.integer(1)), log: statement.text(2))
    }

    func swap() throws(TablesError) -> Swap? {
        let statement = try database.prepare("SELECT version, shards FROM swap")
        guard try statement.step() else { return nil }
        return Swap(version: Int(statement.integer(0)), shards: Int(statement.integer(1)))
    }

    func askForSwap(_ swap: Swap) throws(TablesError) {
        try database.prepare("INSERT OR REPLACE INTO swap VALUES (1, ?, ?, ?)").bind(1, Int64(swap.version))
            .bind(2, Int64(swap.shards)).bind(3, wallClock()).run()
    }

    /// The swap was made: the map says so.
    func finishSwap(_ swap: Swap) throws(TablesError) {
        try database.transaction { () throws(TablesError) in
            try database.prepare("UPDATE shard_map SET version = ?, shards = ?, changed_at = ?")
                .bind(1, Int64(swap.version)).bind(2, Int64(swap.shards)).bind(3, wallClock()).run()
            try database.run("DELETE FROM swap")
        }
    }

    func note(tenant: UnsafeRawBufferPointer, at time: Int64) throws(TablesError) {
        try database.prepare(
            """
            INSERT INTO tenants VALUES (?, ?)
            ON CONFLICT(tenant_id) DO UPDATE SET first_seen = min(first_seen, excluded.first_seen)
            WHERE excluded.first_seen < first_seen
            """
        ).bind(1, borrowing: tenant).bind(2, time).run()
    }

    package func tenants() throws(TablesError) -> [String] {
        var names: [String] = []
        try database.prepare("SELECT tenant_id FROM tenants ORDER BY 1").forEachRow { row throws(TablesError) in
            names.append(row.text(0))
        }
        return names
    }

    /// Refuses a tenant whom these tables have not met, and names those whom they have.
    func require(tenant: String) throws(TablesError) {
        let tenants = try tenants()
        if tenants.contains(tenant) { return }
        let known = tenants.isEmpty ? "none yet" : tenants.prefix(Self.tenantsNamedMax).joined(separator: ", ")
        let more = tenants.count > Self.tenantsNamedMax ? " and \(tenants.count - Self.tenantsNamedMax) others" : ""
        throw .invalid(
            argument: "tenant \(tenant)", reason: "\(paths.directory) does not know it; it has \(known)\(more)")
    }

    private static let tenantsNamedMax = 20

    /// Writes down how many decimals each declared asset has, so that amounts can be shown without the ledger.
    func note(exponents: [AssetName: UInt8]) throws(TablesError) {
        if try self.exponents() == exponents { return }
        let insert = try database.prepare("INSERT OR REPLACE INTO exponents VALUES (?, ?)")
        try database.transaction { () throws(TablesError) in
            for (asset, exponent) in exponents {
                try insert.bind(1, asset.description).bind(2, Int64(exponent)).run()
            }
        }
    }

    /// By the asset's name without a suffix.
    func exponents() throws(TablesError) -> [AssetName: UInt8] {
        var exponents: [AssetName: UInt8] = [:]
        try database.prepare("SELECT asset, exponent FROM exponents").forEachRow { row throws(TablesError) in
            guard let asset = AssetName(row.text(0)), 0...18 ~= row.integer(1) else { return }
            exponents[asset] = UInt8(row.integer(1))
        }
        return exponents
    }
}
