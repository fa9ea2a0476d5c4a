/// The statements that write a shard, prepared once.
struct ShardStatements {
    let findPlayer: Statement
    let addPlayer: Statement
    let changePlayer: Statement
    let lastPlayer: Statement
    let findAsset: Statement
    let addAsset: Statement
    let purse: Statement
    let total: Statement
    let activity: Statement
    let openHold: Statement
    let closeHold: Statement
    let cursor: Statement

    init(_ database: Database) throws(TablesError) {
        findPlayer = try database.prepare("SELECT ref FROM player_refs WHERE tenant_id = ? AND player_id = ?")
        addPlayer = try database.prepare("INSERT INTO player_refs VALUES (?, ?, ?, 0, ?, 0)")
        changePlayer = try database.prepare(
            """
            UPDATE player_refs SET locked = coalesce(?2, locked), touched_at = max(touched_at, ?3) WHERE ref = ?1
            """)
        lastPlayer = try database.prepare("SELECT max(ref) FROM player_refs")
        findAsset = try database.prepare("SELECT ref FROM assets WHERE asset = ?")
        addAsset = try database.prepare("INSERT INTO assets(asset) VALUES (?) RETURNING ref")
        purse = try database.prepare(
            """
            INSERT INTO purses VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT(player, asset) DO UPDATE SET
              balance = iif(excluded.seq >= seq, excluded.balance, balance),
              held = iif(excluded.seq >= seq, excluded.held, held),
              seq = max(seq, excluded.seq), updated_at = max(updated_at, excluded.updated_at),
              deposits = deposits + excluded.deposits, withdrawals = withdrawals + excluded.withdrawals,
              bets = bets + excluded.bets, wins = wins + excluded.wins, promos = promos + excluded.promos,
              fees = fees + excluded.fees
            """)
        let columns = DailyTotals.columns
        total = try database.prepare(
            """
            INSERT INTO daily_totals(tenant_id, asset, day, \(columns.joined(separator: ", ")))
            VALUES (?, ?, ?\(String(repeating: ", ?", count: columns.count)))
            ON CONFLICT(tenant_id, asset, day) DO UPDATE SET
            \(columns.map { "\($0) = \($0) + excluded.\($0)" }.joined(separator: ", "))
            """)
        activity = try database.prepare(
            """
            INSERT INTO activity VALUES (?, ?, ?, ?)
            ON CONFLICT(day, asset, player) DO UPDATE SET did = did | excluded.did
            WHERE did | excluded.did <> did
            """)
        openHold = try database.prepare("INSERT INTO open_holds VALUES (?, ?, ?, ?, ?, ?, ?)")
        closeHold = try database.prepare("DELETE FROM open_holds WHERE hold = ?")
        cursor = try database.prepare("UPDATE cursor SET position = ?, moved_at = ?")
    }
}
