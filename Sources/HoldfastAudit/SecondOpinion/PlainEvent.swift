/// An event as docs/FORMAT.md describes it, read from the bytes of its record.
///
/// This folder is a second opinion: it was written from that document and shares no code with the wallet. What it
/// finds must be what the wallet finds; where the two differ, one of them is wrong, and an auditor wants to know.
struct PlainEvent {
    var type: UInt16 = 0
    /// `tenant/player`.
    var key = UnsafeRawBufferPointer(start: nil, count: 0)
    var revision: UInt64 = 0
    var time: Int64 = 0
    var position: UInt64 = 0
    var reason: UInt8 = 0
    var asset = UnsafeRawBufferPointer(start: nil, count: 0)
    var amount: Int64 = 0
    var balanceAfter: Int64 = 0
    var heldAfter: Int64 = 0
    var moment: Int64 = 0
    /// Of an exchange.
    var toAsset = UnsafeRawBufferPointer(start: nil, count: 0)
    var toAmount: Int64 = 0
    var toBalance: Int64 = 0
    var toHeld: Int64 = 0

    /// The types of events, by the numbers of the document.
    enum Kind {
        static let credited: UInt16 = 1
        static let debited: UInt16 = 2
        static let authorised: UInt16 = 3
        static let confirmed: UInt16 = 4
        static let rolledBack: UInt16 = 5
        static let transferred: UInt16 = 7
        static let received: UInt16 = 8
        static let exchanged: UInt16 = 9
        static let holdExpired: UInt16 = 12
        static let refused: UInt16 = 13
    }

    /// Reads the record at `base`, whose checksum was found right. False where the bytes are no event.
    mutating func read(_ base: UnsafeRawPointer) -> Bool {
        func u8(_ at: Int) -> Int { Int(base.load(fromByteOffset: at, as: UInt8.self)) }
        func u16(_ at: Int) -> UInt16 { UInt16(littleEndian: base.loadUnaligned(fromByteOffset: at, as: UInt16.self)) }
        func u64(_ at: Int) -> UInt64 { UInt64(littleEndian: base.loadUnaligned(fromByteOffset: at, as: UInt64.self)) }
        func i64(_ at: Int) -> Int64 { Int64(bitPattern: u64(at)) }

        let payloadBytes = u8(4) | u8(5) << 8 | u8(6) << 16
        let keyBytes = u8(7)
        type = u16(10)
        guard u16(12) == 1, type >= 1, type <= 13, payloadBytes >= 8 else { return false }
        revision = u64(16)
        time = i64(32)
        position = u64(40)
        key = UnsafeRawBufferPointer(start: base + 48, count: keyBytes)

        let payload = 48 + keyBytes
        let end = payload + payloadBytes
        let parts = u8(payload + 1)
        reason = UInt8(u8(payload + 2))
        let assetBytes = u8(payload + 4)
        let otherTexts = u8(payload + 5) + u8(payload + 6) + u8(payload + 7)
        var at = payload + 8
        let fixed =
            (parts & 1 + parts >> 1 & 1 + parts >> 3 & 1 + parts >> 4 & 1) * 8 + (parts >> 2 & 1) * 16
            + (parts >> 5 & 1) * 40
        guard parts < 64, at + fixed + assetBytes + otherTexts <= end else { return false }
        if parts & 1 != 0 { at += 8 }
        amount = 0
        if parts & 2 != 0 {
            amount = i64(at)
            at += 8
        }
        guard (parts & 4 != 0) == (assetBytes > 0) else { return false }
        if parts & 4 != 0 {
            balanceAfter = i64(at)
            heldAfter = i64(at + 8)
            at += 16
        }
        if parts & 8 != 0 { at += 8 }
        moment = 0
        if parts & 16 != 0 {
            moment = i64(at)
            at += 8
        }
        toAmount = 0
        if parts & 32 != 0 {
            toAmount = i64(at)
            toBalance = i64(at + 8)
            toHeld = i64(at + 16)
            at += 40
        }
        asset = UnsafeRawBufferPointer(start: base + at, count: assetBytes)
        toAsset = UnsafeRawBufferPointer(start: nil, count: 0)
        if type == Kind.exchanged {
            at += assetBytes + otherTexts
            toAsset = UnsafeRawBufferPointer(start: base + at, count: end - at)
            guard toAsset.count > 0, assetBytes > 0 else { return false }
        }
        return Self.isSane(amount) && Self.isSane(balanceAfter) && Self.isSane(heldAfter) && Self.isSane(moment)
            && Self.isSane(toAmount)
    }

    /// Sums of sane numbers can't overflow, however many a log holds.
    private static func isSane(_ number: Int64) -> Bool { number.magnitude <= 1 << 54 }

    /// What the event moves in its asset.
    var effect: (balance: Int64, held: Int64) {
        switch type {
        case Kind.credited, Kind.received: (amount, 0)
        case Kind.debited, Kind.transferred, Kind.exchanged: (-amount, 0)
        case Kind.authorised: (0, amount)
        case Kind.confirmed: (-amount, -moment)
        case Kind.holdExpired: (0, -amount)
        case Kind.rolledBack:
            switch reason {
            case 1: (0, -amount)
            case 2, 3: (amount, 0)
            case 4: (-amount, 0)
            default: (0, 0)
            }
        default: (0, 0)
        }
    }
}
