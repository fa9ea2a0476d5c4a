/// The answers, with their members in the order of the worked examples.
extension JSONValue {
    /// A refusal that leaves no trace in the log.
    static func unrecorded(_ error: String, field: String? = nil) -> JSONValue {
        var members = [Member(key: "ok", value: false), Member(key: "error", value: .string(error))]
        if let field { members.append(Member(key: "field", value: .string(field))) }
        return .object(members)
    }

    static func refused(_ refusal: NaiveRefusal, asset: String?, player: NaivePlayer) -> JSONValue {
        let head = [
            Member(key: "ok", value: false), Member(key: "error", value: .string(refusal.rawValue)),
            Member(key: "seq", value: .integer(Int64(player.seq))),
        ]
        return .object(head + balances(of: asset, player))
    }

    static func accepted(_ change: NaiveChange, player: NaivePlayer) -> JSONValue {
        var members = [
            Member(key: "ok", value: true), Member(key: "event", value: .string(change.event)),
            Member(key: "amount", value: .integer(change.amount)),
            Member(key: "seq", value: .integer(Int64(player.seq))),
        ]
        members += balances(of: change.asset, player)
        if let expiresAt = change.opensHoldUntil {
            members.append(Member(key: "expires_at", value: .integer(expiresAt)))
        }
        if let exchanged = change.exchanged {
            let balance = player.purse(exchanged.asset).balance
            members += [
                Member(key: "to_asset", value: .string(exchanged.asset)),
                Member(key: "to_amount", value: .integer(exchanged.amount)),
                Member(key: "to_balance", value: .integer(balance)),
            ]
        }
        return .object(members)
    }

    private static func balances(of asset: String?, _ player: NaivePlayer) -> [Member] {
        guard let asset else { return [] }
        let purse = player.purse(asset)
        return [
            Member(key: "asset", value: .string(asset)),
            Member(key: "balance", value: .integer(purse.balance)),
            Member(key: "held", value: .integer(purse.held)),
            Member(key: "available", value: .integer(purse.available)),
        ]
    }

    /// The first answer again, balances and all: what it says was true when it was given.
    var asDuplicate: JSONValue {
        .object((members ?? []) + [Member(key: "duplicate", value: true)])
    }
}
