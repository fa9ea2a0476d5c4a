internal import HoldfastWallet

/// A row of a day's table while it waits for its turn. Its texts, request_id, target and ref, lie behind it, one behind
/// the other.
struct GatheredRow {
    let id: Int64
    let seq: Int64
    let amount: Int64
    let balanceDelta: Int64
    let heldDelta: Int64
    let balanceAfter: Int64
    let heldAfter: Int64
    let createdAt: Int64
    let asset: Int32
    /// By the table's columns.
    let nulls: UInt16
    let event: UInt8
    let kind: UInt8
    let error: UInt8
    let requestIDCount: UInt8
    let targetCount: UInt8
    let refCount: UInt8

    /// The columns are those of `DayTable`, in their order.
    static let playerColumn = 1
    private static let size = MemoryLayout<GatheredRow>.size

    /// Copies a row into memory that is its own.
    @inline(__always)
    static func read(
        _ row: EntryValues, into memory: inout TextArena, in file: String
    ) throws(TablesError) -> UnsafePointer<GatheredRow> {
        let id = row.integer(0)
        let event = row.integer(3)
        guard EventKind(rawValue: UInt16(truncatingIfNeeded: event)) != nil, event < 256 else {
            throw .foreignFile(
                file: file, found: "row \(id) with the unknown event \(event)", expected: "an event's number")
        }
        var nulls: UInt16 = 0
        func number(_ column: Int) -> Int64 {
            if let value = row.integerIfAny(column) { return value }
            nulls |= 1 << UInt16(column)
            return 0
        }
        func text(_ column: Int) -> UnsafeRawBufferPointer {
            if let text = row.bytesIfAny(column) { return text }
            nulls |= 1 << UInt16(column)
            return UnsafeRawBufferPointer(start: nil, count: 0)
        }
        let (asset, amount) = (number(4), number(5))
        let (balanceDelta, heldDelta, balanceAfter, heldAfter) = (number(6), number(7), number(8), number(9))
        let (requestID, target, kind, ref, error) = (text(10), text(11), number(12), text(13), number(14))
        guard max(requestID.count, target.count, ref.count) <= Int(UInt8.max) else {
            throw .foreignFile(
                file: file, found: "row \(id) with a text of more than 255 bytes", expected: "texts of 64 at most")
        }
        let place = memory.reserve(size + requestID.count + target.count + ref.count, alignment: 8)
        let made = place.assumingMemoryBound(to: GatheredRow.self)
        made.initialize(
            to: GatheredRow(
                id: id, seq: row.integer(2), amount: amount, balanceDelta: balanceDelta, heldDelta: heldDelta,
                balanceAfter: balanceAfter, heldAfter: heldAfter, createdAt: row.integer(15),
                asset: Int32(truncatingIfNeeded: asset), nulls: nulls, event: UInt8(event),
                kind: UInt8(truncatingIfNeeded: kind), error: UInt8(truncatingIfNeeded: error),
                requestIDCount: UInt8(truncatingIfNeeded: requestID.count),
                targetCount: UInt8(truncatingIfNeeded: target.count), refCount: UInt8(truncatingIfNeeded: ref.count)))
        place.copy(requestID, at: size)
        place.copy(target, at: size + requestID.count)
        place.copy(ref, at: size + requestID.count + target.count)
        return UnsafePointer(made)
    }

    /// `place` is where it lies, with its texts behind it.
    @inline(__always)
    func row(
        at place: UnsafePointer<GatheredRow>, tenant: UnsafeRawBufferPointer, player: UnsafeRawBufferPointer,
        assets: [UnsafeRawBufferPointer?]
    ) -> EventRow {
        func isNull(_ column: UInt16) -> Bool { nulls & 1 << column != 0 }
        let isKnown = !isNull(4) && asset >= 0 && asset < assets.count
        func number(_ column: UInt16, _ value: Int64) -> Int64? { isNull(column) ? nil : value }
        func text(_ column: UInt16, from offset: Int, _ count: UInt8) -> UnsafeRawBufferPointer? {
            isNull(column)
                ? nil : UnsafeRawBufferPointer(start: UnsafeRawPointer(place) + Self.size + offset, count: Int(count))
        }
        let target = Int(requestIDCount)
        return EventRow(
            tenantID: tenant, playerID: player, seq: UInt64(seq), position: EntryID.position(id),
            event: EventKind(rawValue: UInt16(event))!, asset: isKnown ? assets[Int(asset)] : nil,
            amount: number(5, amount), balanceDelta: number(6, balanceDelta), heldDelta: number(7, heldDelta),
            balanceAfter: number(8, balanceAfter), heldAfter: number(9, heldAfter),
            requestID: text(10, from: 0, requestIDCount), target: text(11, from: target, targetCount),
            kind: isNull(12) ? nil : Kind.wireName(kind),
            ref: text(13, from: target + Int(targetCount), refCount),
            error: isNull(14) ? nil : Refusal(rawValue: error), createdAt: createdAt)
    }
}

extension UnsafeMutableRawPointer {
    @inline(__always)
    fileprivate func copy(_ text: UnsafeRawBufferPointer, at offset: Int) {
        if let base = text.baseAddress { (self + offset).copyMemory(from: base, byteCount: text.count) }
    }
}
