/// The batch that a lane is filling: a stretch of memory whose place in the log is already known, so that every
/// record's address is known the moment it is laid down.
@frozen @usableFromInline
package struct OpenBatch {
    @usableFromInline package let base: UnsafeMutableRawPointer
    /// Where the batch's header will stand in the lane's log.
    @usableFromInline package let address: UInt64
    /// Bytes that header and records may take; the trailer has its own room behind them.
    @usableFromInline package let capacity: Int
    @usableFromInline package var used: Int
    @usableFromInline package var count: Int

    @inlinable
    package init(base: UnsafeMutableRawPointer, address: UInt64, capacity: Int) {
        self.base = base
        self.address = address
        self.capacity = capacity
        used = 128  // BatchHeader.bytes; asserted where batches are opened
        count = 0
    }

    /// The address that the next record gets.
    @inlinable package var nextAddress: UInt64 { address &+ UInt64(truncatingIfNeeded: used) }

    /// Whether records of `bytes` in all, a multiple of 8, still fit.
    @inlinable package func hasRoom(for bytes: Int) -> Bool { capacity - used >= bytes }

    /// Room for one record of `size` bytes, a multiple of 8, which the caller fills whole. Check `hasRoom` first.
    @inlinable
    package mutating func reserve(_ size: Int) -> UnsafeMutableRawPointer {
        precondition(hasRoom(for: size), "a record is laid down only where there is room for it")
        let place = base + used
        used &+= size
        count &+= 1
        return place
    }
}
