internal import Holdfast
package import HoldfastLog
package import HoldfastText

/// A point in a ledger's history: up to and including a time, an event of a player's log, or a position of the log.
package enum Moment: Equatable, Sendable {
    case time(Int64)
    case seq(UInt64)
    case position(UInt64)
    /// Everything that the log holds.
    case end

    ///     try Moment("2025-11-21T00:00:00Z"), Moment("seq:7"), Moment("position:1200"), Moment("end")
    package init(_ text: String) throws(UsageError) {
        if text == "end" {
            self = .end
            return
        }
        for (prefix, make) in [("seq:", Moment.seq), ("position:", Moment.position)] where text.hasPrefix(prefix) {
            guard let number = UInt64(text.dropFirst(prefix.count)) else {
                throw UsageError("“\(text)” is not a moment: expected a whole number after \(prefix)")
            }
            self = make(number)
            return
        }
        do throws(TimeTextError) {
            self = .time(try RFC3339.milliseconds(text))
        } catch {
            throw UsageError("\(error); or seq:N, position:N, end")
        }
    }

    /// Whether a record happened by then. Along a lane this turns false once and stays so.
    package func includes(_ record: RecordView) -> Bool {
        switch self {
        case .time(let time): record.time <= time
        case .seq(let seq): record.revision <= seq
        case .position(let position): record.position <= position
        case .end: true
        }
    }

    /// No event after these happened by then.
    var latestTime: Int64? { if case .time(let time) = self { time } else { nil } }
    var latestPosition: UInt64? { if case .position(let position) = self { position } else { nil } }

    /// The wallet as it stood then: holds whose time had come have fallen back.
    func settle(_ wallet: Wallet) -> Wallet {
        if case .time(let time) = self { wallet.withHoldsEnded(by: time) } else { wallet }
    }

    package var text: String {
        switch self {
        case .time(let time): RFC3339.text(time)
        case .seq(let seq): "seq \(seq)"
        case .position(let position): "position \(position)"
        case .end: "the end of the log"
        }
    }
}
