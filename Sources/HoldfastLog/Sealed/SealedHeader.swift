internal import CHoldfast

/// The first 512 bytes of a sealed segment (docs/FORMAT.md draws them): what it is, what it comes down to, and where
/// its parts are. The last 128 are the header of the segment as it was, so that it can be put together again.
struct SealedHeader: Sendable, Equatable {
    static let bytes = 512
    static let magic: UInt64 = 0x3164_6C61_6573_4648  // "HFseald1"
    static let version: UInt32 = 1

    enum Part: Int, CaseIterable {
        case index, statistics, batches, blocks, filter

        var name: String {
            switch self {
            case .index: "the index"
            case .statistics: "the statistics"
            case .batches: "the table of batches"
            case .blocks: "the blocks"
            case .filter: "the filter"
            }
        }
    }

    struct PartPlace: Sendable, Equatable {
        var offset: UInt64 = 0
        var size: UInt64 = 0
        /// CRC32C of the part; of blocks and filter 0, as these have their own.
        var checksum: UInt32 = 0
        /// Blocks in the index, types in the statistics, batches, blocks, pages of the filter.
        var count: UInt32 = 0

        var range: Range<UInt64> { offset..<offset + size }
    }

    var segment: SegmentHeader
    var packing: UInt32
    var fileBytes: UInt64 = 0
    /// The end of the log at the segment's end.
    var tail: LogTail
    var events: UInt64
    var batches: UInt64
    /// Of the events; zeros where there are none.
    var firstTime: Int64
    var lastTime: Int64
    var firstPosition: UInt64
    var lastPosition: UInt64
    var root: SegmentRoot
    var parts = [PartPlace](repeating: PartPlace(), count: Part.allCases.count)
    var nameCount: UInt64 = 0

    subscript(part: Part) -> PartPlace {
        get { parts[part.rawValue] }
        set { parts[part.rawValue] = newValue }
    }

    var widths: SealedWidths {
        SealedWidths(
            offset: SealedWidths.bytes(for: (segment.segmentBytes - 1) >> 3),
            position: SealedWidths.bytes(for: lastPosition &- firstPosition),
            time: SealedWidths.bytes(for: UInt64(bitPattern: lastTime &- firstTime)), firstPosition: firstPosition,
            firstTime: firstTime, start: segment.number * segment.segmentBytes)
    }

    func stored() -> [UInt8] {
        var fields = FieldWriter()
        fields.integer(Self.magic)
        fields.integer(Self.version)
        fields.integer(packing)
        fields.integer(fileBytes)
        fields.integer(tail.address)
        fields.integer(tail.number)
        fields.integer(tail.round)
        fields.integer(tail.nextPosition)
        fields.integer(tail.time)
        fields.integer(events)
        fields.integer(batches)
        fields.integer(firstTime)
        fields.integer(lastTime)
        fields.integer(firstPosition)
        fields.integer(lastPosition)
        fields.integer(nameCount)
        fields.digest(root.root)
        fields.digest(root.lastBatchHash)
        fields.digest(root.previousChained)
        fields.digest(root.chained)
        for part in parts {
            fields.integer(part.offset)
            fields.integer(part.size)
            fields.integer(part.checksum)
            fields.integer(part.count)
        }
        var bytes = fields.bytes
        precondition(bytes.count <= 380, "the header's fields fit before its checksum")
        bytes += [UInt8](repeating: 0, count: 380 - bytes.count)
        withUnsafeBytes(of: bytes.withUnsafeBytes { hf_crc32c(0, $0.baseAddress, 380) }) { bytes += Array($0) }
        return bytes + segment.block()[..<128]
    }

    enum Reading {
        case header(SealedHeader)
        case newer(UInt32)
        case damaged(offset: Int, what: String)
    }

    static func read(_ bytes: [UInt8]) -> Reading {
        guard bytes.count >= Self.bytes else { return .damaged(offset: bytes.count, what: "the file is too short") }
        var fields = FieldReader(Array(bytes[..<380]))
        guard fields.integer(UInt64.self) == magic else {
            return .damaged(offset: 0, what: "this is not the header of a sealed segment")
        }
        let version: UInt32 = fields.integer()!
        let sum = bytes.withUnsafeBytes {
            hf_crc32c(0, $0.baseAddress, 380) == $0.load(fromByteOffset: 380, as: UInt32.self)
        }
        guard sum else { return .damaged(offset: 0, what: "the sealed segment's header does not match its checksum") }
        guard version <= Self.version else { return .newer(version) }
        let original = Array(bytes[384..<512]) + [UInt8](repeating: 0, count: SegmentHeader.blockBytes - 128)
        guard case .header(let segment) = original.withUnsafeBytes({ SegmentHeader.read($0) }) else {
            return .damaged(offset: 384, what: "the header of the segment that was sealed does not match its checksum")
        }
        guard let header = SealedHeader(&fields, segment) else {
            return .damaged(offset: 0, what: "the sealed segment's header can't be read")
        }
        return .header(header)
    }

    /// The fields behind magic and version.
    private init?(_ fields: inout FieldReader, _ segment: SegmentHeader) {
        guard let packing: UInt32 = fields.integer(), let fileBytes: UInt64 = fields.integer(),
            let address: UInt64 = fields.integer(), let number: UInt64 = fields.integer(),
            let round: UInt64 = fields.integer(), let next: UInt64 = fields.integer(),
            let time: Int64 = fields.integer(), let events: UInt64 = fields.integer(),
            let batches: UInt64 = fields.integer(), let firstTime: Int64 = fields.integer(),
            let lastTime: Int64 = fields.integer(), let firstPosition: UInt64 = fields.integer(),
            let lastPosition: UInt64 = fields.integer(), let nameCount: UInt64 = fields.integer(),
            let root = fields.digest(), let last = fields.digest(), let previous = fields.digest(),
            let chained = fields.digest()
        else { return nil }
        self.segment = segment
        self.packing = packing
        self.fileBytes = fileBytes
        tail = LogTail(address: address, number: number, hash: last, round: round, nextPosition: next, time: time)
        self.events = events
        self.batches = batches
        self.firstTime = firstTime
        self.lastTime = lastTime
        self.firstPosition = firstPosition
        self.lastPosition = lastPosition
        self.nameCount = nameCount
        self.root = SegmentRoot(
            lane: segment.lane, number: segment.number, firstPosition: segment.firstPosition, eventCount: events,
            root: root, lastBatchHash: last, previousChained: previous)
        var end = UInt64(Self.bytes)
        for index in parts.indices {
            guard let offset: UInt64 = fields.integer(), let size: UInt64 = fields.integer(),
                let checksum: UInt32 = fields.integer(), let count: UInt32 = fields.integer(), offset == end,
                size <= fileBytes, offset <= fileBytes - size
            else { return nil }
            parts[index] = PartPlace(offset: offset, size: size, checksum: checksum, count: count)
            end = offset + size
        }
        let start = segment.number * segment.segmentBytes
        guard number | round | next | events | batches | lastPosition < Limits.countMax,
            Limits.timesPossible.contains(firstTime), Limits.timesPossible.contains(lastTime),
            Limits.timesPossible.contains(time), nameCount <= UInt64(UInt32.max)
        else { return nil }
        guard self.root.chained == chained, end == fileBytes, firstTime <= lastTime, firstPosition <= lastPosition,
            address > start, address <= start + segment.segmentBytes, batches > 0,
            number == segment.firstBatch + batches - 1
        else { return nil }
    }

    init(segment: SegmentHeader, packing: UInt32, tail: LogTail, counts: SealedCounts, root: SegmentRoot) {
        self.segment = segment
        self.packing = packing
        self.tail = tail
        self.root = root
        events = counts.events
        batches = counts.batches
        firstTime = counts.firstTime
        lastTime = counts.lastTime
        firstPosition = counts.firstPosition
        lastPosition = counts.lastPosition
    }
}

/// Counts events by type without a dictionary's cost for each.
struct TypeTally: Sendable {
    private var counts = [UInt64](repeating: 0, count: 1 << 16)

    mutating func add(_ type: UInt16) { counts[Int(type)] += 1 }

    var byType: [UInt16: UInt64] {
        var byType: [UInt16: UInt64] = [:]
        for (type, count) in counts.enumerated() where count > 0 { byType[UInt16(type)] = count }
        return byType
    }
}

/// What the events of a segment span.
struct SealedCounts: Sendable, Equatable {
    var events: UInt64 = 0
    var batches: UInt64 = 0
    var firstTime: Int64 = 0
    var lastTime: Int64 = 0
    var firstPosition: UInt64 = 0
    var lastPosition: UInt64 = 0
    /// Events by type, in the order of the types.
    var byType: [UInt16: UInt64] = [:]

    mutating func add(_ record: RecordView) {
        let (time, position) = (record.time, record.position)
        if events == 0 {
            (firstTime, lastTime) = (time, time)
            (firstPosition, lastPosition) = (position, position)
        }
        events += 1
        firstTime = min(firstTime, time)
        lastTime = max(lastTime, time)
        firstPosition = min(firstPosition, position)
        lastPosition = max(lastPosition, position)
    }

    /// The part of the file: u16 type, u64 events, for each type.
    var statistics: [UInt8] {
        var fields = FieldWriter()
        for (type, count) in byType.sorted(by: { $0.key < $1.key }) {
            fields.integer(type)
            fields.integer(count)
        }
        return fields.bytes
    }

    static func types(_ statistics: [UInt8]) -> [UInt16: UInt64] {
        var fields = FieldReader(statistics)
        var types: [UInt16: UInt64] = [:]
        while let type: UInt16 = fields.integer(), let count: UInt64 = fields.integer() { types[type] = count }
        return types
    }
}
