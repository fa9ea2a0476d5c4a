package import HoldfastLog

/// Records on their way to one shard, copied one behind the other out of the log. Made once and used over and over.
///
/// Each has 16 bytes in front: u64 address, u32 size, u16 lane, u8 kind of the command that a rollback undid, u8 0.
package final class RecordBatch {
    private var base: UnsafeMutableRawPointer
    private var capacity: Int
    package private(set) var bytes = 0
    package private(set) var count = 0
    /// Every event up to here that belongs to the shard is in this batch or came before it.
    package var upTo: UInt64 = 0
    /// When the first record was added, in nanoseconds of the monotonic clock.
    package var begunAt: Int64 = 0

    private static let prefixBytes = 16

    package init(capacity: Int = 64 << 10) {
        self.capacity = capacity
        base = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit { base.deallocate() }

    package func removeAll() {
        bytes = 0
        count = 0
    }

    package func append(_ record: RecordView, at address: UInt64, lane: Int, undoneMovement: UInt8) {
        let size = record.size
        if bytes + Self.prefixBytes + size > capacity { grow(toHold: bytes + Self.prefixBytes + size) }
        let place = base + bytes
        place.storeBytes(of: address, as: UInt64.self)
        place.storeBytes(of: UInt32(size), toByteOffset: 8, as: UInt32.self)
        place.storeBytes(of: UInt32(lane) | UInt32(undoneMovement) << 16, toByteOffset: 12, as: UInt32.self)
        (place + Self.prefixBytes).copyMemory(from: record.base, byteCount: size)
        // Records are whole multiples of 8 bytes, so the next one is aligned too.
        bytes += Self.prefixBytes + size
        count += 1
    }

    private func grow(toHold needed: Int) {
        capacity = max(needed, capacity * 2)
        let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
        larger.copyMemory(from: base, byteCount: bytes)
        base.deallocate()
        base = larger
    }

    /// In the order of the log.
    @inline(__always)
    func forEach(_ body: (PlacedEntry) throws(TablesError) -> Void) throws(TablesError) {
        var at = 0
        while at < bytes {
            let place = UnsafeRawPointer(base + at)
            let size = Int(place.load(fromByteOffset: 8, as: UInt32.self))
            let flags = place.load(fromByteOffset: 12, as: UInt32.self)
            try body(
                PlacedEntry(
                    record: RecordView(place + Self.prefixBytes), address: place.load(as: UInt64.self),
                    lane: Int(flags & 0xFFFF), undoneMovement: UInt8(truncatingIfNeeded: flags >> 16)))
            at += Self.prefixBytes + size
        }
    }
}

/// A record, and what the log says about it beside its bytes.
struct PlacedEntry {
    let record: RecordView
    let address: UInt64
    let lane: Int
    /// Of a rollback: the kind of the debit or credit that it undid, or 0.
    let undoneMovement: UInt8

    /// Names a hold by where it was opened: a number that grows, and that later events about the hold know.
    static func hold(address: UInt64, lane: Int) -> Int64 { Int64(address) << 6 | Int64(lane) }
}
