package import HoldfastText
package import HoldfastWallet

/// Answers as the command line and the service write them: one object a line, the fields of docs/DOMAIN.md in order.
package enum AnswerJSON {
    package static func write(_ outcome: Outcome, _ names: inout AssetNames, to json: inout JSONWriter) {
        json.beginObject()
        if outcome.status == .accepted {
            json.member("ok", true)
            json.member("event", outcome.event.wireName)
            json.member("amount", outcome.amount)
            json.member("seq", outcome.seq)
        } else {
            json.member("ok", false)
            json.member("error", outcome.refusal.wireName)
            if outcome.seq > 0 { json.member("seq", outcome.seq) }
        }
        if outcome.hasAsset {
            names.write("asset", outcome.asset, to: &json)
            json.member("balance", outcome.balance)
            json.member("held", outcome.held)
            json.member("available", outcome.available)
        }
        if outcome.status == .accepted, outcome.event == .authorised { json.member("expires_at", outcome.expiresAt) }
        if outcome.status == .accepted, outcome.event == .exchanged {
            names.write("to_asset", outcome.toAsset, to: &json)
            json.member("to_amount", outcome.toAmount)
            json.member("to_balance", outcome.toBalance)
        }
        if outcome.isDuplicate { json.member("duplicate", true) }
        json.endObject()
        json.newline()
    }

    package static func writeInvalid(field: String?, to json: inout JSONWriter) {
        json.beginObject()
        json.member("ok", false)
        json.member("error", Refusal.invalidRequest.wireName)
        if let field { json.member("field", field as String?) }
        json.endObject()
        json.newline()
    }
}

/// The texts of assets by their process-local number, kept so that an answer costs no look-up behind a lock.
package struct AssetNames {
    private let registry: AssetRegistry
    private var known: [AssetName?] = []

    package init(_ registry: AssetRegistry) { self.registry = registry }

    package mutating func name(_ id: AssetID) -> AssetName {
        if Int(id) >= known.count { known += Array(repeating: nil, count: Int(id) + 1 - known.count) }
        if let name = known[Int(id)] { return name }
        let name = registry.name(of: id)
        known[Int(id)] = name
        return name
    }

    mutating func write(_ key: StaticString, _ id: AssetID, to json: inout JSONWriter) {
        name(id).withBytes { json.member(key, $0) }
    }
}
