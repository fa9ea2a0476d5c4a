private import Glibc

/// Holds that were opened since they were last written: most are closed before that and are never written at all.
struct OpenHolds: ~Copyable {
    struct Hold {
        var player: Int64
        var asset: Int64
        var amount: Int64
        var createdAt: Int64
        var expiresAt: Int64
        var idCount: Int
        /// The request_id, 64 bytes at most.
        var id: InlineArray<64, UInt8>
    }

    private(set) var opened: [Int64: Int32] = [:]
    private var slots: [Hold] = []
    private var free: [Int32] = []
    /// Holds in the file that have ended.
    private(set) var closed: [Int64] = []

    mutating func open(
        _ hold: Int64, player: Int64, asset: Int64, amount: Int64, createdAt: Int64, expiresAt: Int64,
        id: UnsafeRawBufferPointer
    ) {
        var slot = Hold(
            player: player, asset: asset, amount: amount, createdAt: createdAt, expiresAt: expiresAt,
            idCount: id.count, id: .init(repeating: 0))
        withUnsafeMutableBytes(of: &slot.id) { $0.copyMemory(from: id) }
        if let reused = free.popLast() {
            slots[Int(reused)] = slot
            opened[hold] = reused
        } else {
            opened[hold] = Int32(slots.count)
            slots.append(slot)
        }
    }

    mutating func close(_ hold: Int64) {
        if let slot = opened.removeValue(forKey: hold) { free.append(slot) } else { closed.append(hold) }
    }

    var isLarge: Bool { opened.count > 1 << 18 }

    /// Those to be written, in the order in which they were opened.
    func forEachOpened(_ body: (Int64, borrowing Hold) throws(TablesError) -> Void) throws(TablesError) {
        for (hold, slot) in opened.sorted(by: { $0.key < $1.key }) { try body(hold, slots[Int(slot)]) }
    }

    mutating func removeAll() {
        opened.removeAll(keepingCapacity: true)
        slots.removeAll(keepingCapacity: true)
        free.removeAll(keepingCapacity: true)
        closed.removeAll(keepingCapacity: true)
    }
}
