internal import CHoldfast

/// The fingerprint of the command that an event came from, as far as the event says what the command was: computed
/// over the same bytes as a `CommandFrame` has from its operation on.
///
/// Two things an event may not tell: whether a confirm named its amount, and whether a rollback was forced. So there
/// are two ways to read it. Of a refused authorise the time to live is not known; it is taken to be the usual one.
struct ImpliedFingerprint: ~Copyable {
    private let scratch = UnsafeMutableRawPointer.allocate(byteCount: 32 + 5 * 256, alignment: 16)
    private static let ttlMillisecondsUsual: Int64 = 30_000

    deinit { scratch.deallocate() }

    /// `texts` are request_id, target, ref and other, one behind the other.
    @inline(__always)
    func compute(
        _ shape: PayloadShape, type: UInt16, amount: Int64, moment: Int64, time: Int64, numerator: Int64,
        denominator: Int64, texts: UnsafeRawPointer, theOtherWay: Bool
    ) -> UInt64 {
        guard let operation = Operation(rawValue: shape.operation) else { return 0 }
        var flags: UInt8 = 0
        var said: Int64 = 0
        var first: Int64 = 0
        var second: Int64 = 0
        var namesAsset = true
        switch operation {
        case .credit, .debit, .transfer: (flags, said) = (PreparedCommand.hasAmount, amount)
        case .authorise:
            (flags, said) = (PreparedCommand.hasAmount, amount)
            first = type == EventKind.authorised.rawValue ? moment &- time : Self.ttlMillisecondsUsual
        case .exchange:
            (flags, said) = (PreparedCommand.hasAmount, amount)
            (first, second) = (numerator, denominator)
        case .confirm:
            if theOtherWay { (flags, said) = (PreparedCommand.hasAmount, amount) }
            namesAsset = false
        case .rollback:
            if theOtherWay { flags = PreparedCommand.isForced }
            namesAsset = false
        case .lock, .unlock: namesAsset = false
        }
        let assetCount = namesAsset ? shape.assetCount : 0
        let textCount = shape.requestCount &+ shape.targetCount &+ shape.refCount &+ Int(shape.otherCount)
        let counts =
            UInt64(shape.operation) | UInt64(shape.movement) << 8 | UInt64(flags) << 16
            | UInt64(assetCount) << 24 | (shape.head >> 40) << 32 | UInt64(shape.otherCount) << 56
        scratch.storeUnaligned(counts)
        scratch.storeUnaligned(said, at: 8)
        scratch.storeUnaligned(first, at: 16)
        scratch.storeUnaligned(second, at: 24)
        copyBytes(from: UnsafeRawBufferPointer(start: shape.asset, count: assetCount), to: scratch + 32)
        copyBytes(
            from: UnsafeRawBufferPointer(start: texts, count: textCount), to: scratch + (32 &+ assetCount))
        return hf_hash64(scratch, 32 &+ assetCount &+ textCount, 0)
    }
}
