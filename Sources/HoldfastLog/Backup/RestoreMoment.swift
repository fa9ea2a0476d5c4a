/// How far a restore goes.
package enum RestoreMoment: Sendable, Equatable {
    /// All that the backup holds.
    case newest
    /// The events up to a time, that included. Times never go backwards within a lane.
    case time(Int64)
    /// The events up to a position, that included.
    case position(UInt64)

    func includes(_ record: RecordView) -> Bool {
        switch self {
        case .newest: true
        case .time(let time): record.time <= time
        case .position(let position): record.position <= position
        }
    }

    /// Whether every event of a batch is surely included, by its header alone.
    func includesAll(of batch: BatchHeader) -> Bool {
        switch self {
        case .newest: true
        // A batch's time is that of its commit: no event in it is later.
        case .time(let time): batch.time <= time
        case .position(let position): batch.position + UInt64(batch.count) <= position + 1
        }
    }
}

/// Says which events belong together over two lanes, such as the halves of a transfer: those of one round with equal
/// names are restored all or none. Nil for an event that stands for itself.
package typealias EventBond = (RecordView) -> [UInt8]?
