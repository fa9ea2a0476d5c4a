internal import HoldfastLog

/// What the archive has of a day, carried over from the old files.
struct ArchiveMark: Equatable, Sendable {
    /// Rows up to here are in the archive.
    var through: Int64
    /// … and only there.
    var isDropped: Bool
    var archivedAt: Int64?
    var receipt: String?
}

extension ShardFile {
    /// Says of a day that was built what the archive has of it.
    func apply(_ mark: ArchiveMark, to day: Day) throws(TablesError) {
        guard var state = days[day] else { return }
        state.archivedThrough = mark.through
        state.archivedAt = mark.archivedAt
        state.receipt = mark.receipt
        if state.rows > 0 {
            state.archivedRows =
                try database.prepare("SELECT count(*) FROM \(day.tableName) WHERE id <= ?")
                .bind(1, mark.through).value() ?? 0
        }
        try storeDay(day, state)
    }

    /// What the archive has of this shard.
    func archiveMarks() -> [Day: ArchiveMark] {
        days.filter { $0.value.archivedRows > 0 || $0.value.droppedRows > 0 }.mapValues { state in
            ArchiveMark(
                through: state.archivedThrough, isDropped: state.droppedRows > 0, archivedAt: state.archivedAt,
                receipt: state.receipt)
        }
    }
}

/// What is to be built: which shards, and what of each day stays out because the archive has it.
struct BuildPlan {
    struct Part: Sendable {
        let number: Int
        /// Without a journal. False after an event failed: then it is built with one.
        var isFast = true
        var marks: [Day: ArchiveMark] = [:]

        var omitted: [Day: Int64] { marks.filter { $0.value.isDropped }.mapValues(\.through) }
    }

    let map: GlobalFile.ShardMap
    var parts: [Part]

    /// The same number of shards, or one of them. Each keeps what its old file says of the archive; a file that can't
    /// be read says nothing, and all of its rows come back.
    static func rebuild(
        _ paths: TablesPaths, _ map: GlobalFile.ShardMap, only: Int?, bringsBackAll: Bool
    ) -> BuildPlan {
        let numbers = only.map { [$0] } ?? Array(0..<map.shards)
        return BuildPlan(
            map: .init(version: map.version + 1, shards: map.shards, log: map.log),
            parts: numbers.map { number in
                let old = bringsBackAll ? nil : try? ShardFile(paths.shard(number), for: .reading)
                return Part(number: number, marks: old?.archiveMarks() ?? [:])
            })
    }

    /// Another number of shards. The archive takes days shard by shard; players move, so a day must be in the archive
    /// in all shards or in none.
    static func reshard(
        _ paths: TablesPaths, _ map: GlobalFile.ShardMap, to shards: Int, bringsBackAll: Bool
    ) throws(TablesError) -> BuildPlan {
        var marks: [Day: ArchiveMark] = [:]
        if !bringsBackAll {
            var states: [Day: [(file: String, state: DayState)]] = [:]
            for number in 0..<map.shards {
                let file = try ShardFile(paths.shard(number), for: .reading)
                for (day, state) in file.days { states[day, default: []].append((file.path, state)) }
            }
            for (day, states) in states { marks[day] = try common(day, states) }
        }
        return BuildPlan(
            map: .init(version: map.version + 1, shards: shards, log: map.log),
            parts: (0..<shards).map { Part(number: $0, marks: marks) })
    }

    private static func common(
        _ day: Day, _ states: [(file: String, state: DayState)]
    ) throws(TablesError) -> ArchiveMark? {
        let dropped = states.filter { $0.state.droppedRows > 0 }
        let archived = states.filter { $0.state.archivedRows > 0 || $0.state.droppedRows > 0 }
        if archived.isEmpty { return nil }
        let isWhole = states.allSatisfy { $0.state.unarchivedRows == 0 }
        let isAlike = dropped.isEmpty || states.allSatisfy { $0.state.droppedRows > 0 && $0.state.rows == 0 }
        guard isWhole, isAlike else {
            let other = states.first { $0.state.unarchivedRows > 0 || $0.state.rows > 0 }
            throw .day(
                file: other?.file ?? states[0].file, day: day,
                reason: "the archive has taken this day from some shards and not from all; let `holdfast archive run` "
                    + "finish it first, or bring back all rows with --all-days")
        }
        return ArchiveMark(
            through: states.map(\.state.archivedThrough).max()!, isDropped: !dropped.isEmpty,
            archivedAt: states.compactMap(\.state.archivedAt).max(),
            receipt: Set(states.compactMap(\.state.receipt)).sorted().joined(separator: "\n"))
    }
}
