internal import CHoldfast

/// What a log's directory says about itself: the file `manifest`, written once when the log is created.
///
///     payload: 16 B id, u32 lanes, u64 segment bytes, u64 hash seed, i64 created (ms), then two counted fields:
///     the kind of store ("event store", "wallet ledger") and that kind's own settings
package struct LogManifest: Sendable, Equatable {
    package let log: LogID
    package let lanes: Int
    package let segmentBytes: UInt64
    /// Seeds the hash that places streams on lanes, so that nobody can aim keys at one lane.
    package let hashSeed: UInt64
    package let created: Int64
    package let kind: String
    package let settings: [UInt8]
}

/// A log's directory: the manifest, the process lock, a folder for each lane, and the checkpoints.
package struct LogDirectory: Sendable {
    package let path: String
    package let manifest: LogManifest
    package let disk: any Disk
    /// How this kind of store makes payloads small in sealed segments.
    package var packing: any PayloadPacking = PlainPacking()

    static let manifestName = "manifest"
    static let lockName = "lock"
    static let checkpointsName = "checkpoints"
    package var checkpointsPath: String { path + "/" + Self.checkpointsName }
    private var manifestPath: String { path + "/" + Self.manifestName }

    package func place(lane: Int) -> FileBatchLog.Place {
        let digits = lane < 10 ? "0\(lane)" : "\(lane)"
        return FileBatchLog.Place(
            directory: path + "/lane-" + digits, lane: lane, log: manifest.log, segmentBytes: manifest.segmentBytes,
            hashSeed: manifest.hashSeed, packing: packing)
    }

    package var places: [FileBatchLog.Place] { (0..<manifest.lanes).map(place) }

    // MARK: Creating

    package struct Plan: Sendable {
        package var lanes: Int
        package var segmentBytes: UInt64
        package var kind: String
        package var settings: [UInt8]

        package init(lanes: Int, segmentBytes: UInt64?, kind: String, settings: [UInt8] = []) {
            self.lanes = lanes
            self.segmentBytes = segmentBytes ?? Limits.segmentBytesDefault
            self.kind = kind
            self.settings = settings
        }
    }

    /// Creates an empty log. The manifest is written last: a directory without one is no log.
    package static func create(
        _ path: String, _ plan: Plan, on disk: any Disk, at time: Int64, identity: Identity? = nil
    ) throws(LogError) -> LogDirectory {
        guard (1...Limits.lanesMax).contains(plan.lanes) else {
            throw .invalid(argument: "lanes", reason: "\(plan.lanes) is not within 1 and \(Limits.lanesMax)")
        }
        guard (Limits.segmentBytesMin...Limits.segmentBytesMax).contains(plan.segmentBytes),
            plan.segmentBytes % 4096 == 0
        else {
            throw .invalid(
                argument: "segment size",
                reason: "\(plan.segmentBytes) is not a multiple of 4096 within \(Limits.segmentBytesMin) and "
                    + "\(Limits.segmentBytesMax)")
        }
        var lock: (any DirectoryLock)?
        defer { withExtendedLifetime(lock) {} }
        do throws(DiskFailure) {
            if disk.fileExists(path + "/" + manifestName) { throw DiskFailure.alreadyThere }
            if disk.fileExists(path), !disk.directoryExists(path) { throw DiskFailure.notADirectory }
            try disk.makeDirectory(path)
            try disk.syncDirectory(parent(of: path))
            if try !isFree(path, on: disk) { throw DiskFailure.notEmpty }
            lock = try disk.lock(path + "/" + lockName)
            if lock == nil { throw DiskFailure.locked }
            // Two processes may have found the directory free; the second one to get here finds a log.
            if disk.fileExists(path + "/" + manifestName) { throw DiskFailure.alreadyThere }
        } catch {
            if error == .alreadyThere { throw .alreadyExists(path: path) }
            if error == .locked { throw .locked(path: path) }
            if error == .notADirectory { throw .notALog(path: path, reason: "it is a file. Choose another path") }
            if error == .notEmpty {
                throw .notALog(
                    path: path, reason: "the directory is not empty and holds no manifest. Choose an empty one")
            }
            throw .io(error)
        }
        let identity = identity ?? .random()
        let directory = LogDirectory(
            path: path,
            manifest: LogManifest(
                log: identity.log, lanes: plan.lanes, segmentBytes: plan.segmentBytes, hashSeed: identity.seed,
                created: time, kind: plan.kind, settings: plan.settings), disk: disk)
        for place in directory.places { try FileBatchLog.create(place, on: disk) }
        do throws(DiskFailure) {
            try disk.makeDirectory(directory.checkpointsPath)
            // A manifest vouches for the folders beside it, so they are durable before it is.
            try disk.syncDirectory(path)
            try SmallFile.write(
                directory.manifestFields, kind: .manifest, to: directory.manifestPath, in: path, on: disk)
        } catch {
            throw .io(error)
        }
        return directory
    }

    /// Whether a log may be created here: the directory is empty, or holds only what a creation leaves that a crash
    /// stopped before the manifest was written.
    private static func isFree(_ path: String, on disk: any Disk) throws(DiskFailure) -> Bool {
        for name in try disk.list(path) where name != lockName && name != manifestName + ".new" {
            let inside = path + "/" + name
            guard name == checkpointsName || name.hasPrefix("lane-"), disk.directoryExists(inside),
                try disk.list(inside).isEmpty
            else { return false }
        }
        return true
    }

    static func parent(of path: String) -> String {
        var parts = path.split(separator: "/", omittingEmptySubsequences: true)
        parts.removeLast(min(1, parts.count))
        let joined = parts.joined(separator: "/")
        return path.hasPrefix("/") ? "/" + joined : joined.isEmpty ? "." : joined
    }

    /// What makes one log different from another. Random, except where a test wants the same bytes twice.
    package struct Identity: Sendable {
        package let log: LogID
        package let seed: UInt64

        package init(log: LogID, seed: UInt64) {
            self.log = log
            self.seed = seed
        }

        static func random() -> Identity {
            var generator = SystemRandomNumberGenerator()
            return Identity(
                log: LogID(high: generator.next(), low: generator.next()), seed: generator.next())
        }
    }

    private var manifestFields: [UInt8] {
        var fields = FieldWriter()
        fields.integer(manifest.log.high)
        fields.integer(manifest.log.low)
        fields.integer(UInt32(manifest.lanes))
        fields.integer(manifest.segmentBytes)
        fields.integer(manifest.hashSeed)
        fields.integer(manifest.created)
        fields.counted(manifest.kind.utf8)
        fields.counted(manifest.settings)
        return fields.bytes
    }

    // MARK: Opening

    /// Whether a log is kept here, or being restored, however damaged: nobody else's file may be put among its own.
    package static func isLog(_ path: String, on disk: any Disk) -> Bool {
        if disk.directoryExists(path + "/lane-00") { return true }
        return disk.directoryExists(path + "/" + checkpointsName)
            && [manifestName, LogRestore.markName].contains { disk.fileExists(path + "/" + $0) }
    }

    /// Reads the manifest of an existing log. `making` says how one of this kind is made where there is none.
    package static func open(
        _ path: String, kind: String, packing: any PayloadPacking = PlainPacking(), on disk: any Disk,
        making: String = "create one there"
    ) throws(LogError) -> LogDirectory {
        guard disk.directoryExists(path) else {
            let isFile = disk.fileExists(path)
            throw .notALog(
                path: path,
                reason: isFile
                    ? "it is a file. Check the path" : "there is no such directory. Check the path, or \(making)")
        }
        let file = path + "/" + manifestName
        guard let payload = try SmallFile.read(file, kind: .manifest, on: disk) else {
            throw .notALog(path: path, reason: withoutManifest(path, on: disk, making: making))
        }
        guard let manifest = LogManifest(payload) else {
            throw .damaged(Damage(file: file, offset: 0, found: "the manifest's fields can't be read"))
        }
        guard manifest.kind == kind else {
            throw .otherKind(path: path, found: manifest.kind, expected: kind)
        }
        return LogDirectory(path: path, manifest: manifest, disk: disk, packing: packing)
    }

    private static func withoutManifest(_ path: String, on disk: any Disk, making: String) -> String {
        if disk.fileExists(path + "/" + LogRestore.markName) { return "a restore into it did not finish; run it again" }
        // What can't be listed is not known to be free.
        let isFree = (try? isFree(path, on: disk)) ?? false
        return "it has no file named \(manifestName). Check the path\(isFree ? ", or \(making)" : "")"
    }

    /// Takes the directory for this process.
    package func lock() throws(LogError) -> any DirectoryLock {
        do throws(DiskFailure) {
            guard let lock = try disk.lock(path + "/" + Self.lockName) else { throw DiskFailure.alreadyThere }
            return lock
        } catch {
            throw error == .alreadyThere ? .locked(path: path) : .io(error)
        }
    }

    /// Opens all lanes. A writer drops the batches of a last round that not every lane has: it was never durable.
    package func openLanes(for mode: OpenMode) throws(LogError) -> [FileBatchLog] {
        var logs: [FileBatchLog] = []
        for place in places { logs.append(try FileBatchLog.open(place, on: disk, for: mode)) }
        if mode == .inspecting { return logs }
        for (lane, _) in Self.lostLanes(logs) where mode == .reading {
            // Beside an owner that had just begun it is there by now.
            logs[lane] = try FileBatchLog.open(places[lane], on: disk, for: mode)
        }
        if let lost = Self.lostLanes(logs).first { throw lost.damage }
        if mode == .reading { try awaitWholeRound(logs) }
        try dropIncompleteRound(logs)
        return logs
    }

    /// Lanes of which nothing is left. Each is begun before the first event of any, so where one has events the others
    /// have segments.
    static func lostLanes(_ logs: [FileBatchLog]) -> [(lane: Int, damage: LogError)] {
        guard let other = logs.first(where: { $0.tail.nextPosition > 1 }) else { return [] }
        return logs.filter { $0.segmentCount == 0 && $0.openedWith.damage.isEmpty }.map { log in
            let found = "no segment of lane \(log.at.lane) is there, though lane \(other.at.lane) has events"
            return (log.at.lane, .damaged(Damage(file: log.at.directory, offset: 0, found: found)))
        }
    }

    /// Beside a running owner the lanes were opened at different moments. Rounds are written one after the other, so
    /// all before the newest that any lane shows are whole by now; of that one the rest is on its way, unless a crash
    /// stopped it.
    private func awaitWholeRound(_ logs: [FileBatchLog]) throws(LogError) {
        if logs.count == 1 { return }
        let round = logs.map(\.tail.round).max() ?? 0
        for _ in 0..<Limits.readingTries {
            for log in logs { try log.catchUp(toRound: round) }
            if isWhole(round, logs) { return }
            Syscalls.pause(milliseconds: 1)
        }
    }

    /// Takes in what a running owner has written since, in whole rounds: all before the newest one that shows, and
    /// that one if every lane has its part.
    package func catchUp(_ logs: [FileBatchLog]) throws(LogError) {
        if logs.count == 1 { return try logs[0].catchUp() }
        var newest: UInt64 = 0
        for log in logs { newest = max(newest, try log.newestAhead()?.round ?? 0) }
        if newest == 0 { return }
        for log in logs { try log.catchUp(toRound: newest - 1) }
        var members: [BatchHeader] = []
        for log in logs {
            if let batch = try log.newestAhead(upToRound: newest), batch.kind == .events { members.append(batch) }
        }
        guard members.count == members.first?.batchesInRound ?? 0 else { return }
        for log in logs { try log.catchUp(toRound: newest) }
    }

    private func isWhole(_ round: UInt64, _ logs: [FileBatchLog]) -> Bool {
        let members = logs.compactMap(\.lastBatch).filter { $0.round == round && $0.kind == .events }
        return members.count == members.first?.batchesInRound ?? 0
    }

    private func dropIncompleteRound(_ logs: [FileBatchLog]) throws(LogError) {
        if logs.count == 1 { return }
        let round = logs.map(\.tail.round).max() ?? 0
        if isWhole(round, logs) { return }
        for log in logs where log.lastBatch?.round == round {
            if log.openedWith.closedCleanly {
                throw log.damage(
                    at: log.tail.address, "round \(round) lacks batches in other lanes, though it was closed cleanly")
            }
            try log.dropLastBatch()
        }
    }
}

extension DiskFailure {
    /// Not failures of the disk but findings, told apart before they leave this file.
    fileprivate static let alreadyThere = DiskFailure(operation: "create", path: "", errno: -1)
    fileprivate static let notEmpty = DiskFailure(operation: "create", path: "", errno: -2)
    fileprivate static let locked = DiskFailure(operation: "lock", path: "", errno: -4)
    fileprivate static let notADirectory = DiskFailure(operation: "create", path: "", errno: -3)
}

extension LogManifest {
    fileprivate init?(_ payload: [UInt8]) {
        var fields = FieldReader(payload)
        guard let high: UInt64 = fields.integer(), let low: UInt64 = fields.integer(),
            let lanes: UInt32 = fields.integer(), let segmentBytes: UInt64 = fields.integer(),
            let seed: UInt64 = fields.integer(), let created: Int64 = fields.integer(),
            let kind = fields.counted(), let settings = fields.counted(), fields.isAtEnd,
            (1...Limits.lanesMax).contains(Int(lanes)), segmentBytes > UInt64(SegmentHeader.blockBytes),
            segmentBytes <= Limits.segmentBytesMax, segmentBytes % UInt64(SegmentHeader.blockBytes) == 0
        else { return nil }
        self.init(
            log: LogID(high: high, low: low), lanes: Int(lanes), segmentBytes: segmentBytes, hashSeed: seed,
            created: created, kind: String(decoding: kind, as: UTF8.self), settings: settings)
    }
}
