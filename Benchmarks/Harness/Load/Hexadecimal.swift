/// Names of players and requests: digits made eight at a time, because a generator must be cheap beside the ledger.
enum Hexadecimal {
    /// 16 digits.
    @inline(__always)
    static func write(_ value: UInt64, into target: UnsafeMutableRawPointer) {
        write(UInt32(truncatingIfNeeded: value >> 32), into: target)
        write(UInt32(truncatingIfNeeded: value), into: target + 8)
    }

    /// 8 digits.
    @inline(__always)
    static func write(_ value: UInt32, into target: UnsafeMutableRawPointer) {
        // Spreads eight nibbles over eight bytes, then turns each into its digit.
        var x = UInt64(value)
        x = (x | x << 16) & 0x0000_FFFF_0000_FFFF
        x = (x | x << 8) & 0x00FF_00FF_00FF_00FF
        x = (x | x << 4) & 0x0F0F_0F0F_0F0F_0F0F
        let letters = ((x + 0x0606_0606_0606_0606) >> 4) & 0x0101_0101_0101_0101
        target.storeBytes(of: (x + 0x3030_3030_3030_3030 + letters * 0x27).byteSwapped, as: UInt64.self)
    }
}
