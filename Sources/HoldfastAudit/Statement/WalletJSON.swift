package import Holdfast
package import HoldfastText

extension Wallet {
    /// The object that `holdfast balance` prints.
    package var json: JSONWriter {
        JSONWriter.line { json in
            json.member("tenant", player.tenant as String?)
            json.member("player", player.id as String?)
            json.member("seq", seq)
            json.member("locked", isLocked)
            json.key("assets")
            json.beginObject()
            for funds in funds {
                json.key(funds.asset as String)
                json.beginObject()
                json.member("balance", funds.balance)
                json.member("held", funds.held)
                json.member("available", funds.available)
                json.endObject()
            }
            json.endObject()
            json.member("holds", objects: holds) { hold, json in
                json.member("request_id", hold.requestID as String?)
                json.member("asset", hold.asset as String?)
                json.member("amount", hold.amount)
                json.member("expires_at", hold.expiresAt)
            }
        }
    }
}
