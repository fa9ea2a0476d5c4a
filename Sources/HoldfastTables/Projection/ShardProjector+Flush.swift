internal import HoldfastWallet

// Writing what was gathered.
extension ShardProjector {
    /// Writes the rows that wait and all that was gathered, and moves the cursor.
    func flush(position: UInt64) throws(TablesError) {
        try flushGathered()
        try moveCursor(position)
    }

    /// While building: the rows, and of the rest only what must not grow without bounds.
    func flushIfLarge() throws(TablesError) {
        try entries.flushRows()
        if cache.isLarge || holds.isLarge || earlierActivity.count > 1 << 20 {
            try flushGathered()
            if cache.isLarge { forgetPlayers() }
        }
    }

    /// What was put off while building: the rest of what was gathered, the indexes, the days' marks and the views.
    func finishBuilding(position: UInt64, marks: [Day: ArchiveMark]) throws(TablesError) {
        try flushGathered()
        try entries.finishBuilding(marks: marks)
        try moveCursor(position)
    }

    private func moveCursor(_ position: UInt64) throws(TablesError) {
        try statements.cursor.bind(1, Int64(position)).bind(2, wallClock()).run()
    }

    private func flushGathered() throws(TablesError) {
        try entries.flush()
        try flushPlayers()
        try flushPurses()
        try flushHolds()
        try flushTotals()
    }

    private func flushPlayers() throws(TablesError) {
        for slot in cache.dirtyPlayers {
            let player = cache.players[slot]
            statements.changePlayer.bind(1, player.ref).bind(2, player.locked.map { $0 ? 1 : 0 })
            try statements.changePlayer.bind(3, player.touchedAt).run()
            cache.withPlayer(slot) { player in
                player.isDirty = false
                player.locked = nil
            }
        }
        cache.dirtyPlayers.removeAll(keepingCapacity: true)
    }

    private func flushPurses() throws(TablesError) {
        // In the order of the table: neighbours are on one page.
        let order = cache.dirtyPurses.sorted { cache.purses[$0].player < cache.purses[$1].player }
        for slot in order {
            let purse = cache.purses[slot]
            statements.purse.bind(1, purse.player).bind(2, purse.asset).bind(3, purse.balance).bind(4, purse.held)
                .bind(5, purse.seq).bind(6, purse.updatedAt)
            for sum in 0..<6 { statements.purse.bind(Int32(7 + sum), purse.sums[sum]) }
            try statements.purse.run()
            cache.withPurse(slot) { purse in
                purse.isDirty = false
                purse.sums = .init(repeating: 0)
            }
        }
        for entry in earlierActivity { try flushActivity(entry.day, entry.asset, entry.player, entry.did) }
        earlierActivity.removeAll(keepingCapacity: true)
        for slot in order {
            let purse = cache.purses[slot]
            guard purse.did != purse.didInFile else { continue }
            try flushActivity(purse.activeDay, purse.asset, purse.player, purse.did)
            cache.withPurse(slot) { $0.didInFile = $0.did }
        }
        cache.dirtyPurses.removeAll(keepingCapacity: true)
    }

    private func flushActivity(_ day: Int64, _ asset: Int64, _ player: Int64, _ did: Int64) throws(TablesError) {
        try statements.activity.bind(1, day).bind(2, asset).bind(3, player).bind(4, did).run()
    }

    private func flushHolds() throws(TablesError) {
        for hold in holds.closed { try statements.closeHold.bind(1, hold).run() }
        try holds.forEachOpened { (number, hold) throws(TablesError) in
            let statement = statements.openHold
            statement.bind(1, number).bind(2, hold.player).bind(3, hold.asset)
            let id = String(unsafeUninitializedCapacity: hold.idCount) { buffer in
                for index in 0..<hold.idCount { buffer[index] = hold.id[index] }
                return hold.idCount
            }
            try statement.bind(4, id).bind(5, hold.amount).bind(6, hold.createdAt).bind(7, hold.expiresAt).run()
        }
        holds.removeAll()
    }

    private func flushTotals() throws(TablesError) {
        if totals.isEmpty { return }
        try totals.forEach { (key, sums) throws(TablesError) in
            statements.total.bind(1, names.tenants[key.tenant]).bind(2, names.assetName(key.asset)).bind(3, key.day)
            var column: Int32 = 4
            for slot in 0..<DailyTotals.slots where DailyTotals.slotColumns[slot] != nil {
                statements.total.bind(column, sums[sums.startIndex + slot])
                column += 1
            }
            try statements.total.run()
        }
        totals.removeAll()
    }
}
