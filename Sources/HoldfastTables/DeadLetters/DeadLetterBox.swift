internal import HoldfastLog

/// The dead letters of a set of tables. May be used beside a running `tables sync`, which notices what changed.
///
///     let box = try DeadLetterBox("tables")
///     for letter in try box.letters() { print(letter.error) }
///     let left = try box.retry()
///     try box.discard(4711, because: "a test player, see ticket 88")
package final class DeadLetterBox {
    private let paths: TablesPaths
    private let map: GlobalFile.ShardMap

    package init(_ path: String) throws(TablesError) {
        paths = TablesPaths(path)
        map = try GlobalFile(paths, for: .reading).map()
    }

    /// In the order of the log; settled ones too if wanted.
    package func letters(settled: Bool = false) throws(TablesError) -> [DeadLetter] {
        var letters: [DeadLetter] = []
        for number in 0..<map.shards { letters += try Self.letters(of: open(number, for: .reading), settled: settled) }
        return letters.sorted { $0.position < $1.position }
    }

    private func open(_ number: Int, for use: ShardFile.Use) throws(TablesError) -> ShardFile {
        let shard = try ShardFile(paths.shard(number), for: use, expecting: TablesSet.identity(number, map))
        shard.database.wait(milliseconds: 5_000)
        return shard
    }

    private static func letters(of shard: ShardFile, settled: Bool) throws(TablesError) -> [DeadLetter] {
        var letters: [DeadLetter] = []
        let statement = try shard.database.prepare(
            """
            SELECT position, tenant_id, player_id, seq, error, attempts, failed_at, state, reason, settled_at
            FROM dead_letters WHERE state = 'open' OR ? ORDER BY position
            """)
        try statement.bind(1, settled ? 1 : 0).forEachRow { row throws(TablesError) in
            letters.append(
                DeadLetter(
                    shard: shard.identity.number, position: UInt64(row.integer(0)), tenant: row.text(1),
                    player: row.text(2), seq: UInt64(row.integer(3)), error: row.text(4),
                    attempts: Int(row.integer(5)), failedAt: row.integer(6),
                    state: DeadLetter.State(rawValue: row.text(7)) ?? .open, reason: row.textIfAny(8),
                    settledAt: row.integerIfAny(9)))
        }
        return letters
    }

    /// Tries all open letters once more, each in a transaction of its own. Returns those that failed again.
    package func retry() throws(TablesError) -> [DeadLetter] {
        let global = try GlobalFile(paths, for: .writing)
        for number in 0..<map.shards {
            let shard = try open(number, for: .following)
            for letter in try Self.letters(of: shard, settled: false) {
                let projector = try ShardProjector(shard) { (name, time) throws(TablesError) in
                    try global.note(tenant: name, at: time)
                }
                try retry(letter, in: shard, with: projector)
            }
        }
        return try letters()
    }

    private func retry(
        _ letter: DeadLetter, in shard: ShardFile, with projector: ShardProjector
    ) throws(TablesError) {
        let cursor = try shard.position()
        do throws(TablesError) {
            try shard.database.transaction { () throws(TablesError) in
                try shard.refreshDays()
                try DeadLetters.withEntry(letter.position, in: shard) { (entry) throws(TablesError) in
                    try projector.projectLate(entry)
                }
                try projector.flush(position: cursor)
                try settle(letter.position, .retried, nil, in: shard)
            }
        } catch {
            projector.forget()
            switch error {
            case .day: break
            default: guard error.isAboutAnEvent else { throw error }
            }
            try shard.database.prepare(
                "UPDATE dead_letters SET attempts = attempts + 1, error = ?, failed_at = ? WHERE position = ?"
            ).bind(1, error.description).bind(2, wallClock()).bind(3, Int64(letter.position)).run()
        }
    }

    /// Gives an event up for good. The reason stays with it.
    package func discard(_ position: UInt64, because reason: String) throws(TablesError) {
        for number in 0..<map.shards {
            let shard = try open(number, for: .following)
            if try settle(position, .discarded, reason, in: shard) { return }
        }
        throw .invalid(argument: "dead letter \(position)", reason: "there is no open one of that number")
    }

    @discardableResult
    private func settle(
        _ position: UInt64, _ state: DeadLetter.State, _ reason: String?, in shard: ShardFile
    ) throws(TablesError) -> Bool {
        let statement = try shard.database.prepare(
            """
            UPDATE dead_letters SET state = ?, reason = ?, settled_at = ? WHERE position = ? AND state = 'open'
            """)
        statement.bind(1, state.rawValue).bind(3, wallClock()).bind(4, Int64(position))
        if let reason { statement.bind(2, reason) }
        try statement.run()
        return shard.database.changes > 0
    }
}

extension DeadLetters {
    /// The event of a letter, as it came from the log.
    static func withEntry(
        _ position: UInt64, in shard: ShardFile, _ body: (PlacedEntry) throws(TablesError) -> Void
    ) throws(TablesError) {
        let statement = try shard.database.prepare(
            "SELECT record, address, lane, undone_movement FROM dead_letters WHERE position = ?")
        statement.bind(1, Int64(position))
        defer { statement.reset() }
        guard try statement.step() else { return }
        let record = statement.bytes(0)
        // A record is read by its fields, which want to be aligned.
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(record.count, 48), alignment: 16)
        defer { copy.deallocate() }
        copy.copyMemory(from: record)
        guard let view = RecordView.validated(UnsafeRawPointer(copy.baseAddress!), available: record.count) else {
            throw .event(position: position, reason: "its record in the dead letters does not match its checksum")
        }
        try body(
            PlacedEntry(
                record: view, address: UInt64(bitPattern: statement.integer(1)), lane: Int(statement.integer(2)),
                undoneMovement: UInt8(truncatingIfNeeded: statement.integer(3))))
    }
}
