package import Holdfast
package import HoldfastText

extension Wallet {
    /// The object that `holdfast balance` prints.
    package var json: JSONWriter {
        var json = JSONWriter()
        json.beginObject()
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
        json.key("holds")
        json.beginArray()
        for hold in holds {
            json.beginObject()
            json.member("request_id", hold.requestID as String?)
            json.member("asset", hold.asset as String?)
            json.member("amount", hold.amount)
            json.member("expires_at", hold.expiresAt)
            json.endObject()
        }
        json.endArray()
        json.endObject()
        json.newline()
        return json
    }
}
