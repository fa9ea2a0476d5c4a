package import HoldfastText

extension Wallet {
    /// The object that `holdfast balance` prints.
    package var json: JSONWriter {
        JSONWriter.line { json in
            json.member("tenant", player.tenant as String?)
            json.member("player", player.id as String?)
            json.member("seq", seq)
            json.member("locked", isLocked)
            json.member("assets", objects: funds, by: { $0.asset }) { funds, json in
                json.member("balance", funds.balance)
                json.member("held", funds.held)
                json.member("available", funds.available)
            }
            json.member("holds", objects: holds) { $0.writeMembers(to: &$1) }
        }
    }
}

extension Wallet.Hold {
    package func writeMembers(to json: inout JSONWriter) {
        json.member("request_id", requestID as String?)
        json.member("asset", asset as String?)
        json.member("amount", amount)
        json.member("expires_at", expiresAt)
    }
}
