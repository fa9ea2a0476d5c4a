internal import Holdfast
internal import HoldfastLog

/// A set of tables that this process owns: nobody else writes the shards meanwhile, except the archive, which takes
/// whole days out of them.
///
/// Shared by the writing threads: the map changes only while none of them is at work, and tenants are noted under a
/// lock. That is why it is called Sendable.
final class TablesSet: @unchecked Sendable {
    let paths: TablesPaths
    let global: GlobalFile
    private(set) var map: GlobalFile.ShardMap
    private let lock: any DirectoryLock
    /// The tenants that the global file knows for sure; asked for by every shard's thread.
    private let tenants: Locked<Set<[UInt8]>>
    private let globalLock = Locked(())

    /// Opens the set in a directory, making an empty one where there is none. `shards` must be its number, if given.
    init(
        _ paths: TablesPaths, of log: LogID, shards: Int?, orCreateWith shardsDefault: Int
    ) throws(TablesError) {
        self.paths = paths
        let disk = RealDisk()
        guard !disk.fileExists(paths.directory + "/manifest") else {
            throw .invalid(
                argument: "INTO", reason: "\(paths.directory) is a ledger's directory; tables need one of their own")
        }
        try Self.checkThatNothingElse(isIn: paths, disk)
        lock = try Self.takeLock(paths, disk)
        if try !GlobalFile.exists(paths) {
            try Self.create(paths, .init(version: 1, shards: shards ?? shardsDefault, log: log.text), disk)
        }
        global = try GlobalFile(paths, for: .writing)
        map = try global.map()
        guard map.log == log.text else {
            throw .otherLedger(path: paths.directory, found: map.log, expected: log.text)
        }
        tenants = Locked(Set(try global.tenants().map { Array($0.utf8) }))
        if let swap = try global.swap() {
            try SetSwap.perform(swap, paths, global)
            map = try global.map()
        }
        if let shards, shards != map.shards {
            throw .otherShardCount(path: paths.directory, found: map.shards, asked: shards)
        }
    }

    /// New tables are made in a directory that is missing or empty, or has what a crash left of them.
    private static func checkThatNothingElse(isIn paths: TablesPaths, _ disk: RealDisk) throws(TablesError) {
        guard disk.directoryExists(paths.directory), !disk.fileExists(paths.global) else { return }
        let names: [String]
        do throws(DiskFailure) { names = try disk.list(paths.directory) } catch { throw .file(error) }
        guard let other = names.first(where: { !TablesPaths.isOurs($0) }) else { return }
        throw .invalid(
            argument: "INTO",
            reason: "\(paths.directory) is neither a set of tables nor empty: \(other) is in it. Tables need a "
                + "directory of their own")
    }

    private static func takeLock(_ paths: TablesPaths, _ disk: RealDisk) throws(TablesError) -> any DirectoryLock {
        do throws(DiskFailure) {
            try disk.makeDirectory(paths.directory)
            if let lock = try disk.lock(paths.lock) { return lock }
        } catch {
            throw .file(error)
        }
        throw .inUse(path: paths.directory)
    }

    /// The shards' files first, the global file last: without a map there is no set.
    private static func create(
        _ paths: TablesPaths, _ map: GlobalFile.ShardMap, _ disk: RealDisk
    ) throws(TablesError) {
        for number in 0..<map.shards {
            let file = paths.shard(number)
            if disk.fileExists(file) {
                // What a crash left of a set that was being made has no rows; anything else is someone's data.
                let database = try Database(file, for: .writing)
                var position: Int64 = 0
                if try SchemaVersion.shard.check(database) > 0 {
                    position = try database.integer("SELECT position FROM cursor") ?? 0
                }
                guard position == 0 else { throw .missingFile(paths.global) }
            }
            try TablesPaths.remove(file, on: disk)
            _ = try ShardFile(creating: file, identity(number, map))
        }
        _ = try GlobalFile(creating: paths, map)
    }

    static func identity(_ number: Int, _ map: GlobalFile.ShardMap) -> ShardFile.Identity {
        ShardFile.Identity(log: map.log, number: number, shards: map.shards, mapVersion: map.version)
    }

    func identity(_ number: Int) -> ShardFile.Identity { Self.identity(number, map) }

    func openShard(_ number: Int, for use: ShardFile.Use = .following) throws(TablesError) -> ShardFile {
        try ShardFile(paths.shard(number), for: use, expecting: identity(number))
    }

    /// A set that was built beside this one took its place.
    func takeOverSwap() throws(TablesError) -> Bool {
        guard let swap = try global.swap() else { return false }
        try SetSwap.perform(swap, paths, global)
        map = try global.map()
        return true
    }

    /// Makes the tenant known to the whole set. From any thread.
    func note(tenant name: UnsafeRawBufferPointer, at time: Int64) throws(TablesError) {
        let key = Array(name)
        if tenants.with({ $0.contains(key) }) { return }
        var failure: TablesError?
        globalLock.with { _ in
            do throws(TablesError) { try global.note(tenant: name, at: time) } catch { failure = error }
        }
        if let failure { throw failure }
        tenants.with { _ = $0.insert(key) }
    }
}
