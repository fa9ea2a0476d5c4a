private import Glibc

/// Walks over the rows of a part one by one.
package final class RowCursor {
    package let reader: PartReader
    package let row = RowLineParser()
    /// Facts of the rows so far, for those who check a whole file.
    package private(set) var rows = 0
    private var rest = UnsafeRawBufferPointer(start: nil, count: 0)

    package init(_ reader: PartReader) { self.reader = reader }

    /// Moves to the next row, or says that there is none. `row` is good until the next call.
    package func advance() throws(ArchiveError) -> Bool {
        while rest.isEmpty {
            guard let member = try reader.nextMember() else { return false }
            rest = member
        }
        let base = rest.baseAddress!
        guard let end = memchr(base, Int32(UInt8(ascii: "\n")), rest.count) else {
            throw reader.damaged("the last row of member \(reader.memberIndex - 1) has no end")
        }
        let size = UnsafeRawPointer(end) - base
        if let problem = row.parse(UnsafeRawBufferPointer(start: base, count: size)) {
            throw reader.damaged("row \(rows + 1) of what was read is no row: \(problem)")
        }
        rest = UnsafeRawBufferPointer(start: base + size + 1, count: rest.count - size - 1)
        rows += 1
        return true
    }

    /// Reads to the end and checks what can be checked of the whole file.
    package func finish() throws(ArchiveError) {
        while try advance() {}
        guard rows == reader.file.facts.rows else {
            throw reader.damaged("it has \(rows) rows, its manifest says \(reader.file.facts.rows)")
        }
        try reader.checkHashes()
    }
}
