internal import Holdfast
internal import HoldfastLog
internal import HoldfastWallet

/// Makes tables anew from the log, beside the ones that are there, and swaps at the end. The ledger goes on meanwhile;
/// so does a `tables sync --follow`, which makes the swap itself and goes on with the new files.
///
/// The new files are written without journal and sync, which is what makes it fast, then synced whole. Until the swap
/// they lie in `next/`; a crash before it leaves the old tables as they are.
package final class TablesBuild {
    package struct Settings: Sendable {
        package var writers = 2
        package var backlogBytesMax = 64 << 20
        package var batchBytes = 1 << 20
        package var cacheBytes = 512 << 20
        /// How long a follower is waited for that should make the swap.
        package var swapWaitMilliseconds = 60_000

        package init() {}
    }

    package struct Report: Sendable {
        package var events = 0
        package var shards = 0
        package var position: UInt64 = 0
        package var mapVersion = 0
    }

    private let files: LedgerFiles
    private let paths: TablesPaths
    private let settings: Settings
    private let disk = RealDisk()
    private let buildLock: any DirectoryLock
    private let global: GlobalFile
    private var report = Report()

    /// Makes all shards anew, or one. With `bringsBackAll` the rows that the archive took are back too, as if it had
    /// never run.
    @discardableResult
    package static func rebuild(
        ledger: String, tables: String, only: Int? = nil, bringsBackAll: Bool = false, settings: Settings = Settings(),
        progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws(TablesError) -> Report {
        let build = try TablesBuild(ledger, TablesPaths(tables), settings)
        let map = try build.global.map()
        if let only, !(0..<map.shards).contains(only) {
            throw .invalid(argument: "shard", reason: "there are shards 0 to \(map.shards - 1), not \(only)")
        }
        let plan = BuildPlan.rebuild(build.paths, map, only: only, bringsBackAll: bringsBackAll)
        return try build.run(plan, progress)
    }

    /// Spreads the players over another number of shards.
    @discardableResult
    package static func reshard(
        ledger: String, tables: String, shards: Int, bringsBackAll: Bool = false, settings: Settings = Settings(),
        progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws(TablesError) -> Report {
        guard (1...TablesPaths.shardsMax).contains(shards) else {
            throw .invalid(argument: "shards", reason: "there are 1 to \(TablesPaths.shardsMax) shards, not \(shards)")
        }
        let build = try TablesBuild(ledger, TablesPaths(tables), settings)
        let plan = try BuildPlan.reshard(
            build.paths, build.global.map(), to: shards, bringsBackAll: bringsBackAll)
        return try build.run(plan, progress)
    }

    private init(_ ledger: String, _ paths: TablesPaths, _ settings: Settings) throws(TablesError) {
        do throws(LedgerError) { files = try LedgerFiles(ledger) } catch { throw .ledger(error) }
        self.paths = paths
        self.settings = settings
        let log = files.directory.manifest.log
        guard disk.directoryExists(paths.directory) else {
            throw .notTables(path: paths.directory, reason: "there is no such directory")
        }
        do throws(DiskFailure) {
            guard let lock = try disk.lock(paths.nextLock) else {
                throw DiskFailure(operation: "lock", path: paths.directory, errno: 0)
            }
            buildLock = lock
        } catch {
            throw error.errno == 0 ? .inUse(path: paths.next) : .file(error)
        }
        try Self.mendGlobal(paths, log, disk)
        global = try GlobalFile(paths, for: .writing)
        let map = try global.map()
        guard map.log == log.text else {
            throw .otherLedger(path: paths.directory, found: map.log, expected: log.text)
        }
        try global.note(exponents: files.configuration.assets.exponents)
        // A swap that a crash left due comes first.
        if let due = try global.swap() { try make(due) }
    }

    /// A global file that is gone or damaged is made anew: what it says can be found out from the shards' files.
    private static func mendGlobal(
        _ paths: TablesPaths, _ log: LogID, _ disk: RealDisk
    ) throws(TablesError) {
        do throws(TablesError) {
            if try GlobalFile.exists(paths) { return }
        } catch {
            guard case .sqlite(let failure) = error, failure.kind == .damaged else { throw error }
        }
        let names: [String]
        do throws(DiskFailure) { names = try disk.list(paths.directory) } catch { throw .file(error) }
        guard let last = names.compactMap({ TablesPaths.number(ofFile: $0) }).max() else {
            throw .notTables(path: paths.directory, reason: "there are no shards' files")
        }
        let known = names.compactMap { name in
            TablesPaths.number(ofFile: name).flatMap { try? ShardFile(paths.shard($0), for: .reading).identity }
        }
        let wasBegun = names.filter { TablesPaths.number(ofFile: $0) != nil }
            .allSatisfy { isEmpty(paths.directory + "/" + $0) }
        if wasBegun {
            throw .notTables(
                path: paths.directory,
                reason: "the shards' files are empty, as a crash leaves them while tables are being made, and say "
                    + "nothing of how many there were to be. Make them with `holdfast tables sync`")
        }
        try TablesPaths.remove(paths.global, on: disk)
        // The newest of the set's files knows how many there are; without any that can be read, their names do.
        let newest = known.max { $0.mapVersion < $1.mapVersion }
        _ = try GlobalFile(
            creating: paths,
            .init(version: newest?.mapVersion ?? 1, shards: newest?.shards ?? last + 1, log: newest?.log ?? log.text))
    }

    /// Nothing is in the file yet, or only tables that have nothing in them: it does not even say which shard it is.
    private static func isEmpty(_ file: String) -> Bool {
        guard let database = try? Database(file, for: .reading), let version = try? SchemaVersion.shard.check(database)
        else { return false }
        if version == 0 { return true }
        let named = try? database.integer("SELECT count(*) FROM shard")
        return named == 0
    }

    // MARK: Building

    private func run(_ plan: BuildPlan, _ progress: (Int, Int) -> Void) throws(TablesError) -> Report {
        let room = OpenFiles(plan.parts.count * TablesPaths.filesOfShard)
        defer { withExtendedLifetime(room) {} }
        var plan = plan
        while try !build(plan, progress).isEmpty {
            // Some event could not be projected. Once more, with journals, so that it can be put aside.
            guard plan.parts.contains(where: \.isFast) else {
                throw .invalid(argument: paths.next, reason: "events fail there that can't be put aside")
            }
            for index in plan.parts.indices { plan.parts[index].isFast = false }
        }
        try syncFiles(plan)
        let swap = GlobalFile.Swap(version: plan.map.version, shards: plan.map.shards)
        try global.askForSwap(swap)
        try make(swap)
        report.shards = plan.map.shards
        report.mapVersion = plan.map.version
        return report
    }

    /// Returns the shards in which an event failed.
    private func build(_ plan: BuildPlan, _ progress: (Int, Int) -> Void) throws(TablesError) -> [Int] {
        try clearNext()
        report = Report()
        let tenants = Locked<[[UInt8]: Int64]>([:])
        let queues = try plan.parts.map { (part) throws(TablesError) in
            let queue = ShardQueue(part.number)
            let shard = try ShardFile(
                creating: paths.nextShard(part.number), TablesSet.identity(part.number, plan.map),
                for: part.isFast ? .building : .following)
            try shard.setCache(bytes: settings.cacheBytes / plan.parts.count)
            queue.writer = try ShardWriter(shard, building: part) { name, time in
                let name = Array(name)
                tenants.with { $0[name] = min($0[name] ?? time, time) }
            }
            return queue
        }
        let pool = WriterPool(threads: min(settings.writers, queues.count)) { (number) throws(TablesError) in
            throw .missingFile("shard \(number) of the set that is being built")
        }
        defer {
            while pool.underWay > 0 { _ = pool.takeResults(waiting: 1_000) }
            pool.stop()
        }
        let spoiled = try fill(queues, plan, pool, progress)
        if !spoiled.isEmpty { return spoiled }
        for (name, time) in tenants.with({ $0 }) {
            var failure: TablesError?
            name.withUnsafeBytes { name in
                do throws(TablesError) { try global.note(tenant: name, at: time) } catch { failure = error }
            }
            if let failure { throw failure }
        }
        return []
    }

    /// Deals the log out to the shards that are built, and finishes them.
    private func fill(
        _ queues: [ShardQueue], _ plan: BuildPlan, _ pool: WriterPool, _ progress: (Int, Int) -> Void
    ) throws(TablesError) -> [Int] {
        var byShard = [ShardQueue?](repeating: nil, count: plan.map.shards)
        for queue in queues { byShard[queue.number] = queue }
        let feed = try LogFeed(files, from: 1, shards: plan.map.shards)
        let end = files.lastPosition
        var backlog = 0
        var spoiled: [Int] = []
        func take(waiting milliseconds: Int) throws(TablesError) {
            for result in pool.takeResults(waiting: milliseconds) {
                result.queue.isWriting = false
                if let batch = result.queue.underWay {
                    backlog -= batch.bytes
                    batch.removeAll()
                    result.queue.spare = batch
                    result.queue.underWay = nil
                }
                if case .failure(let error) = result.outcome {
                    guard error.isAboutAnEvent else { throw error }
                    spoiled.append(result.queue.number)
                }
            }
        }
        func hand(over queue: ShardQueue) {
            queue.underWay = queue.pending
            queue.underWay!.upTo = feed.next - 1
            queue.pending = queue.spare ?? RecordBatch(capacity: settings.batchBytes)
            queue.spare = nil
            pool.write(queue)
        }
        while spoiled.isEmpty, feed.next <= end {
            let count = try feed.readBatch { shard, record, address, lane, undone in
                guard let queue = byShard[shard] else { return }
                let before = queue.pending.bytes
                queue.pending.append(record, at: address, lane: lane, undoneMovement: undone)
                backlog += queue.pending.bytes - before
            }
            if count == 0 { break }
            report.events += count
            progress(report.events, Int(end))
            try take(waiting: 0)
            repeat {
                // The fullest first; the rest may grow meanwhile.
                let ready = queues.filter { !$0.isWriting && $0.pending.bytes >= settings.batchBytes }
                for queue in ready.sorted(by: { $0.pending.bytes > $1.pending.bytes })
                where pool.underWay < pool.size { hand(over: queue) }
                if backlog < settings.backlogBytesMax { break }
                if pool.underWay == 0, let fullest = queues.max(by: { $0.pending.bytes < $1.pending.bytes }) {
                    hand(over: fullest)
                }
                try take(waiting: 1_000)
            } while spoiled.isEmpty
        }
        report.position = feed.next - 1
        guard spoiled.isEmpty else { return spoiled }
        try finish(queues, pool, hand, take)
        return spoiled
    }

    private func finish(
        _ queues: [ShardQueue], _ pool: WriterPool, _ hand: (ShardQueue) -> Void,
        _ take: (Int) throws(TablesError) -> Void
    ) throws(TablesError) {
        while pool.underWay > 0 { try take(1_000) }
        for queue in queues where queue.pending.count > 0 { hand(queue) }
        while pool.underWay > 0 { try take(1_000) }
        for queue in queues where queue.writer != nil {
            queue.finishAt = report.position
            pool.write(queue)
        }
        while pool.underWay > 0 { try take(1_000) }
    }

    private func clearNext() throws(TablesError) {
        do throws(DiskFailure) {
            try disk.makeDirectory(paths.next)
            for name in try disk.list(paths.next) { try disk.remove(paths.next + "/" + name) }
        } catch {
            throw .file(error)
        }
    }

    private func syncFiles(_ plan: BuildPlan) throws(TablesError) {
        do throws(DiskFailure) {
            for part in plan.parts { try disk.open(paths.nextShard(part.number), for: .writing).sync() }
            try disk.syncDirectory(paths.next)
        } catch {
            throw .file(error)
        }
    }

    // MARK: Swapping

    /// Makes the swap where nobody owns the set; else waits for its owner to make it.
    private func make(_ swap: GlobalFile.Swap) throws(TablesError) {
        var waited = 0
        while true {
            if let lock = try takeLock() {
                if try global.map().version < swap.version { try SetSwap.perform(swap, paths, global) }
                withExtendedLifetime(lock) {}
                return
            }
            if try global.map().version >= swap.version { return }
            guard waited < settings.swapWaitMilliseconds else {
                throw .timedOut(
                    "the new shards are ready in \(paths.next), but the process that keeps \(paths.directory) up to "
                        + "date does not take them. It will on its next start, or stop it and run this again")
            }
            Pause.milliseconds(20)
            waited += 20
        }
    }

    private func takeLock() throws(TablesError) -> (any DirectoryLock)? {
        do throws(DiskFailure) { return try disk.lock(paths.lock) } catch { throw .file(error) }
    }
}
