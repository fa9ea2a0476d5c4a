internal import CHoldfast

/// The first block of a segment file: who it belongs to and where in the log it stands. It is written together
/// with the segment's first batch; until then the block is zero.
///
///      0  u64  magic "HFsegmt1"
///      8  u32  format version
///     12  u32  lane
///     16  16 B id of the log
///     32  u64  segment number, from 0; its addresses start at number × size
///     40  u64  segment size in bytes
///     48  u64  position of its first event
///     56  u64  number of its first batch
///     64  32 B hash of the batch before it
///     96  i64  time it was begun
///    104 20 B  zero
///    124  u32  CRC32C of bytes 0 ..< 124; the rest of the block is zero
package struct SegmentHeader: Equatable, Sendable {
    package static let blockBytes = 4096
    static let magic: UInt64 = 0x3174_6D67_6573_4648  // "HFsegmt1"
    package static let version: UInt32 = 1

    package var lane: Int
    package var log: LogID
    package var number: UInt64
    package var segmentBytes: UInt64
    package var firstPosition: UInt64
    package var firstBatch: UInt64
    package var previousHash: Digest
    package var time: Int64

    /// Whether it is of this segment of this lane.
    func isSegment(_ number: UInt64, of place: FileBatchLog.Place) -> Bool {
        log == place.log && lane == place.lane && segmentBytes == place.segmentBytes && self.number == number
    }

    package func block() -> [UInt8] {
        var block = [UInt8](repeating: 0, count: Self.blockBytes)
        block.withUnsafeMutableBytes { raw in
            let base = raw.baseAddress!
            base.storeBytes(of: Self.magic, toByteOffset: 0, as: UInt64.self)
            base.storeBytes(of: Self.version, toByteOffset: 8, as: UInt32.self)
            base.storeBytes(of: UInt32(lane), toByteOffset: 12, as: UInt32.self)
            base.storeBytes(of: log.high, toByteOffset: 16, as: UInt64.self)
            base.storeBytes(of: log.low, toByteOffset: 24, as: UInt64.self)
            base.storeBytes(of: number, toByteOffset: 32, as: UInt64.self)
            base.storeBytes(of: segmentBytes, toByteOffset: 40, as: UInt64.self)
            base.storeBytes(of: firstPosition, toByteOffset: 48, as: UInt64.self)
            base.storeBytes(of: firstBatch, toByteOffset: 56, as: UInt64.self)
            previousHash.store(at: base + 64)
            base.storeBytes(of: time, toByteOffset: 96, as: Int64.self)
            base.storeBytes(of: hf_crc32c(0, base, 124), toByteOffset: 124, as: UInt32.self)
        }
        return block
    }

    package enum Reading: Equatable {
        /// Prepared, not begun.
        case blank
        case header(SegmentHeader)
        case newer(UInt32)
        case damaged(offset: Int, what: String)
    }

    package static func read(_ block: UnsafeRawBufferPointer) -> Reading {
        guard block.count >= blockBytes else { return .damaged(offset: block.count, what: "the file is too short") }
        let base = block.baseAddress!
        let whole = UnsafeRawBufferPointer(rebasing: block[..<blockBytes])
        if whole.isAllZero { return .blank }
        guard base.load(as: UInt64.self) == magic else {
            return .damaged(offset: whole.firstNonZero ?? 0, what: "this is not the header of a segment")
        }
        let version = base.load(fromByteOffset: 8, as: UInt32.self)
        guard base.load(fromByteOffset: 124, as: UInt32.self) == hf_crc32c(0, base, 124) else {
            return .damaged(offset: 0, what: "the segment's header does not match its checksum")
        }
        // A newer version keeps the place of its number and of the checksum.
        guard version <= Self.version else { return .newer(version) }
        if let stray = UnsafeRawBufferPointer(rebasing: whole[128...]).firstNonZero {
            return .damaged(offset: 128 + stray, what: "bytes behind the segment's header are not zero")
        }
        let header = SegmentHeader(
            lane: Int(base.load(fromByteOffset: 12, as: UInt32.self)),
            log: LogID(
                high: base.load(fromByteOffset: 16, as: UInt64.self),
                low: base.load(fromByteOffset: 24, as: UInt64.self)),
            number: base.load(fromByteOffset: 32, as: UInt64.self),
            segmentBytes: base.load(fromByteOffset: 40, as: UInt64.self),
            firstPosition: base.load(fromByteOffset: 48, as: UInt64.self),
            firstBatch: base.load(fromByteOffset: 56, as: UInt64.self),
            previousHash: Digest(loadingFrom: base + 64),
            time: base.load(fromByteOffset: 96, as: Int64.self))
        guard header.isPossible else {
            return .damaged(offset: 12, what: "the segment's header says numbers that can't be")
        }
        return .header(header)
    }

    private var isPossible: Bool {
        lane < Limits.lanesMax && segmentBytes > 0 && segmentBytes <= Limits.segmentBytesMax
            && number < Limits.countMax / segmentBytes && firstPosition <= Limits.countMax
            && (1...Limits.countMax).contains(firstBatch) && Limits.timesPossible.contains(time)
    }
}

/// The random identity of a log. Every file of it bears it, so that files of two logs can't be mixed up.
public struct LogID: Sendable, Hashable {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}
