/// A command in a batch's memory, little-endian, 8-byte aligned. Never on disk.
///
///      0  u32  bytes of the frame           4  u8 key bytes   5  u8 tenant bytes   6  u16 asset number
///      8  u16  to_asset number             10  u8 undeclared  11…15 zero
///     16  u64  hash of the key             24  u64 hash of the request_id
///     32  u64  hash of the target, of a transfer's recipient, or 0
///     40  u64  fingerprint                 48  i64 at, or −1
///     56  u8   operation   57 u8 kind   58 u8 flags
///     59  u8   asset, 60 request_id, 61 target, 62 ref, 63 other: their bytes
///     64  i64  amount      72 i64 ttl or numerator   80 i64 denominator
///     88  the texts asset, request_id, target, ref, other, and then the key
///
/// The fingerprint is the XXH3 of bytes 56 up to the key: all that makes two requests the same request.
struct CommandFrame {
    let base: UnsafeRawPointer

    static let textsOffset = 88
    static let fingerprintedFrom = 56

    init(_ base: UnsafeRawPointer) { self.base = base }

    @inline(__always) func byte(_ offset: Int) -> Int { Int(base.load(fromByteOffset: offset, as: UInt8.self)) }

    @inline(__always) var frameBytes: Int { Int(base.load(as: UInt32.self)) }
    @inline(__always) var asset: AssetID { base.load(fromByteOffset: 6, as: UInt16.self) }
    @inline(__always) var toAsset: AssetID { base.load(fromByteOffset: 8, as: UInt16.self) }
    @inline(__always) var isUndeclared: Bool { byte(10) != 0 }
    @inline(__always) var keyHash: UInt64 { base.load(fromByteOffset: 16, as: UInt64.self) }
    @inline(__always) var requestHash: UInt64 { base.load(fromByteOffset: 24, as: UInt64.self) }
    @inline(__always) var targetHash: UInt64 { base.load(fromByteOffset: 32, as: UInt64.self) }
    @inline(__always) var fingerprint: UInt64 { base.load(fromByteOffset: 40, as: UInt64.self) }
    @inline(__always) var at: Int64 { base.load(fromByteOffset: 48, as: Int64.self) }
    /// Frames are only built from prepared commands, so the byte is an operation's. Its raw values count from 1 and
    /// its memory from 0, which is asserted at the start (`SlotLayout`); looking it up would take 10 ns.
    @inline(__always)
    var operation: Operation {
        unsafeBitCast(base.load(fromByteOffset: 56, as: UInt8.self) &- 1, to: Operation.self)
    }
    @inline(__always) var kind: UInt8 { base.load(fromByteOffset: 57, as: UInt8.self) }
    @inline(__always) var flags: UInt8 { base.load(fromByteOffset: 58, as: UInt8.self) }
    @inline(__always) var amount: Int64 { base.load(fromByteOffset: 64, as: Int64.self) }
    @inline(__always) var first: Int64 { base.load(fromByteOffset: 72, as: Int64.self) }
    @inline(__always) var second: Int64 { base.load(fromByteOffset: 80, as: Int64.self) }
    @inline(__always) var hasTarget: Bool { byte(61) != 0 }

    @inline(__always)
    private func text(_ offset: Int, _ count: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: base + (Self.textsOffset &+ offset), count: count)
    }

    @inline(__always) var assetName: UnsafeRawBufferPointer { text(0, byte(59)) }
    @inline(__always) var requestID: UnsafeRawBufferPointer { text(byte(59), byte(60)) }
    @inline(__always) var target: UnsafeRawBufferPointer { text(byte(59) &+ byte(60), byte(61)) }
    @inline(__always) var ref: UnsafeRawBufferPointer { text(byte(59) &+ byte(60) &+ byte(61), byte(62)) }
    @inline(__always)
    var other: UnsafeRawBufferPointer { text(byte(59) &+ byte(60) &+ byte(61) &+ byte(62), byte(63)) }

    /// Hands its texts to an event.
    @inline(__always)
    func lend(to texts: inout EventTexts) {
        let counts = base.load(fromByteOffset: 56, as: UInt64.self)
        let assetCount = UInt8(truncatingIfNeeded: counts >> 24)
        texts.requestCount = UInt8(truncatingIfNeeded: counts >> 32)
        texts.targetCount = UInt8(truncatingIfNeeded: counts >> 40)
        texts.refCount = UInt8(truncatingIfNeeded: counts >> 48)
        texts.otherCount = UInt8(truncatingIfNeeded: counts >> 56)
        let middle = base + (Self.textsOffset &+ Int(assetCount))
        texts.middle = middle
        let other = middle + texts.middleCount
        texts.other = other
        let tenant = other + Int(texts.otherCount)
        texts.tenant = tenant
        texts.tenantCount = UInt8(truncatingIfNeeded: byte(5))
        texts.player = tenant + (byte(5) &+ 1)
        texts.playerCount = UInt8(truncatingIfNeeded: byte(4) &- byte(5) &- 1)
    }

    @inline(__always)
    private var keyOffset: Int { byte(59) &+ byte(60) &+ byte(61) &+ byte(62) &+ byte(63) }
    @inline(__always) var tenant: UnsafeRawBufferPointer { text(keyOffset, byte(5)) }
    @inline(__always)
    var player: UnsafeRawBufferPointer { text(keyOffset &+ byte(5) &+ 1, byte(4) &- byte(5) &- 1) }

    /// The command for the decision's table.
    @inline(__always)
    var command: Command {
        switch operation {
        case .credit: .credit(amount: amount)
        case .debit: .debit(amount: amount)
        case .authorise: .authorise(amount: amount, ttlMilliseconds: first)
        case .confirm: .confirm(amount: flags & PreparedCommand.hasAmount == 0 ? nil : amount)
        case .rollback: .rollback(isForced: flags & PreparedCommand.isForced != 0)
        case .transfer: .transfer(amount: amount)
        case .exchange: .exchange(amount: amount, numerator: first, denominator: second)
        case .lock: .lock
        case .unlock: .unlock
        }
    }
}
