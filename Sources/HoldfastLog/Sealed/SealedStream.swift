/// One stream's events in a sealed segment, side by side: read block by block, oldest first.
final class SealedStream {
    private let segment: SealedSegment
    private let key: [UInt8]
    private let reader: SealedSegment.BlockReader
    private let blocks: Range<Int>
    private var next: Int

    init(_ key: [UInt8], in segment: SealedSegment, with reader: SealedSegment.BlockReader) {
        self.segment = segment
        self.key = key
        self.reader = reader
        blocks = key.withUnsafeBytes { segment.index.blocks(for: $0) }
        next = blocks.lowerBound
    }

    /// The rows of the stream in the next of its blocks; nil behind the last. Good until the next call.
    func nextRows() throws(LogError) -> UnsafeMutableBufferPointer<SealedRow>? {
        while next < blocks.upperBound {
            let rows = try segment.rows(of: next, with: reader)
            next += 1
            let own = key.withUnsafeBytes { Self.own(rows, $0) }
            if !own.isEmpty { return UnsafeMutableBufferPointer(rebasing: rows[own]) }
        }
        return nil
    }

    /// Those rows of a block that are the stream's: they stand together.
    static func own(_ rows: UnsafeMutableBufferPointer<SealedRow>, _ key: UnsafeRawBufferPointer) -> Range<Int> {
        var first = 0
        while first < rows.count {
            // Only where a cluster begins can another key begin.
            if rows[first].beginsCluster, compareBytes(rows[first].keyBytes, key) == 0 { break }
            first += 1
        }
        var end = first
        while end < rows.count, !rows[end].beginsCluster || compareBytes(rows[end].keyBytes, key) == 0 { end += 1 }
        return first..<end
    }
}
