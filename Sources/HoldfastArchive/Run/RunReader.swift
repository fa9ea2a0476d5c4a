private import Glibc
internal import HoldfastLog

/// Reads one run of records from its beginning to its end.
final class RunReader {
    private var stretches: ArraySlice<SortedRecords.Stretch>
    private let memory: UnsafeRawPointer
    private let file: SpillFile?
    private let bufferBytes: Int
    private var buffer: UnsafeMutableRawBufferPointer?
    /// What is at hand of the stretch, and where in it the record begins.
    private var window = UnsafeRawBufferPointer(start: nil, count: 0)
    private var at = 0
    private var isSpilled = false
    /// Of a spilled stretch what lies in the file still.
    private var unread = 0..<0
    private var record: RecordView?

    init(_ run: [SortedRecords.Stretch], in memory: UnsafeRawPointer, or file: SpillFile?, bufferBytes: Int) {
        stretches = run[...]
        self.memory = memory
        self.file = file
        self.bufferBytes = bufferBytes
    }

    deinit { buffer?.deallocate() }

    /// The next record, good until the one after it is asked for; nil behind the last.
    func next() throws(ArchiveError) -> RecordView? {
        if let record { at += record.size }
        if at == window.count, unread.isEmpty {
            guard let next = stretches.popFirst() else {
                record = nil
                return nil
            }
            begin(next)
        }
        record = isSpilled ? try spilledRecord() : RecordView(window.baseAddress! + at)
        return record
    }

    private func begin(_ stretch: SortedRecords.Stretch) {
        at = 0
        isSpilled = stretch.isSpilled
        window = UnsafeRawBufferPointer(
            start: memory + (isSpilled ? 0 : stretch.offset), count: isSpilled ? 0 : stretch.count)
        unread = isSpilled ? stretch.offset..<(stretch.offset + stretch.count) : 0..<0
    }

    /// What comes from a disk is only believed with its checksum.
    private func spilledRecord() throws(ArchiveError) -> RecordView {
        if let record = recordInWindow { return record }
        try refill()
        guard let record = recordInWindow else {
            throw .invalid(
                argument: "the rows of the log",
                reason: "what was written down for a while came back otherwise: this machine's disk or memory is "
                    + "failing. Nothing of this day was moved")
        }
        return record
    }

    private var recordInWindow: RecordView? {
        guard at < window.count else { return nil }
        return RecordView.validated(window.baseAddress! + at, available: window.count - at)
    }

    private func refill() throws(ArchiveError) {
        let buffer = buffer ?? .allocate(byteCount: bufferBytes, alignment: 16)
        self.buffer = buffer
        let kept = window.count - at
        if kept > 0 { memmove(buffer.baseAddress!, window.baseAddress! + at, kept) }
        let count = min(unread.count, buffer.count - kept)
        let fresh = UnsafeMutableRawBufferPointer(rebasing: buffer[kept..<(kept + count)])
        try file!.read(into: fresh, at: unread.lowerBound)
        unread = (unread.lowerBound + count)..<unread.upperBound
        window = UnsafeRawBufferPointer(rebasing: buffer[..<(kept + count)])
        at = 0
    }
}
