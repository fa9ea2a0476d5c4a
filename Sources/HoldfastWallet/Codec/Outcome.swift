/// The answer to one command: numbers only, written by the lane into the batch that brought the command.
package struct Outcome: Equatable, Sendable, BitwiseCopyable {
    package enum Status: UInt8, Sendable, BitwiseCopyable {
        case pending = 0
        case accepted = 1
        case refused = 2
        /// The command could not be decided and changed nothing; the batch has the reason.
        case failed = 3
    }

    package var status = Status.pending
    package var isDuplicate = false
    /// What happened, where the command was accepted.
    package var event = EventKind.refused
    /// Why not, where it was refused.
    package var refusal = Refusal.invalidRequest
    /// Whose balances these are; 0 where no asset is concerned.
    package var asset: AssetID = 0
    package var toAsset: AssetID = 0
    /// In the player's log, from 1; 0 where nothing was recorded.
    package var seq: UInt64 = 0
    package var amount: Int64 = 0
    package var balance: Int64 = 0
    package var held: Int64 = 0
    /// Of an `authorised` event `expiresAt`, of an `exchanged` one `toAmount`, else 0.
    var extra: Int64 = 0
    /// Of an `exchanged` event, else 0.
    package var toBalance: Int64 = 0
    /// When the event was recorded; for what leaves no event, when it was decided.
    package var time: Int64 = 0
    /// Which of the log's batches that its command batch has records in, and which event there.
    var batchOrdinal: UInt16 = 0
    var isRecordedNow = false
    var indexInBatch: UInt32 = 0

    package var available: Int64 { balance &- held }
    /// Of an `authorised` event.
    package var expiresAt: Int64 { extra }
    /// Of an `exchanged` event: what came in.
    package var toAmount: Int64 { extra }
    package var hasAsset: Bool { asset != 0 }

    package init() {}

    @inline(__always)
    static func refused(_ refusal: Refusal, at time: Int64) -> Outcome {
        var outcome = Outcome()
        outcome.status = .refused
        outcome.refusal = refusal
        outcome.time = time
        return outcome
    }
}
