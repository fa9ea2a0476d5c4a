package import HoldfastLog

/// What is wrong with a record that should be a wallet's event.
package struct MalformedEvent: Error, Equatable, Sendable, CustomStringConvertible {
    package let what: StaticString

    package var description: String { what.description }

    package static func == (left: MalformedEvent, right: MalformedEvent) -> Bool {
        left.description == right.description
    }
}

extension WalletEvent {
    /// The event of a record. The record's own checksum says that it is as it was written; this says that what was
    /// written is an event of a wallet, and must hold against a file that someone made up.
    package init(record: RecordView) throws(MalformedEvent) {
        self.init()
        try read(record)
    }

    /// Fills in a fresh event. (In place: returned from a call that may throw, it would be copied three times.)
    @inline(__always)
    mutating func read(_ record: RecordView) throws(MalformedEvent) {
        guard let kind = EventKind(rawValue: record.type) else { throw MalformedEvent(what: "its type is not known") }
        guard record.schemaVersion == Self.schemaVersion else {
            throw MalformedEvent(what: "its schema version is not known")
        }
        self.kind = kind
        seq = record.revision
        previous = record.previous
        time = record.time
        try readKey(record.key)
        try readPayload(record.payload)
        try checkSense()
    }

    /// Only what request memory wants to know: the kind, the time, the names and `about`.
    @inline(__always)
    mutating func readNames(_ record: RecordView) throws(MalformedEvent) {
        guard let kind = EventKind(rawValue: record.type), record.schemaVersion == Self.schemaVersion else {
            throw MalformedEvent(what: "its type or schema version is not known")
        }
        self.kind = kind
        time = record.time
        try readPayload(record.payload)
    }

    @inline(__always)
    private mutating func readKey(_ key: UnsafeRawBufferPointer) throws(MalformedEvent) {
        var slash = 0
        while slash < key.count, key[slash] != UInt8(ascii: "/") { slash &+= 1 }
        guard slash >= 1, slash <= TextRules.tenantBytesMax, key.count - slash - 1 >= 1,
            key.count - slash - 1 <= TextRules.bytesMax
        else { throw MalformedEvent(what: "its key is not that of a tenant's player") }
        setTenant(UnsafeRawBufferPointer(rebasing: key[..<slash]))
        setPlayer(UnsafeRawBufferPointer(rebasing: key[(slash + 1)...]))
    }

    @inline(__always)
    private mutating func readPayload(_ payload: UnsafeRawBufferPointer) throws(MalformedEvent) {
        guard payload.count >= 8, let base = payload.baseAddress else {
            throw MalformedEvent(what: "its payload is too short")
        }
        func byte(_ offset: Int) -> UInt8 { base.load(fromByteOffset: offset, as: UInt8.self) }
        let parts = byte(1)
        guard parts & ~Part.all == 0 else { throw MalformedEvent(what: "it has parts that are not known") }
        try readMeaning(operation: byte(0), reason: byte(2), movement: byte(3))
        let counts = (Int(byte(4)), Int(byte(5)), Int(byte(6)), Int(byte(7)))
        let known = 8 + readable(parts) + counts.0 + counts.1 + counts.2 + counts.3
        guard known <= payload.count, counts.0 <= AssetName.bytesMax, counts.1 <= TextRules.bytesMax,
            counts.2 <= TextRules.bytesMax, counts.3 <= TextRules.bytesMax,
            payload.count - known <= TextRules.bytesMax
        else { throw MalformedEvent(what: "its texts do not fit its payload") }
        var at = base + 8
        readFixed(parts, at: &at)
        texts.assetCount = byte(4)
        texts.requestCount = byte(5)
        texts.targetCount = byte(6)
        texts.refCount = byte(7)
        texts.otherCount = UInt8(payload.count - known)
        texts.asset = at
        texts.middle = at + counts.0
        texts.other = at + counts.0 + texts.middleCount
        guard (parts & Part.balances != 0) == (asset.count > 0) else {
            throw MalformedEvent(what: "it has balances without an asset, or an asset without balances")
        }
    }

    @inline(__always)
    private func readable(_ parts: UInt8) -> Int {
        let single = parts & (Part.fingerprint | Part.amount | Part.about | Part.moment)
        return single.nonzeroBitCount &* 8 &+ (parts & Part.balances != 0 ? 16 : 0)
            &+ (parts & Part.exchange != 0 ? 40 : 0)
    }

    @inline(__always)
    private mutating func readMeaning(operation raw: UInt8, reason: UInt8, movement: UInt8) throws(MalformedEvent) {
        if raw != 0 {
            guard let known = Operation(rawValue: raw) else { throw MalformedEvent(what: "its operation is not known") }
            operation = known
        }
        switch kind {
        case .refused:
            guard let known = Refusal(rawValue: reason), known.isRecorded else {
                throw MalformedEvent(what: "its refusal is not one that is recorded")
            }
            refusal = known
        case .rolledBack:
            guard let known = Undone(rawValue: reason) else {
                throw MalformedEvent(what: "it does not say what was rolled back")
            }
            undone = known
        default:
            guard reason == 0 else { throw MalformedEvent(what: "it has a reason that its type does not take") }
        }
        guard movement == 0 || Kind.wireName(movement) != nil else {
            throw MalformedEvent(what: "its kind is not known")
        }
        self.movement = movement
    }

    @inline(__always)
    private mutating func readFixed(_ parts: UInt8, at: inout UnsafeRawPointer) {
        if parts & Part.fingerprint != 0 { fingerprint = UInt64(bitPattern: Self.take(at: &at)) }
        if parts & Part.amount != 0 { amount = Self.take(at: &at) }
        if parts & Part.balances != 0 {
            balanceAfter = Self.take(at: &at)
            heldAfter = Self.take(at: &at)
        }
        if parts & Part.about != 0 { about = UInt64(bitPattern: Self.take(at: &at)) }
        if parts & Part.moment != 0 { moment = Self.take(at: &at) }
        if parts & Part.exchange != 0 {
            toAmount = Self.take(at: &at)
            toBalance = Self.take(at: &at)
            toHeld = Self.take(at: &at)
            numerator = Self.take(at: &at)
            denominator = Self.take(at: &at)
        }
    }

    @inline(__always)
    private static func take(at: inout UnsafeRawPointer) -> Int64 {
        let value = at.loadUnaligned(as: Int64.self)
        at += 8
        return value
    }

    /// Bounds, and the texts that each type of event must have. Everything after this may compute with the numbers
    /// without fear of overflow.
    @inline(__always)
    private func checkSense() throws(MalformedEvent) {
        let bound = -Amount.max...Amount.max
        guard (0...Amount.max).contains(amount), bound.contains(balanceAfter), (0...Amount.max).contains(heldAfter),
            (0...Amount.max).contains(toAmount), bound.contains(toBalance), (0...Amount.max).contains(toHeld)
        else { throw MalformedEvent(what: "an amount or balance is out of bounds") }
        guard (0...Amount.max).contains(time), moment >= 0, moment <= Amount.max << 1 else {
            throw MalformedEvent(what: "a time is out of bounds")
        }
        guard (operation != nil) == kind.isCommand, (requestID.count > 0) == (kind != .holdExpired) else {
            throw MalformedEvent(what: "its command or request_id does not go with its type")
        }
        guard !kind.changesTarget || target.count > 0 else { throw MalformedEvent(what: "it has no target") }
        switch kind {
        case .credited, .debited, .authorised, .confirmed, .rolledBack, .transferred, .received, .exchanged,
            .holdExpired:
            guard asset.count > 0 else { throw MalformedEvent(what: "it has no asset") }
        case .tombstoned, .locked, .unlocked:
            guard asset.count == 0 else { throw MalformedEvent(what: "it has an asset that its type does not take") }
        case .refused: break
        }
        switch kind {
        case .authorised: guard moment > time else { throw MalformedEvent(what: "its hold ends before it begins") }
        case .confirmed:
            guard (amount...Amount.max).contains(moment) else {
                throw MalformedEvent(what: "it takes more than its hold")
            }
        case .exchanged:
            guard other.count > 0, other.count <= AssetName.bytesMax else {
                throw MalformedEvent(what: "it does not say into which asset")
            }
        default: break
        }
    }
}
