package import HoldfastText

/// An event that could not be projected, and what became of it.
package struct DeadLetter: Sendable, Equatable {
    package enum State: String, Sendable {
        case open, retried, discarded
    }

    package let shard: Int
    /// Of the event in the log: the letter's number.
    package let position: UInt64
    package let tenant: String
    package let player: String
    package let seq: UInt64
    package let error: String
    package let attempts: Int
    package let failedAt: Int64
    package let state: State
    package let reason: String?
    package let settledAt: Int64?

    package func write(to json: inout JSONWriter) {
        json.beginObject()
        json.member("id", position)
        json.member("shard", shard)
        json.member("tenant", tenant as String?)
        json.member("player", player as String?)
        json.member("seq", seq)
        json.member("error", error as String?)
        json.member("attempts", attempts)
        json.member("failed_at", failedAt)
        json.member("state", state.rawValue as String?)
        json.member("reason", reason)
        json.member("settled_at", settledAt)
        json.endObject()
        json.newline()
    }
}
