internal import HoldfastLog

/// What rows of one tenant are sorted by: the player's bytes, then the number in the player's log; of an exchange the
/// row of what went out comes before the row of what came in.
package struct RowKey: Equatable, Comparable, Sendable {
    package var player: [UInt8]
    package var seq: UInt64
    /// 1 for the incoming half of an exchange.
    package var half: UInt8

    package init(player: [UInt8], seq: UInt64, half: UInt8) {
        self.player = player
        self.seq = seq
        self.half = half
    }

    package static func < (left: RowKey, right: RowKey) -> Bool {
        let order = comparePlayers(left.player, right.player)
        return order != 0 ? order < 0 : (left.seq, left.half) < (right.seq, right.half)
    }

    /// Whether this is the key of the given row.
    func isBefore(player: UnsafeRawBufferPointer, seq: UInt64, half: UInt8) -> Bool {
        let order = self.player.withUnsafeBytes { comparePlayers($0, player) }
        return order != 0 ? order < 0 : (self.seq, self.half) < (seq, half)
    }
}

/// Players are ordered by their bytes, as SQLite's BINARY collation does: below zero, zero, or above.
func comparePlayers(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
    compareBytes(left, right)
}

func comparePlayers(_ left: [UInt8], _ right: [UInt8]) -> Int {
    left.withUnsafeBytes { left in right.withUnsafeBytes { comparePlayers(left, $0) } }
}
