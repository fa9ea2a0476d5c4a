internal import HoldfastLog
internal import HoldfastWallet

// Events that come late.
extension ShardProjector {
    /// An event that was put aside before, when others of its player had come after it: it counts, but what came after
    /// it stays as it is.
    func projectLate(_ entry: PlacedEntry) throws(TablesError) {
        let event = try Self.event(of: entry)
        let day = Day(of: event.time)
        let id = EntryID.of(position: entry.record.position, part: 1)
        if let state = shard.days[day], id <= state.archivedThrough {
            throw .day(
                file: shard.path, day: day, reason: "the archive has it, without this event; restore the day first")
        }
        try project(entry)
        try entries.flushRows()
        let player = try player(entry.record.key, tenantCount: event.tenant.count, at: event.time)
        let ref = cache.players[player].ref
        try shard.database.prepare("UPDATE player_refs SET first_seen = min(first_seen, ?) WHERE ref = ?")
            .bind(1, event.time).bind(2, ref).run()
        switch event.kind {
        case .authorised:
            if try hasLater([.confirmed, .rolledBack, .holdExpired], of: ref, event, target: event.requestID) {
                holds.close(PlacedEntry.hold(address: entry.address, lane: entry.lane))
            }
        case .locked, .unlocked:
            if try hasLater([.locked, .unlocked], of: ref, event, target: nil) {
                cache.withPlayer(player) { $0.locked = nil }
            }
        default: break
        }
    }

    private func hasLater(
        _ kinds: [EventKind], of player: Int64, _ event: borrowing WalletEvent, target: UnsafeRawBufferPointer?
    ) throws(TablesError) -> Bool {
        let statement = try shard.database.prepare(
            """
            SELECT count(*) FROM entry_rows WHERE player = ? AND seq > ?
              AND event IN (\(kinds.map { "\($0.rawValue)" }.joined(separator: ", ")))
              AND (?3 IS NULL OR target = ?3)
            """)
        statement.bind(1, player).bind(2, Int64(bitPattern: event.seq))
        if let target { statement.bind(3, borrowing: target) }
        return try statement.value() ?? 0 > 0
    }
}
