/// The headers of all begun segments, in order: where each stands in the log. Kept in the file `segments` of the
/// lane's directory, one 128-byte header after another, so that opening does not touch every segment; rebuilt from
/// the segments themselves when it is lost.
struct SegmentTable: Sendable {
    private(set) var headers: [SegmentHeader] = []
    static let fileName = "segments"
    static let entryBytes = 128

    mutating func append(_ header: SegmentHeader) { headers.append(header) }

    mutating func removeLast() -> SegmentHeader? { headers.popLast() }

    mutating func dropFirst(_ count: Int) { headers.removeFirst(count) }

    func header(_ number: UInt64) -> SegmentHeader? {
        guard let first = headers.first?.number, number >= first, number - first < UInt64(headers.count) else {
            return nil
        }
        return headers[Int(number - first)]
    }

    /// The segment whose events include `position`, or the last one before it.
    func holding(position: UInt64) -> SegmentHeader? {
        var low = 0
        var high = headers.count
        while low < high {
            let middle = (low + high) / 2
            if headers[middle].firstPosition <= position { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? headers[low - 1] : headers.first
    }

    /// Notes a new segment in the file. It is only a cache, so a failure here costs a rebuild and nothing else.
    static func remember(_ header: SegmentHeader, in directory: String, on disk: any Disk) {
        let path = directory + "/" + fileName
        let file = disk.fileExists(path) ? try? disk.open(path, for: .writing) : try? disk.open(path, for: .creating)
        guard let file, let size = try? file.size() else { return }
        let whole = size / UInt64(entryBytes) * UInt64(entryBytes)
        try? file.writeAll(Array(header.block()[..<entryBytes]), at: whole)
    }

    /// Reads the cache; nil when it is missing or does not hold together.
    static func load(from directory: String, on disk: any Disk) -> [SegmentHeader]? {
        let path = directory + "/" + fileName
        guard disk.fileExists(path), let file = try? disk.open(path, for: .reading), let size = try? file.size(),
            let bytes = try? file.bytes(at: 0, count: Int(size)), bytes.count % entryBytes == 0
        else { return nil }
        var headers: [SegmentHeader] = []
        var block = [UInt8](repeating: 0, count: SegmentHeader.blockBytes)
        for at in stride(from: 0, to: bytes.count, by: entryBytes) {
            block.replaceSubrange(0..<entryBytes, with: bytes[at..<at + entryBytes])
            guard case .header(let header) = block.withUnsafeBytes({ SegmentHeader.read($0) }),
                headers.last.map({ $0.number + 1 == header.number }) ?? true
            else { return nil }
            headers.append(header)
        }
        return headers
    }

    /// Writes the cache anew.
    static func store(_ headers: [SegmentHeader], in directory: String, on disk: any Disk) {
        let path = directory + "/" + fileName
        if disk.fileExists(path) { try? disk.remove(path) }
        guard let file = try? disk.open(path, for: .creating) else { return }
        try? file.writeAll(headers.flatMap { Array($0.block()[..<entryBytes]) }, at: 0)
    }
}
