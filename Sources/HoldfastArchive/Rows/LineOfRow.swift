private import Glibc
internal import Holdfast
internal import HoldfastText
package import HoldfastWallet

/// The line of a row, as files have it, in memory that is used again and again.
package final class LineOfRow {
    private var json = JSONWriter(capacity: ArchiveLimits.rowBytesMax)

    package init() {}

    /// Calls `body` with the line, without its end, and the place of the value of ref where it has one.
    package func with<Result>(_ row: EventRow, _ body: (UnsafeRawBufferPointer, Range<Int>?) -> Result) -> Result {
        json.removeAll()
        RowJSON.write(row, to: &json)
        return json.withBytes { bytes in
            let line = UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count - 1)])
            return body(line, Self.refRange(line, row))
        }
    }

    /// Where the value of ref lies. What follows it has a known length; before it stands its key, and that can stand
    /// nowhere inside a text, where every quote has a backslash before it.
    static func refRange(_ line: UnsafeRawBufferPointer, _ row: EventRow) -> Range<Int>? {
        if row.ref == nil { return nil }
        let key: StaticString = ",\"ref\":"
        let error = row.error.map { $0.wireName.utf8CodeUnitCount + 2 } ?? 4
        let keys = 24  // `,"error":`, `,"created_at":` and `}`
        let end = line.count - keys - error - digits(row.createdAt)
        var start = end - 2
        while memcmp(line.baseAddress! + start - key.utf8CodeUnitCount, key.utf8Start, key.utf8CodeUnitCount) != 0 {
            start -= 1
        }
        return start..<end
    }

    private static func digits(_ value: Int64) -> Int {
        var count = value < 0 ? 2 : 1
        var rest = value.magnitude
        while rest >= 10 {
            rest /= 10
            count += 1
        }
        return count
    }
}
