internal import Holdfast
internal import HoldfastLog
internal import HoldfastWallet

/// The check of one shard.
final class ShardCheck {
    let file: ShardFile
    let batch = RecordBatch()
    private(set) var cursor: UInt64 = 0
    private var start = CheckStart()
    private var expected = ExpectedShard(daysWithoutRows: [])
    private var matched: [Day: Int64] = [:]
    /// Events that are not in the tables because they could not be projected.
    private var deadLetters: Set<UInt64> = []
    private var seen: UInt64 = 0
    private var wallet: Statement?
    private var player: Statement?
    private var holds: Statement?
    private var pursesFound = 0
    private var holdsFound = 0
    /// What the ledger's own replay has of them. Counted in the report once all of the shard was compared.
    private var playersExpected = 0
    /// Rows of events that the log has given up: there is nothing to compare them with.
    private var rowsGivenUp: Int64 = 0
    private var holdsExpected = 0

    init(_ file: ShardFile) { self.file = file }

    private var database: Database { file.database }

    /// From here on the file is seen as it is now, whoever writes to it.
    func begin() throws(TablesError) {
        try database.run("BEGIN")
        cursor = try file.position()
        try file.refreshDays()
        let statement = try database.prepare("SELECT position FROM dead_letters WHERE state <> 'retried'")
        try statement.forEachRow { row throws(TablesError) in deadLetters.insert(UInt64(row.integer(0))) }
        wallet = try database.prepare(
            """
            SELECT a.asset, w.balance, w.held, w.seq, w.updated_at, w.deposits, w.withdrawals, w.bets, w.wins, w.promos,
              w.fees
            FROM purses w JOIN assets a ON a.ref = w.asset WHERE w.player = ?
            """)
        player = try database.prepare(
            "SELECT ref, locked, first_seen, touched_at FROM player_refs WHERE tenant_id = ? AND player_id = ?")
        holds = try database.prepare(
            """
            SELECT h.request_id, a.asset, h.amount, h.expires_at FROM open_holds h JOIN assets a ON a.ref = h.asset
            WHERE h.player = ?
            """)
    }

    // MARK: Rows

    /// Called once, before any event is compared.
    func begin(at start: CheckStart) throws(TablesError) {
        self.start = start
        seen = start.position - 1
        expected = ExpectedShard(
            daysWithoutRows: Set(file.days.filter { $0.value.droppedRows > 0 }.keys), isTrimmed: start.isTrimmed)
        // The log does not have these any more, and what they did is in no table.
        for position in deadLetters.sorted() where position < start.position {
            try DeadLetters.withEntry(position, in: file) { entry in
                expected.excuse(Array(entry.record.key), at: entry.record.time)
            }
        }
    }

    func compareBatch(_ differences: inout Differences) throws(TablesError) {
        guard batch.count > 0 else { return }
        var last = seen
        try batch.forEach { (entry) throws(TablesError) in last = entry.record.position }
        var comparison = RowComparison(file, positions: seen + 1...last)
        try batch.forEach { (entry) throws(TablesError) in
            let position = entry.record.position
            guard let event = try? WalletEvent(record: entry.record) else { return }
            let rows = EventRows(of: event, position: position)
            let isDead = deadLetters.contains(position)
            let isExcused = isDead || file.days[Day(of: event.time)]?.droppedRows ?? 0 > 0
            try comparison.compare(rows.first, part: 0, isExcused: isExcused, into: &differences)
            if let second = rows.second {
                try comparison.compare(second, part: 1, isExcused: isExcused, into: &differences)
            }
            if isDead {
                expected.excuse(Array(entry.record.key), at: event.time)
            } else {
                expected.add(event, rows, undoneMovement: entry.undoneMovement)
            }
        }
        try comparison.finish(&differences)
        for (day, count) in comparison.matched { matched[day, default: 0] += count }
        seen = last
        batch.removeAll()
    }

    /// The days' counts, and rows that belong to no event at all.
    func finishRows(_ differences: inout Differences) throws(TablesError) {
        for day in Set(file.days.keys).union(expected.rows.keys).sorted() {
            let state = file.days[day] ?? DayState()
            let found =
                state.rows > 0 ? try database.integer("SELECT count(*) FROM \(day.tableName)") ?? 0 : 0
            if found != state.rows {
                differences.add(note("days.rows of \(day)", expected: found, found: state.rows))
            }
            let givenUp = state.rows > 0 ? try rowsBeforeStart(on: day) : 0
            rowsGivenUp += givenUp
            let compared = matched[day] ?? 0
            if found != compared + givenUp {
                differences.add(note("rows of \(day)", expected: compared + givenUp, found: found))
            }
            guard start.hasAll(of: day) else { continue }
            let whole = expected.rows[day] ?? 0
            if state.rows + state.droppedRows != whole {
                differences.add(
                    note(
                        "rows of \(day), dropped ones included", expected: whole, found: state.rows + state.droppedRows)
                )
            }
        }
    }

    private func rowsBeforeStart(on day: Day) throws(TablesError) -> Int64 {
        guard !start.hasAll(of: day) else { return 0 }
        let first = EntryID.of(position: start.position, part: 0)
        return try database.integer("SELECT count(*) FROM \(day.tableName) WHERE id < \(first)") ?? 0
    }

    // MARK: Players

    /// Balances, holds and lock against the ledger's own replay; the rest of a purse against the sums, as far as the log
    /// has the events that led to them.
    func compare(_ view: PlayerView, _ differences: inout Differences) throws(TablesError) {
        playersExpected += 1
        holdsExpected += view.holds.count
        let known = expected.players[Array((view.tenant + "/" + view.player).utf8)]
        if known?.hasDeadLetter == true { return }
        let isWhole = known?.isWhole ?? !start.isTrimmed
        let player = player!, wallet = wallet!, holds = holds!
        func differ(_ what: String, _ expected: String?, _ found: String?) {
            differences.add(
                Difference(
                    file: file.path, what: what, tenant: view.tenant, player: view.player, seq: view.seq, position: nil,
                    expected: expected, found: found))
        }
        player.bind(1, view.tenant).bind(2, view.player)
        defer { player.reset() }
        guard try player.step() else { return differ("player", "a player", nil) }
        let ref = player.integer(0)
        func same(_ what: String, _ expected: Int64?, _ found: Int64) {
            if expected != found { differ(what, expected.map { "\($0)" }, "\(found)") }
        }
        same("locked", view.isLocked ? 1 : 0, player.integer(1))
        if isWhole { same("first_seen", known?.firstSeen, player.integer(2)) }
        if isWhole || known?.touchedAt ?? 0 > 0 { same("touched_at", known?.touchedAt, player.integer(3)) }
        var missing = Dictionary(view.purses.map { ($0.asset.description, $0) }, uniquingKeysWith: { $1 })
        try wallet.bind(1, ref).forEachRow { row throws(TablesError) in
            pursesFound += 1
            let asset = row.text(0)
            let sums = known?.purses[asset]
            guard let purse = missing.removeValue(forKey: asset), sums != nil || !isWhole else {
                return differ("wallet \(asset)", nil, "a wallet")
            }
            same("\(asset) balance", purse.balance, row.integer(1))
            same("\(asset) held", purse.held, row.integer(2))
            guard let sums else { return }
            same("\(asset) seq", Int64(sums.seq), row.integer(3))
            same("\(asset) updated_at", sums.updatedAt, row.integer(4))
            if !isWhole { return }
            for (index, name) in ["deposits", "withdrawals", "bets", "wins", "promos", "fees"].enumerated() {
                same("\(asset) \(name)", sums.sums[index], row.integer(Int32(5 + index)))
            }
        }
        for asset in missing.keys.sorted() { differ("wallet \(asset)", "a wallet", nil) }
        // By their bytes: two Strings are equal for Swift when they look alike.
        var open = Set(view.holds.map { Array("\($0.requestID) \($0.asset) \($0.amount) \($0.expiresAt)".utf8) })
        try holds.bind(1, ref).forEachRow { row throws(TablesError) in
            holdsFound += 1
            let hold = "\(row.text(0)) \(row.text(1)) \(row.integer(2)) \(row.integer(3))"
            if open.remove(Array(hold.utf8)) == nil { differ("hold", nil, hold) }
        }
        for hold in open { differ("hold", String(decoding: hold, as: UTF8.self), nil) }
    }

    // MARK: Sums and the rest

    func finish(_ report: inout TablesCheck.Report) throws(TablesError) {
        try compareCounts(&report.differences)
        try compareTotals(&report.differences)
        try compareActivity(&report.differences)
        let integrity = try database.text("PRAGMA integrity_check(1)") ?? ""
        if integrity != "ok" {
            report.differences.add(
                Difference(file: file.path, what: "SQLite's integrity check", expected: "ok", found: integrity))
        }
        try database.run("COMMIT")
        report.rows += file.days.values.reduce(0) { $0 + $1.rows }
        report.rowsGivenUp += rowsGivenUp
        report.players += playersExpected
        report.holds += holdsExpected
        report.daysInArchive += file.days.values.count { $0.droppedRows > 0 }
        report.deadLetters += deadLetters.count
    }

    /// Players, purses and holds that the log knows nothing of.
    private func compareCounts(_ differences: inout Differences) throws(TablesError) {
        let dead = expected.players.values.contains { $0.hasDeadLetter }
        // Of some the log may have given up every event.
        let players = start.isTrimmed ? playersExpected : expected.players.count
        for (table, expected) in [
            ("player_refs", players), ("purses", pursesFound), ("open_holds", holdsFound),
        ] {
            let found = Int(try database.integer("SELECT count(*) FROM \(table)") ?? 0)
            if found != expected, !dead {
                differences.add(note("rows of \(table)", expected: Int64(expected), found: Int64(found)))
            }
        }
    }

    private func compareTotals(_ differences: inout Differences) throws(TablesError) {
        let columns = DailyTotals.columns
        let slots = (0..<DailyTotals.slots).filter { DailyTotals.slotColumns[$0] != nil }
        var missing = expected.totals
        let statement = try database.prepare(
            "SELECT tenant_id, asset, day, \(columns.joined(separator: ", ")) FROM daily_totals")
        try statement.forEachRow { row throws(TablesError) in
            let key = ExpectedShard.TotalKey(
                tenant: row.text(0), asset: row.text(1), day: Day(number: row.integer(2)))
            let sums = missing.removeValue(forKey: key) ?? [Int64](repeating: 0, count: DailyTotals.slots)
            guard isCheckable(key) else { return }
            for (index, slot) in slots.enumerated() where sums[slot] != row.integer(Int32(3 + index)) {
                differences.add(
                    Difference(
                        file: file.path, what: "daily_totals.\(columns[index]) of \(key.asset) on \(key.day)",
                        tenant: key.tenant, expected: "\(sums[slot])", found: "\(row.integer(Int32(3 + index)))"))
            }
        }
        for (key, sums) in missing where isCheckable(key) && sums.contains(where: { $0 != 0 }) {
            differences.add(
                Difference(
                    file: file.path, what: "daily_totals of \(key.asset) on \(key.day)", tenant: key.tenant,
                    expected: "a row", found: nil))
        }
    }

    private func isCheckable(_ key: ExpectedShard.TotalKey) -> Bool {
        start.hasAll(of: key.day) && !expected.unclear.contains(key)
    }

    /// What players did, against the rows of the day where these are here, else against the log.
    private func compareActivity(_ differences: inout Differences) throws(TablesError) {
        for (day, state) in file.days.sorted(by: { $0.key < $1.key }) where state.droppedRows == 0 && state.rows > 0 {
            let fromRows = ActivityQuery.fromRows(day)
            let inTable = "SELECT asset, player, did FROM activity WHERE day = \(day.number)"
            for (first, second, expected, found) in [
                (fromRows, inTable, "what the day's rows show", nil), (inTable, fromRows, nil, "something else"),
            ] as [(String, String, String?, String?)] {
                let statement = try database.prepare(
                    """
                    SELECT p.tenant_id, p.player_id, d.did FROM (\(first) EXCEPT \(second)) d
                    LEFT JOIN player_refs p ON p.ref = d.player
                    """)
                try statement.forEachRow { row throws(TablesError) in
                    differences.add(
                        Difference(
                            file: file.path, what: "activity on \(day)", tenant: row.textIfAny(0),
                            player: row.textIfAny(1), expected: expected, found: found))
                }
            }
        }
        for (key, did) in expected.activity where start.hasAll(of: key.day) {
            let slash = key.player.firstIndex(of: UInt8(ascii: "/"))!
            let tenant = String(decoding: key.player[..<slash], as: UTF8.self)
            let player = String(decoding: key.player[(slash + 1)...], as: UTF8.self)
            let found = try database.prepare(
                """
                SELECT d.did FROM activity d JOIN player_refs p ON p.ref = d.player JOIN assets a ON a.ref = d.asset
                WHERE p.tenant_id = ? AND p.player_id = ? AND a.asset = ? AND d.day = ?
                """
            ).bind(1, tenant).bind(2, player).bind(3, key.asset).bind(4, key.day.number).value()
            if found != did {
                differences.add(
                    Difference(
                        file: file.path, what: "activity on \(key.day) in \(key.asset)", tenant: tenant,
                        player: player, expected: "\(did)", found: found.map { "\($0)" }))
            }
        }
    }

    private func note(_ what: String, expected: Int64, found: Int64) -> Difference {
        Difference(file: file.path, what: what, expected: "\(expected)", found: "\(found)")
    }
}

/// What a day's rows show of its players' doings.
enum ActivityQuery {
    static func fromRows(_ day: Day) -> String {
        func events(_ kinds: [EventKind]) -> String {
            "e.event IN (\(kinds.map { "\($0.rawValue)" }.joined(separator: ", ")))"
        }
        func bit(_ condition: String, _ bit: Int64) -> String { "max(iif(\(condition), \(bit), 0))" }
        let isBet = "\(events([.confirmed])) OR \(events([.debited])) AND e.kind = \(DebitKind.bet.rawValue)"
        return """
            SELECT e.asset, e.player, \(Did.anything) | \(bit(isBet, Did.bet))
              | \(bit("\(events([.credited])) AND e.kind = \(CreditKind.win.rawValue)", Did.win))
              | \(bit("\(events([.credited])) AND e.kind = \(CreditKind.deposit.rawValue)", Did.deposit))
              | \(bit("\(events([.debited])) AND e.kind = \(DebitKind.withdrawal.rawValue)", Did.withdrawal)) AS did
            FROM \(day.tableName) e
            WHERE e.asset IS NOT NULL AND \(events(EventKind.allCases.filter { $0.isActivity }))
            GROUP BY e.asset, e.player
            """
    }
}
