internal import HoldfastWallet

/// Reads a row of a day's table as the row of docs/DOMAIN.md.
enum EntryReader {
    /// What to select from a day's table `e`, with `p` of player_refs and `a` of assets.
    static let columns =
        "p.tenant_id, p.player_id, e.id, e.seq, e.event, a.asset, e.amount, e.balance_delta, e.held_delta, "
        + "e.balance_after, e.held_after, e.request_id, e.target, e.kind, e.ref, e.error, e.created_at"
    static let idColumn: Int32 = 2

    /// The texts are good until the statement steps on.
    static func read(_ row: Statement, in file: String) throws(TablesError) -> EventRow {
        let id = row.integer(idColumn)
        guard let event = EventKind(rawValue: UInt16(truncatingIfNeeded: row.integer(4))) else {
            throw .foreignFile(
                file: file, found: "row \(id) with the unknown event \(row.integer(4))", expected: "an event's number")
        }
        return EventRow(
            tenantID: row.bytes(0), playerID: row.bytes(1), seq: UInt64(row.integer(3)),
            position: EntryID.position(id), event: event, asset: row.bytesIfAny(5), amount: row.integerIfAny(6),
            balanceDelta: row.integerIfAny(7), heldDelta: row.integerIfAny(8), balanceAfter: row.integerIfAny(9),
            heldAfter: row.integerIfAny(10), requestID: row.bytesIfAny(11), target: row.bytesIfAny(12),
            kind: row.integerIfAny(13).flatMap { Kind.wireName(UInt8(truncatingIfNeeded: $0)) },
            ref: row.bytesIfAny(14),
            error: row.integerIfAny(15).flatMap { Refusal(rawValue: UInt8(truncatingIfNeeded: $0)) },
            createdAt: row.integer(16))
    }
}
