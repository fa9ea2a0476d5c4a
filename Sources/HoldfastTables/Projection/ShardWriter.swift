internal import HoldfastLog

/// Writes batches into one shard. A batch is one transaction that also moves the cursor, so each of its events is in
/// the tables once, whatever is killed and whenever.
///
/// In WAL mode with synchronous = NORMAL a transaction survives the death of the process at any moment; a crash of the
/// machine may take the newest ones, but never a part of one and never one without those after it. Since the cursor
/// goes with them, they are simply written again.
final class ShardWriter {
    struct Outcome: Sendable {
        var events = 0
        var deadLetters = 0
    }

    let shard: ShardFile
    private let projector: ShardProjector
    private let version: Statement
    private var seenVersion: Int64 = -1
    /// How often an event is tried before it goes to the dead letters.
    static let attemptsMax = 3

    /// Set for a file that is being built: nothing can be rolled back in it, and its cursor moves at the end.
    private let building: BuildPlan.Part?

    init(
        _ shard: ShardFile, building: BuildPlan.Part? = nil,
        noteTenant: @escaping (UnsafeRawBufferPointer, Int64) throws(TablesError) -> Void
    ) throws(TablesError) {
        self.shard = shard
        self.building = building
        projector = try ShardProjector(
            shard, isBuilding: building?.isFast ?? false, omitting: building?.omitted ?? [:], noteTenant: noteTenant)
        version = try shard.database.prepare("PRAGMA data_version")
        if try shard.position() == 0 { projector.beginsEmpty() }
    }

    /// All of the batch, or nothing and an error that is not about its events.
    func write(_ batch: RecordBatch) throws(TablesError) -> Outcome {
        if building?.isFast == true { return try writeFast(batch) }
        do throws(TablesError) {
            try begin()
            try batch.forEach { (entry) throws(TablesError) in try projector.project(entry) }
            try commit(batch)
            return Outcome(events: batch.count)
        } catch {
            rollBack()
            guard error.isAboutAnEvent else { throw error }
        }
        return try writeOneByOne(batch)
    }

    private func begin() throws(TablesError) {
        try shard.database.run("BEGIN IMMEDIATE")
        // Only others' changes show in this number.
        let current = try version.value() ?? 0
        if current != seenVersion {
            if seenVersion >= 0 { projector.forget() }
            seenVersion = current
        }
    }

    private func commit(_ batch: RecordBatch) throws(TablesError) {
        try projector.flush(position: batch.upTo)
        try shard.database.run("COMMIT")
    }

    /// Without a journal: an event that fails spoils the file, and it is built again with one.
    private func writeFast(_ batch: RecordBatch) throws(TablesError) -> Outcome {
        try shard.database.run("BEGIN")
        try batch.forEach { (entry) throws(TablesError) in try projector.project(entry) }
        try projector.flushIfLarge()
        try shard.database.run("COMMIT")
        return Outcome(events: batch.count)
    }

    /// Makes a file that was built ready for its place.
    func finishBuilding(position: UInt64) throws(TablesError) {
        guard let building else { return }
        try shard.database.transaction { () throws(TablesError) in
            try projector.finishBuilding(position: position, marks: building.marks)
        }
        // Built without a journal, or with one of its own; from here on readers and the follower share the file.
        try shard.database.run("PRAGMA locking_mode = NORMAL; PRAGMA journal_mode = WAL")
    }

    private func rollBack() {
        shard.database.rollBack()
        projector.forget()
    }

    // MARK: A batch with an event that fails

    /// Still one transaction, but with a way back before each event, so that one that fails is found, tried again and
    /// then put aside, and the rest goes on.
    private func writeOneByOne(_ batch: RecordBatch) throws(TablesError) -> Outcome {
        var outcome = Outcome()
        do throws(TablesError) {
            try begin()
            try batch.forEach { (entry) throws(TablesError) in
                if let error = try attempt(entry) {
                    try bury(entry, error)
                    outcome.deadLetters += 1
                } else {
                    outcome.events += 1
                }
            }
            try commit(batch)
            return outcome
        } catch {
            rollBack()
            throw error
        }
    }

    /// What was wrong with the event the last time; nil when it was written.
    private func attempt(_ entry: PlacedEntry) throws(TablesError) -> TablesError? {
        var last: TablesError?
        for _ in 0..<Self.attemptsMax {
            try shard.database.run("SAVEPOINT event")
            do throws(TablesError) {
                try projector.project(entry)
                try projector.flush(position: entry.record.position)
                try shard.database.run("RELEASE event")
                return nil
            } catch {
                guard error.isAboutAnEvent else { throw error }
                last = error
                try shard.database.run("ROLLBACK TO event; RELEASE event")
                projector.forget()
            }
        }
        return last
    }

    private func bury(_ entry: PlacedEntry, _ error: TablesError) throws(TablesError) {
        try DeadLetters.bury(entry, error, attempts: Self.attemptsMax, in: shard)
    }
}

extension TablesError {
    /// Whether one event is at fault, and not the file or the disk.
    var isAboutAnEvent: Bool {
        switch self {
        case .event: true
        case .sqlite(let failure): failure.isAboutTheRow
        default: false
        }
    }
}
