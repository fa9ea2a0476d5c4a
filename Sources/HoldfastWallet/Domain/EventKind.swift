/// What happened. The raw value is the type of the record in the log; it never changes its meaning.
public enum EventKind: UInt16, Sendable, BitwiseCopyable, CaseIterable {
    case credited = 1
    case debited = 2
    case authorised = 3
    case confirmed = 4
    case rolledBack = 5
    case tombstoned = 6
    case transferred = 7
    case received = 8
    case exchanged = 9
    case locked = 10
    case unlocked = 11
    case holdExpired = 12
    case refused = 13

    /// The name as answers and rows spell it: `hold_expired`.
    public var name: String { wireName.description }

    package var wireName: StaticString {
        switch self {
        case .credited: "credited"
        case .debited: "debited"
        case .authorised: "authorised"
        case .confirmed: "confirmed"
        case .rolledBack: "rolled_back"
        case .tombstoned: "tombstoned"
        case .transferred: "transferred"
        case .received: "received"
        case .exchanged: "exchanged"
        case .locked: "locked"
        case .unlocked: "unlocked"
        case .holdExpired: "hold_expired"
        case .refused: "refused"
        }
    }

    /// Whether a command of this player caused it. The others bear a request_id too, but don't answer to it: a
    /// `received` transfer is the sender's command, and an expiry is nobody's.
    var isCommand: Bool {
        switch self {
        case .received, .holdExpired: false
        case .credited, .debited, .authorised, .confirmed, .rolledBack, .tombstoned, .transferred, .exchanged,
            .locked, .unlocked, .refused:
            true
        }
    }

    /// Whether it changes what the request that `target` names has become.
    var changesTarget: Bool {
        switch self {
        case .confirmed, .rolledBack, .tombstoned, .holdExpired: true
        case .credited, .debited, .authorised, .transferred, .received, .exchanged, .locked, .unlocked, .refused:
            false
        }
    }
}
