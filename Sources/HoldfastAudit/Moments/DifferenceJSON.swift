internal import Holdfast
package import HoldfastText
internal import HoldfastWallet

extension Moment {
    fileprivate func write(_ key: StaticString, to json: inout JSONWriter) {
        json.member(key) { json in
            switch self {
            case .time(let time): json.member("time", time)
            case .seq(let seq): json.member("seq", seq)
            case .position(let position): json.member("position", position)
            case .end: json.member("end", true)
            }
        }
    }
}

extension WalletDifference {
    package var json: JSONWriter {
        JSONWriter.line { json in
            json.member("tenant", player.tenant as String?)
            json.member("player", player.id as String?)
            from.write("from", to: &json)
            to.write("to", to: &json)
            json.member("seq_before", before?.seq ?? 0)
            json.member("seq_after", after?.seq ?? 0)
            json.member("events", events)
            json.member("locked_before", before?.isLocked ?? false)
            json.member("locked_after", after?.isLocked ?? false)
            json.member("assets", objects: purses, by: { $0.asset }) { purse, json in
                let (before, after) = (purse.before, purse.after)
                json.member("balance_before", before.balance)
                json.member("balance_after", after.balance)
                json.member("balance_change", after.balance - before.balance)
                json.member("held_before", before.held)
                json.member("held_after", after.held)
            }
            json.member("holds_opened", objects: holdsOpened) { $0.writeMembers(to: &$1) }
            json.member("holds_ended", objects: holdsEnded) { $0.writeMembers(to: &$1) }
            FlowJSON.write(flows, to: &json)
        }
    }
}

extension LedgerDifference {
    package var json: JSONWriter {
        JSONWriter.line { json in
            from.write("from", to: &json)
            to.write("to", to: &json)
            json.member("events_before", before.events)
            json.member("events_after", after.events)
            json.member("players_before", before.players)
            json.member("players_after", after.players)
            json.member("players_changed", playersChanged)
            json.member("open_holds_before", before.openHolds)
            json.member("open_holds_after", after.openHolds)
            json.member("assets", objects: assets, by: { $0.description }) { asset, json in
                let (before, after) = (before.totals[asset] ?? .init(), after.totals[asset] ?? .init())
                json.member("balance_before", wide: before.balance)
                json.member("balance_after", wide: after.balance)
                json.member("balance_change", wide: after.balance - before.balance)
                json.member("held_before", wide: before.held)
                json.member("held_after", wide: after.held)
            }
            FlowJSON.write(flows, to: &json)
        }
    }
}

/// What moved, by what it was.
enum FlowJSON {
    static func write(_ flows: [Statement.Flow], to json: inout JSONWriter) {
        json.member("moved", objects: flows) { flow, json in
            json.member("what", flow.name as String?)
            json.member("asset", flow.asset.description as String?)
            json.member("count", flow.count)
            json.member("sum", wide: flow.sum)
            json.member("balance_change", wide: flow.effect)
        }
    }
}

extension LedgerDifference.Total {
    static func write(_ totals: some Sequence<(String, Self)>, to json: inout JSONWriter) {
        json.member("assets", objects: totals, by: { $0.0 }) { total, json in
            json.member("balance", wide: total.1.balance)
            json.member("held", wide: total.1.held)
        }
    }
}
