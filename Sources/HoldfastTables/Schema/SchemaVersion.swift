/// Brings a file to the newest schema: a new one from nothing, an older one step by step, in one transaction each.
/// A newer one is refused by name and left alone.
struct SchemaVersion {
    /// What the file's header says it is.
    let applicationID: Int64
    /// `upgrades[n]` leads from version n to n + 1.
    let upgrades: [String]
    /// For messages: "a shard".
    let kind: String

    static let shard = SchemaVersion(
        applicationID: ShardSchema.applicationID, upgrades: ShardSchema.upgrades, kind: "a shard's file")
    static let global = SchemaVersion(
        applicationID: GlobalSchema.applicationID, upgrades: GlobalSchema.upgrades, kind: "the set's global file")

    var newest: Int { upgrades.count }

    /// The file's version; 0 for one that is empty.
    func check(_ database: Database) throws(TablesError) -> Int {
        let found = Int(try database.integer("PRAGMA user_version") ?? 0)
        let application = try database.integer("PRAGMA application_id") ?? 0
        let isEmpty = try database.integer("SELECT count(*) FROM sqlite_master") == 0
        if isEmpty, found == 0 { return 0 }
        guard application == applicationID, found > 0 else {
            throw .foreignFile(file: database.path, found: "another program's database", expected: kind)
        }
        guard found <= newest else {
            throw .newerSchema(file: database.path, found: found, supported: newest)
        }
        return found
    }

    func upgrade(_ database: Database) throws(TablesError) {
        let found = try check(database)
        if found == newest { return }
        try database.transaction { () throws(TablesError) in
            for step in upgrades[found...] { try database.run(step) }
            try database.run("PRAGMA application_id = \(applicationID); PRAGMA user_version = \(newest)")
        }
    }
}
