package import Holdfast
package import HoldfastLog

/// Where an event stands: in which batch of which lane, and in which file.
package struct EventLocation: Sendable, Equatable {
    package var lane: Int
    /// Number of the batch in its lane, and the hash that the chain carries on.
    package var batch: UInt64
    package var batchHash: String
    package var batchTime: Int64
    package var batchEvents: Int
    package var address: UInt64
    package var file: String
    /// In the segment as it was written: in the file itself where the segment isn't sealed.
    package var offset: UInt64
    package var isSealed = false
}

extension EventLocation {
    /// Where in the log a byte is, for people.
    static func words(_ file: String, byte offset: UInt64, isBeforeSealing: Bool) -> String {
        isBeforeSealing ? "\(file), byte \(offset) before it was sealed" : "\(file) at byte \(offset)"
    }
}

extension LedgerFiles {
    /// Finds the batch of a player's record that an earlier pass met at `address`.
    package func location(of address: UInt64, player: Player) throws(LedgerError) -> EventLocation {
        let log = logs[lane(of: player)]
        let cursor = try log.batches(from: address, upTo: log.tail.address)
        // A batch is good for as long as its cursor is there.
        defer { withExtendedLifetime(cursor) {} }
        guard let batch = try cursor.next(), batch.header.address <= address else {
            throw log.damage(at: address, "no batch holds the event that stands here")
        }
        let place = Self.place(of: address, in: log)
        return EventLocation(
            lane: log.at.lane, batch: batch.header.number, batchHash: batch.hash.hexadecimal,
            batchTime: batch.header.time, batchEvents: batch.header.count, address: address, file: place.file,
            offset: place.offset, isSealed: place.isSealed)
    }

    /// The file and the offset that an address means.
    package static func place(
        of address: UInt64, in log: FileBatchLog
    ) -> (file: String, offset: UInt64, isSealed: Bool) {
        guard case .damaged(let damage) = log.damage(at: address, "") else { return ("", address, false) }
        return (damage.file, damage.offset, damage.isBeforeSealing)
    }
}
