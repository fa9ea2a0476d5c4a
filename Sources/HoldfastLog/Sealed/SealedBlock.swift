internal import CHoldfast

/// The columns that every sealed block has; those of the payload packing follow them.
///
///     0 clusters   for each: varint rows, varint bytes that its key shares with the key before it in the block,
///                  varint bytes that follow, those bytes, varint revision of its first row, varint distance to the
///                  stream's event before that in units of eight bytes, 0 for none
///     1 offsets    for each row where its record stood in the segment, in units of eight bytes
///     2 positions  for each row, less the segment's first
///     3 times      for each row, less the segment's earliest
///     4 forms      for each row one byte: which of the forms of column 5 it has; 255 for one that follows there
///     5 forms      u16 type and u16 schema version each: first the number of forms as a byte, then those, then
///                  those of the rows that have 255
///     6 metadata   varint bytes of each row's metadata
///     7 metadata   the bytes
enum SealedBlock {
    static let columnCount = 8
    static let clusters = 0
    static let offsets = 1
    static let positions = 2
    static let times = 3
    static let formOfRow = 4
    static let forms = 5
    static let metadataCounts = 6
    static let metadata = 7

    static let unlistedForm: UInt8 = 255

    /// A block ends when it has so many rows …
    static let rowsMax = 512
    /// … or payloads of so many bytes: large enough to compress, small enough to be read for one event.
    static let payloadBytesAim = 64 << 10
}

/// How many bytes the numbers of a segment's blocks take.
struct SealedWidths: Sendable, Equatable {
    var offset: Int
    var position: Int
    var time: Int
    var firstPosition: UInt64
    var firstTime: Int64
    /// Address of the segment's first byte.
    var start: UInt64

    static func bytes(for largest: UInt64) -> Int { max(1, (UInt64.bitWidth - largest.leadingZeroBitCount + 7) / 8) }
}

/// Fills the columns of blocks.
struct BlockEncoder {
    let widths: SealedWidths
    let packing: any PayloadPacking
    let set: ColumnSet
    private var listed: [UInt32] = []

    init(widths: SealedWidths, packing: any PayloadPacking) {
        self.widths = widths
        self.packing = packing
        set = ColumnSet(count: SealedBlock.columnCount + packing.columnCount)
    }

    /// Fills the columns with a block's rows. Also marks in the rows where clusters begin.
    mutating func encode(_ rows: UnsafeMutableBufferPointer<SealedRow>) {
        set.removeAll()
        let columns = set.columns
        var first = 0
        while first < rows.count {
            var end = first + 1
            while end < rows.count, Self.continues(rows[end], rows[end - 1]) {
                rows[end].beginsCluster = false
                end += 1
            }
            rows[first].beginsCluster = true
            encodeCluster(rows[first], before: first > 0 ? rows[first - 1] : nil, count: end - first)
            first = end
        }
        encodeForms(rows)
        for row in rows {
            columns[SealedBlock.offsets].fixed((row.address &- widths.start) >> 3, width: widths.offset)
            columns[SealedBlock.positions].fixed(row.position &- widths.firstPosition, width: widths.position)
            columns[SealedBlock.times].fixed(UInt64(bitPattern: row.time &- widths.firstTime), width: widths.time)
            columns[SealedBlock.metadataCounts].varint(UInt64(row.metadataCount))
            columns[SealedBlock.metadata].bytes(row.metadata, row.metadataCount)
        }
        packing.pack(UnsafeBufferPointer(rows), into: columns + SealedBlock.columnCount)
    }

    /// Within a cluster revisions count on and each event knows the one before it. Where that is not so a new
    /// cluster of the same key begins, so that nothing has to be true for a segment to come back as it was.
    private static func continues(_ row: SealedRow, _ before: SealedRow) -> Bool {
        row.keyCount == before.keyCount && row.revision == before.revision &+ 1 && row.previous == before.address
            && memcmp(row.key, before.key, row.keyCount) == 0
    }

    private func encodeCluster(_ first: SealedRow, before: SealedRow?, count: Int) {
        let column = set.columns + SealedBlock.clusters
        var shared = 0
        if let before {
            let most = min(first.keyCount, before.keyCount)
            while shared < most,
                first.key.load(fromByteOffset: shared, as: UInt8.self)
                    == before.key.load(fromByteOffset: shared, as: UInt8.self)
            { shared += 1 }
        }
        column.pointee.varint(UInt64(count))
        column.pointee.varint(UInt64(shared))
        column.pointee.varint(UInt64(first.keyCount - shared))
        column.pointee.bytes(first.key + shared, first.keyCount - shared)
        column.pointee.varint(first.revision)
        column.pointee.varint(first.previous == 0 ? 0 : (first.address &- first.previous) >> 3)
    }

    private mutating func encodeForms(_ rows: UnsafeMutableBufferPointer<SealedRow>) {
        listed.removeAll(keepingCapacity: true)
        let columns = set.columns
        for row in rows {
            let form = UInt32(row.type) | UInt32(row.schemaVersion) << 16
            if !listed.contains(form), listed.count < Int(SealedBlock.unlistedForm) { listed.append(form) }
        }
        columns[SealedBlock.forms].byte(UInt8(listed.count))
        for form in listed { columns[SealedBlock.forms].fixed(UInt64(form), width: 4) }
        for row in rows {
            let form = UInt32(row.type) | UInt32(row.schemaVersion) << 16
            if let index = listed.firstIndex(of: form) {
                columns[SealedBlock.formOfRow].byte(UInt8(index))
            } else {
                columns[SealedBlock.formOfRow].byte(SealedBlock.unlistedForm)
                columns[SealedBlock.forms].fixed(UInt64(form), width: 4)
            }
        }
    }
}

/// Reads blocks back. The rows are good until the next block is read.
final class BlockDecoder {
    private var widths = SealedWidths(offset: 1, position: 1, time: 1, firstPosition: 0, firstTime: 0, start: 0)
    private let packing: any PayloadPacking
    private let cursors: UnsafeMutablePointer<ByteCursor>
    private let cursorCount: Int
    private var rows: UnsafeMutableBufferPointer<SealedRow>
    private var keys: UnsafeMutableRawBufferPointer
    private var arena: UnsafeMutableRawBufferPointer

    init(packing: any PayloadPacking) {
        self.packing = packing
        cursorCount = SealedBlock.columnCount + packing.columnCount
        cursors = .allocate(capacity: cursorCount)
        rows = .allocate(capacity: SealedBlock.rowsMax)
        // A cluster has a row, so there are at most as many keys.
        keys = .allocate(byteCount: SealedBlock.rowsMax * Limits.keyBytesMax, alignment: 16)
        arena = .allocate(byteCount: 2 * SealedBlock.payloadBytesAim, alignment: 16)
    }

    deinit {
        cursors.deallocate()
        rows.deallocate()
        keys.deallocate()
        arena.deallocate()
    }

    /// The rows of an unpacked block; nil where it can't have been written by an encoder.
    func decode(
        _ raw: UnsafeRawBufferPointer, rows count: Int, payloadBytes: Int, widths: SealedWidths
    ) -> UnsafeMutableBufferPointer<SealedRow>? {
        guard count > 0, count <= SealedBlock.rowsMax, payloadBytes >= 0,
            payloadBytes <= count * Limits.payloadBytesMax, splitColumns(raw)
        else { return nil }
        self.widths = widths
        if payloadBytes > arena.count {
            arena.deallocate()
            arena = .allocate(byteCount: payloadBytes, alignment: 16)
        }
        let rows = UnsafeMutableBufferPointer(rebasing: self.rows[..<count])
        guard decodeRows(rows), decodeClusters(rows) else { return nil }
        var payloads = PayloadArena(UnsafeMutableRawBufferPointer(rebasing: arena[..<payloadBytes]))
        guard packing.unpack(rows, from: cursors + SealedBlock.columnCount, into: &payloads), payloads.isFull
        else { return nil }
        for index in 0..<cursorCount where !cursors[index].isAtEnd { return nil }
        return rows
    }

    private func splitColumns(_ raw: UnsafeRawBufferPointer) -> Bool {
        guard raw.count >= 4 * cursorCount else { return false }
        var at = 4 * cursorCount
        for index in 0..<cursorCount {
            let size = Int(raw.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self))
            guard raw.count - at >= size else { return false }
            (cursors + index).initialize(to: ByteCursor(UnsafeRawBufferPointer(rebasing: raw[at..<at + size])))
            at += size
        }
        return at == raw.count
    }

    private func decodeRows(_ rows: UnsafeMutableBufferPointer<SealedRow>) -> Bool {
        let listed = Int(cursors[SealedBlock.forms].byte())
        guard let forms = cursors[SealedBlock.forms].bytes(4 * listed) else { return false }
        for index in rows.indices {
            var row = SealedRow(nowhere: UnsafeRawPointer(keys.baseAddress!))
            row.address = widths.start &+ cursors[SealedBlock.offsets].fixed(width: widths.offset) << 3
            row.position = widths.firstPosition &+ cursors[SealedBlock.positions].fixed(width: widths.position)
            row.time =
                widths.firstTime &+ Int64(bitPattern: cursors[SealedBlock.times].fixed(width: widths.time))
            let number = cursors[SealedBlock.formOfRow].byte()
            var form = UInt32(0)
            if number == SealedBlock.unlistedForm {
                form = UInt32(truncatingIfNeeded: cursors[SealedBlock.forms].fixed(width: 4))
            } else {
                guard number < listed else { return false }
                form = forms.loadUnaligned(fromByteOffset: 4 * Int(number), as: UInt32.self)
            }
            row.type = UInt16(truncatingIfNeeded: form)
            row.schemaVersion = UInt16(truncatingIfNeeded: form >> 16)
            row.metadataCount = cursors[SealedBlock.metadataCounts].size(upTo: Int(UInt16.max))
            guard let metadata = cursors[SealedBlock.metadata].bytes(row.metadataCount) else { return false }
            row.metadata = metadata
            rows[index] = row
        }
        return true
    }

    private func decodeClusters(_ rows: UnsafeMutableBufferPointer<SealedRow>) -> Bool {
        let column = cursors + SealedBlock.clusters
        var index = 0
        var key = UnsafeMutableRawBufferPointer(rebasing: keys[..<0])
        var free = 0
        while index < rows.count {
            let count = column.pointee.size(upTo: rows.count - index)
            let shared = column.pointee.size(upTo: key.count)
            let suffix = column.pointee.size(upTo: Limits.keyBytesMax - shared)
            guard count > 0, shared + suffix > 0, let rest = column.pointee.bytes(suffix) else { return false }
            let place = UnsafeMutableRawBufferPointer(rebasing: keys[free..<free + shared + suffix])
            free += shared + suffix
            place.baseAddress!.copyMemory(from: key.baseAddress!, byteCount: shared)
            (place.baseAddress! + shared).copyMemory(from: rest, byteCount: suffix)
            key = place
            var revision = column.pointee.varint()
            let distance = column.pointee.varint()
            var previous = distance == 0 ? 0 : rows[index].address &- distance << 3
            for row in index..<index + count {
                rows[row].key = UnsafeRawPointer(key.baseAddress!)
                rows[row].keyCount = key.count
                rows[row].revision = revision
                rows[row].previous = previous
                rows[row].beginsCluster = row == index
                previous = rows[row].address
                revision &+= 1
            }
            index += count
        }
        return !column.pointee.failed
    }
}
