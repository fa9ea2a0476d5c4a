/// Why a command was refused. A refusal is an answer, not a failure.
///
/// The raw value is what the log keeps; it never changes its meaning.
public enum Refusal: UInt8, Sendable, BitwiseCopyable, CaseIterable {
    // Recorded: they depend on state, so the retry must get the same answer and an auditor must see them.
    case targetRolledBack = 1
    case amountOverflow = 2
    case playerLocked = 3
    case insufficientFunds = 4
    case unknownTarget = 5
    case alreadyConfirmed = 6
    case alreadyRolledBack = 7
    case holdExpired = 8
    case invalidTarget = 9
    case amountExceedsHold = 10
    case unknownRecipient = 11
    case amountTooSmall = 12

    // Never recorded.
    case invalidRequest = 64
    case unknownAsset = 65
    case unknownPlayer = 66
    case requestIDReused = 67
    case rolledBack = 68

    /// Whether the refusal is an event in the player's log.
    public var isRecorded: Bool { rawValue < 64 }

    /// The code as answers and rows spell it: `insufficient_funds`.
    public var name: String { wireName.description }

    package var wireName: StaticString {
        switch self {
        case .targetRolledBack: "target_rolled_back"
        case .amountOverflow: "amount_overflow"
        case .playerLocked: "player_locked"
        case .insufficientFunds: "insufficient_funds"
        case .unknownTarget: "unknown_target"
        case .alreadyConfirmed: "already_confirmed"
        case .alreadyRolledBack: "already_rolled_back"
        case .holdExpired: "hold_expired"
        case .invalidTarget: "invalid_target"
        case .amountExceedsHold: "amount_exceeds_hold"
        case .unknownRecipient: "unknown_recipient"
        case .amountTooSmall: "amount_too_small"
        case .invalidRequest: "invalid_request"
        case .unknownAsset: "unknown_asset"
        case .unknownPlayer: "unknown_player"
        case .requestIDReused: "request_id_reused"
        case .rolledBack: "rolled_back"
        }
    }
}
