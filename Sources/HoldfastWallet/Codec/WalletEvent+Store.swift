import HoldfastLog

extension WalletEvent {
    /// Lays the event down as a record at the end of the batch, which must have room for it.
    /// (Mutating so as not to be copied; see `WalletState.move`.)
    @inline(__always)
    mutating func store(in batch: inout OpenBatch) {
        let parts = parts
        let assetCount = Int(texts.assetCount)
        let middleCount = texts.middleCount
        let otherCount = Int(texts.otherCount)
        let tenantCount = Int(texts.tenantCount)
        let playerCount = Int(texts.playerCount)
        let payload = 8 &+ bytes(of: parts) &+ assetCount &+ middleCount &+ otherCount
        let key = tenantCount &+ 1 &+ playerCount
        let size = (RecordLayout.headerBytes &+ key &+ payload &+ 7) & ~7
        let base = batch.reserve(size)
        // The padding must be zero. Writing it first is cheaper than finding out where it begins.
        base.storeUnaligned(0 as UInt64, at: size &- 8)
        RecordHeader(
            type: kind.rawValue, schemaVersion: Self.schemaVersion, revision: seq, previous: previous, time: time
        ).store(at: base, key: key, payload: payload, metadata: 0)
        var at = base + RecordLayout.headerBytes
        Self.put(texts.tenant, tenantCount, at: &at)
        at.storeBytes(of: UInt8(ascii: "/"), as: UInt8.self)
        at += 1
        Self.put(texts.player, playerCount, at: &at)
        storeFixed(parts, at: &at)
        Self.put(texts.asset, assetCount, at: &at)
        Self.put(texts.middle, middleCount, at: &at)
        Self.put(texts.other, otherCount, at: &at)
    }

    /// Which parts this event has.
    @inline(__always)
    private var parts: UInt8 {
        var parts: UInt8 = texts.assetCount > 0 ? Part.balances : 0
        if operation != nil { parts |= Part.fingerprint }
        if amount != 0 { parts |= Part.amount }
        if about != 0 { parts |= Part.about }
        if moment != 0 { parts |= Part.moment }
        if numerator != 0 { parts |= Part.exchange }
        return parts
    }

    @inline(__always)
    private func bytes(of parts: UInt8) -> Int {
        let single = parts & (Part.fingerprint | Part.amount | Part.about | Part.moment)
        var bytes = single.nonzeroBitCount &* 8
        if parts & Part.balances != 0 { bytes &+= 16 }
        if parts & Part.exchange != 0 { bytes &+= 40 }
        return bytes
    }

    @inline(__always)
    private func storeFixed(_ parts: UInt8, at: inout UnsafeMutableRawPointer) {
        let reason = refusal?.rawValue ?? undone?.rawValue ?? 0
        let counts =
            UInt64(texts.assetCount) | UInt64(texts.requestCount) << 8 | UInt64(texts.targetCount) << 16
            | UInt64(texts.refCount) << 24
        at.storeUnaligned(
            UInt64(operation?.rawValue ?? 0) | UInt64(parts) << 8 | UInt64(reason) << 16 | UInt64(movement) << 24
                | counts << 32)
        at += 8
        if parts & Part.fingerprint != 0 { Self.put(fingerprint, at: &at) }
        if parts & Part.amount != 0 { Self.put(UInt64(bitPattern: amount), at: &at) }
        if parts & Part.balances != 0 {
            Self.put(UInt64(bitPattern: balanceAfter), at: &at)
            Self.put(UInt64(bitPattern: heldAfter), at: &at)
        }
        if parts & Part.about != 0 { Self.put(about, at: &at) }
        if parts & Part.moment != 0 { Self.put(UInt64(bitPattern: moment), at: &at) }
        if parts & Part.exchange != 0 {
            Self.put(UInt64(bitPattern: toAmount), at: &at)
            Self.put(UInt64(bitPattern: toBalance), at: &at)
            Self.put(UInt64(bitPattern: toHeld), at: &at)
            Self.put(UInt64(bitPattern: numerator), at: &at)
            Self.put(UInt64(bitPattern: denominator), at: &at)
        }
    }

    @inline(__always)
    private static func put(_ word: UInt64, at: inout UnsafeMutableRawPointer) {
        at.storeUnaligned(word)
        at += 8
    }

    @inline(__always)
    private static func put(_ text: UnsafeRawPointer?, _ count: Int, at: inout UnsafeMutableRawPointer) {
        guard count > 0 else { return }
        copyBytes(from: UnsafeRawBufferPointer(start: text, count: count), to: at)
        at += count
    }
}
