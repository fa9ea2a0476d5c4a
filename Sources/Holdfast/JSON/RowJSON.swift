package import HoldfastText
package import HoldfastWallet

/// A row of docs/DOMAIN.md as a JSON object: all columns, in order, absent ones null.
package enum RowJSON {
    package static func write(_ row: EventRow, to json: inout JSONWriter) {
        json.beginObject()
        json.member("tenant_id", row.tenantID)
        json.member("player_id", row.playerID)
        json.member("seq", row.seq)
        json.member("position", row.position)
        json.member("event", row.event.wireName)
        json.member("asset", row.asset)
        json.member("amount", row.amount)
        json.member("balance_delta", row.balanceDelta)
        json.member("held_delta", row.heldDelta)
        json.member("balance_after", row.balanceAfter)
        json.member("held_after", row.heldAfter)
        json.member("request_id", row.requestID)
        json.member("target", row.target)
        word("kind", row.kind, to: &json)
        json.member("ref", row.ref)
        word("error", row.error?.wireName, to: &json)
        json.member("created_at", row.createdAt)
        json.endObject()
        json.newline()
    }

    package static func write(_ rows: EventRows, to json: inout JSONWriter) {
        write(rows.first, to: &json)
        if let second = rows.second { write(second, to: &json) }
    }

    private static func word(_ key: StaticString, _ word: StaticString?, to json: inout JSONWriter) {
        if let word { json.member(key, word) } else { json.nullMember(key) }
    }
}
