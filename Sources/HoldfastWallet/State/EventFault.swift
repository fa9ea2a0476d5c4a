/// Why an event does not follow from the state before it, as evidence: what was expected, and what the event says.
package struct EventFault: Sendable, Equatable {
    package enum What: Sendable {
        case malformed, seq, hold, balance, other
    }

    package var what: What
    /// Of a balance.
    package var asset: AssetName?
    package var expected: String
    package var found: String
}
