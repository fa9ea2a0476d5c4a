internal import CHoldfast

/// The frame around the records of one group commit, the atom of durability: whole in the log, or not there.
///
///      0  u32  magic "HFb1"
///      4  u32  size of the whole batch, header and trailer included; a multiple of 128
///      8  u64  number in its lane, from 1
///     16  u64  epoch: address of the fence with which its writer took the lane
///     24  u64  round: the ledger-wide commit that it belongs to
///     32  u64  its own address
///     40  u64  position of its first event in the whole log, from 1
///     48  i64  time of commit, milliseconds since 1970
///     56  u32  events in it
///     60  u16  lane
///     62  u16  batches in its round: the round is durable only with all of them
///     64  32 B SHA-256 of the batch before it
///     96  u16  kind: 0 events, 1 fence
///     98  26 B zero
///    124  u32  CRC32C of bytes 0 ..< 124
///    128  records, then padding bytes
///   size-40  32 B SHA-256 of bytes 0 ..< size-40
///   size-8   u32  CRC32C of those 32 bytes
///   size-4   u32  "HFe1"
package struct BatchHeader: Equatable, Sendable {
    package enum Kind: UInt16, Sendable {
        case events = 0
        /// A new writer took the lane. It carries no event.
        case fence = 1
    }

    package static let bytes = 128
    package static let trailerBytes = 40
    /// Fills what is left between the last record and the trailer. Not zero, or the padding of a large batch would
    /// look like sectors that never reached the disk.
    static let padding: UInt8 = 0xA5
    static let magic: UInt32 = 0x3162_4648  // "HFb1"
    static let endMagic: UInt32 = 0x3165_4648  // "HFe1": no byte of it is zero, so a torn end shows

    package var size: Int
    package var number: UInt64
    package var epoch: UInt64
    package var round: UInt64
    package var address: UInt64
    package var position: UInt64
    package var time: Int64
    package var count: Int
    package var lane: Int
    package var batchesInRound: Int
    package var previousHash: Digest
    package var kind: Kind

    /// The size of a batch at `address` whose header and records take `used` bytes. A large one ends at the end of a
    /// page, so that the next can be written by whole pages.
    package static func size(used: Int, at address: UInt64) -> Int {
        let least = used + trailerBytes
        if least < Limits.largeBatchBytes { return least.roundedUp(to: Limits.batchAlignment) }
        let lead = Int(address % UInt64(Limits.pageBytes))
        return (lead + least).roundedUp(to: Limits.pageBytes) - lead
    }

    /// The smallest batch: a header and a trailer.
    package static var smallest: Int { (bytes + trailerBytes).roundedUp(to: Limits.batchAlignment) }

    package func store(at base: UnsafeMutableRawPointer) {
        base.storeBytes(of: Self.magic, toByteOffset: 0, as: UInt32.self)
        base.storeBytes(of: UInt32(size), toByteOffset: 4, as: UInt32.self)
        base.storeBytes(of: number, toByteOffset: 8, as: UInt64.self)
        base.storeBytes(of: epoch, toByteOffset: 16, as: UInt64.self)
        base.storeBytes(of: round, toByteOffset: 24, as: UInt64.self)
        base.storeBytes(of: address, toByteOffset: 32, as: UInt64.self)
        base.storeBytes(of: position, toByteOffset: 40, as: UInt64.self)
        base.storeBytes(of: time, toByteOffset: 48, as: Int64.self)
        base.storeBytes(of: UInt32(count), toByteOffset: 56, as: UInt32.self)
        base.storeBytes(of: UInt16(lane), toByteOffset: 60, as: UInt16.self)
        base.storeBytes(of: UInt16(batchesInRound), toByteOffset: 62, as: UInt16.self)
        previousHash.store(at: base + 64)
        base.storeBytes(of: kind.rawValue, toByteOffset: 96, as: UInt16.self)
        memset(base + 98, 0, 26)
        base.storeBytes(of: hf_crc32c(0, base, 124), toByteOffset: 124, as: UInt32.self)
    }

    /// The header at `base`, or nil when there is none that its checksum confirms.
    package init?(at base: UnsafeRawPointer, available: Int) {
        guard available >= Self.bytes,
            base.load(fromByteOffset: 0, as: UInt32.self) == Self.magic,
            base.load(fromByteOffset: 124, as: UInt32.self) == hf_crc32c(0, base, 124),
            let kind = Kind(rawValue: base.load(fromByteOffset: 96, as: UInt16.self))
        else { return nil }
        size = Int(base.load(fromByteOffset: 4, as: UInt32.self))
        number = base.load(fromByteOffset: 8, as: UInt64.self)
        epoch = base.load(fromByteOffset: 16, as: UInt64.self)
        round = base.load(fromByteOffset: 24, as: UInt64.self)
        address = base.load(fromByteOffset: 32, as: UInt64.self)
        position = base.load(fromByteOffset: 40, as: UInt64.self)
        time = base.load(fromByteOffset: 48, as: Int64.self)
        count = Int(base.load(fromByteOffset: 56, as: UInt32.self))
        lane = Int(base.load(fromByteOffset: 60, as: UInt16.self))
        batchesInRound = Int(base.load(fromByteOffset: 62, as: UInt16.self))
        previousHash = Digest(loadingFrom: base + 64)
        self.kind = kind
        guard size >= Self.smallest, size % Limits.batchAlignment == 0, isPossible else { return nil }
    }

    /// Whether it is one that a log can have, whatever its checksum says.
    var isPossible: Bool {
        // The bound is a power of two: all are below it where their bits together are.
        number | epoch | round | address | position < Limits.countMax && Limits.timesPossible.contains(time)
    }

    package init(
        size: Int, number: UInt64, epoch: UInt64, round: UInt64, address: UInt64, position: UInt64, time: Int64,
        count: Int, lane: Int, batchesInRound: Int, previousHash: Digest, kind: Kind
    ) {
        self.size = size
        self.number = number
        self.epoch = epoch
        self.round = round
        self.address = address
        self.position = position
        self.time = time
        self.count = count
        self.lane = lane
        self.batchesInRound = batchesInRound
        self.previousHash = previousHash
        self.kind = kind
    }
}

/// A whole batch in memory: a view of bytes that outlive it.
package struct BatchView {
    package let header: BatchHeader
    package let base: UnsafeRawPointer

    package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: header.size) }

    /// The stored hash of this batch, the link that the next one carries.
    package var hash: Digest { Digest(loadingFrom: base + (header.size - BatchHeader.trailerBytes)) }

    /// Whether it lies on whole pages, in memory and in the log.
    var isPageAligned: Bool {
        let page = Limits.pageBytes
        return header.size >= Limits.largeBatchBytes && header.size % page == 0 && header.address % UInt64(page) == 0
            && UInt(bitPattern: base) % UInt(page) == 0
    }

    package var computedHash: Digest {
        .sha256(UnsafeRawBufferPointer(start: base, count: header.size - BatchHeader.trailerBytes))
    }

    /// What is wrong with an event that can't be read.
    static let mismatch = "an event does not match its checksum or its position"

    /// What is wrong with the batch, or nil: every byte of it is covered by a checksum or known to be zero.
    package static func fault(in bytes: UnsafeRawBufferPointer, header: BatchHeader) -> (offset: Int, what: String)? {
        guard bytes.count >= header.size else { return (0, "the batch is cut off") }
        let base = bytes.baseAddress!
        let trailer = header.size - BatchHeader.trailerBytes
        guard base.load(fromByteOffset: header.size - 4, as: UInt32.self) == BatchHeader.endMagic else {
            return (header.size - 4, "the batch has no end mark")
        }
        guard base.load(fromByteOffset: header.size - 8, as: UInt32.self) == hf_crc32c(0, base + trailer, 32) else {
            return (trailer, "the batch's own hash does not match its checksum")
        }
        var at = BatchHeader.bytes
        var index = 0
        while index < header.count {
            guard let record = RecordView.fitting(base + at, available: trailer - at) else { return (at, mismatch) }
            let behind = at + record.size
            // Checksums of two records are computed side by side. A second one that does not fit is the next first.
            let second =
                index + 1 < header.count ? RecordView.fitting(base + behind, available: trailer - behind) : nil
            let other = second ?? record
            let sums = hf_crc32c_two(base + (at + 4), record.size - 4, other.base + 4, other.size - 4)
            guard UInt32(truncatingIfNeeded: sums) == record.checksum,
                record.position == header.position + UInt64(index)
            else { return (at, mismatch) }
            at = behind
            index += 1
            guard let second else { continue }
            guard UInt32(truncatingIfNeeded: sums >> 32) == second.checksum,
                second.position == header.position + UInt64(index)
            else { return (at, mismatch) }
            at += second.size
            index += 1
        }
        if let stray = bytes[at..<trailer].firstIndex(where: { $0 != BatchHeader.padding }) {
            return (stray, "bytes behind the last event are not padding")
        }
        return nil
    }
}

extension BatchView {
    /// Calls `body` with each record and its address, in order. The batch must have been checked.
    @inline(__always)
    package func forEachRecord<E>(_ body: (RecordView, UInt64) throws(E) -> Void) throws(E) {
        var at = BatchHeader.bytes
        for _ in 0..<header.count {
            let record = RecordView(base + at)
            try body(record, header.address + UInt64(at))
            at += record.size
        }
    }

    /// Completes the batch at `base`: record checksums, header, hash, trailer. Runs on the committing thread.
    package static func finish(at base: UnsafeMutableRawPointer, header: BatchHeader, used: Int) -> Digest {
        var at = BatchHeader.bytes
        for index in 0..<header.count {
            let record = base + at
            record.storeBytes(of: header.position + UInt64(index), toByteOffset: 40, as: UInt64.self)
            let size = RecordView(record).size
            record.storeBytes(of: hf_crc32c(0, record + 4, size - 4), as: UInt32.self)
            at += size
        }
        assert(at == used, "the records fill what was reserved for them")
        let trailer = header.size - BatchHeader.trailerBytes
        memset(base + used, Int32(BatchHeader.padding), trailer - used)
        header.store(at: base)
        let hash = Digest.sha256(UnsafeRawBufferPointer(start: base, count: trailer))
        hash.store(at: base + trailer)
        base.storeBytes(of: hf_crc32c(0, base + trailer, 32), toByteOffset: header.size - 8, as: UInt32.self)
        base.storeBytes(of: BatchHeader.endMagic, toByteOffset: header.size - 4, as: UInt32.self)
        return hash
    }
}
