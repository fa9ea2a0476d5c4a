/// Which lane a stream belongs to. Uses the low half of the hash, so that the tables within a lane, which use the
/// high bits, stay evenly filled.
@usableFromInline
package enum LanePlacement {
    @inlinable
    package static func lane(ofHash hash: UInt64, lanes: Int) -> Int {
        Int((UInt64(UInt32(truncatingIfNeeded: hash)) &* UInt64(truncatingIfNeeded: lanes)) >> 32)
    }
}
