/// Finds single rows of streams in sealed segments. The block that was read last stays in memory, so that going from
/// one event of a stream to the one before it costs no read as long as both are in it.
final class SealedRecords {
    private let reader: SealedSegment.BlockReader
    private var segment: SealedSegment?
    private var block = -1
    private var rows = UnsafeMutableBufferPointer<SealedRow>(start: nil, count: 0)
    /// The rows of the key that was asked for last.
    private var key: [UInt8] = []
    private var own = 0..<0
    /// Where in `own` the last row was found.
    private var found = 0

    init(_ packing: any PayloadPacking) { reader = SealedSegment.BlockReader(packing) }

    /// The stream's row with this address, if it has one. Good until the next call.
    func row(
        at address: UInt64, of key: UnsafeRawBufferPointer, in segment: SealedSegment
    ) throws(LogError) -> SealedRow? {
        if segment === self.segment, isKey(key), let row = row(at: address) { return row }
        guard let block = segment.index.block(for: key, address: address) else { return nil }
        try load(block, of: segment, key)
        return row(at: address)
    }

    /// The stream's last row at `address` or before it.
    func lastRow(
        of key: UnsafeRawBufferPointer, in segment: SealedSegment, upTo address: UInt64
    ) throws(LogError) -> SealedRow? {
        guard let last = segment.index.block(for: key, address: address) else { return nil }
        // Where the stream begins in the block before only because its key would fit there, it has no row in this.
        let first = segment.index.blocks(for: key).lowerBound
        for block in (first...last).reversed() {
            try load(block, of: segment, key)
            if let index = own.last(where: { rows[$0].address <= address }) {
                found = index
                return rows[index]
            }
        }
        return nil
    }

    private func isKey(_ other: UnsafeRawBufferPointer) -> Bool {
        key.withUnsafeBytes { compareBytes($0, other) == 0 }
    }

    private func load(_ block: Int, of segment: SealedSegment, _ key: UnsafeRawBufferPointer) throws(LogError) {
        if segment !== self.segment || block != self.block {
            self.segment = nil
            rows = try segment.rows(of: block, with: reader)
            self.segment = segment
            self.block = block
            self.key = []
            own = 0..<0
        }
        if self.key.isEmpty || !isKey(key) {
            self.key = Array(key)
            own = SealedStream.own(rows, key)
            found = own.upperBound
        }
    }

    private func row(at address: UInt64) -> SealedRow? {
        // Nearly always the one before the last that was found, or the one behind it.
        for index in [found - 1, found, found + 1] where own.contains(index) && rows[index].address == address {
            found = index
            return rows[index]
        }
        guard let index = own.first(where: { rows[$0].address == address }) else { return nil }
        found = index
        return rows[index]
    }
}
