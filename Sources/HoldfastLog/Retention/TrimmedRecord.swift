/// What the file `trimmed` of a lane says: which segment the log begins with now, and what the sealed ones came down
/// to that were given up, so that the chain of roots stays closed.
struct TrimmedRecord: Sendable, Equatable {
    /// The first segment that still belongs to the log.
    var first: UInt64 = 0
    /// Of the sealed segments before it, oldest first.
    var roots: [SegmentRoot] = []

    static let name = "trimmed"

    /// Nil where nothing was ever given up.
    static func read(in directory: String, on disk: any Disk) throws(LogError) -> TrimmedRecord? {
        let path = directory + "/" + name
        guard let payload = try SmallFile.read(path, kind: .trimmed, on: disk) else { return nil }
        guard let record = TrimmedRecord(payload) else {
            throw .damaged(Damage(file: path, offset: 0, found: "what was trimmed can't be read"))
        }
        return record
    }

    init() {}

    private init?(_ payload: [UInt8]) {
        guard payload.count >= 8, (payload.count - 8) % SegmentRoot.fieldsBytes == 0 else { return nil }
        var fields = FieldReader(Array(payload[..<8]))
        first = fields.integer()!
        // Whatever the size of a segment, the address of this one is one that can be.
        guard first <= Limits.countMax / Limits.segmentBytesMax else { return nil }
        for at in stride(from: 8, to: payload.count, by: SegmentRoot.fieldsBytes) {
            guard let root = SegmentRoot(fields: Array(payload[at..<at + SegmentRoot.fieldsBytes])),
                root.number < Limits.countMax
            else { return nil }
            roots.append(root)
        }
    }

    /// What is wrong with the roots that are kept: each must be chained to the one before, without a gap.
    var chainFault: String? {
        for (root, next) in zip(roots, roots.dropFirst()) where next.number == root.number + 1 {
            if next.previousChained != root.chained {
                return "the root of segment \(next.number) is not chained to that of segment \(root.number)"
            }
        }
        if let last = roots.last, last.number >= first {
            return "it has the root of segment \(last.number), which remains"
        }
        return nil
    }

    func write(in directory: String, on disk: any Disk) throws(DiskFailure) {
        var fields = FieldWriter()
        fields.integer(first)
        try SmallFile.write(
            fields.bytes + roots.flatMap(\.fields), kind: .trimmed, to: directory + "/" + Self.name, in: directory,
            on: disk)
    }
}

extension FileBatchLog {
    /// What was given up of the lane so far.
    func trimmedRecord() throws(LogError) -> TrimmedRecord {
        try TrimmedRecord.read(in: at.directory, on: disk) ?? TrimmedRecord()
    }

    /// Gives up the first segments of the log. What sealed ones came down to is written down first.
    func drop(_ numbers: some Collection<UInt64>) throws(LogError) {
        guard let last = numbers.max() else { return }
        var record = try trimmedRecord()
        record.first = last + 1
        for number in numbers where isSealed(number) { record.roots.append(try root(of: number)) }
        do throws(DiskFailure) {
            try record.write(in: at.directory, on: disk)
            state.with { $0.segments.dropFirst(numbers.count) }
            for number in numbers {
                let wasSealed = isSealed(number)
                files.forget(number)
                sealedFiles.forget(number)
                state.with { _ = $0.sealed.remove(number) }
                try disk.remove((wasSealed ? SegmentNames.sealedPath : SegmentNames.path)(number, at.directory))
            }
            try disk.syncDirectory(at.directory)
        } catch {
            throw .io(error)
        }
    }
}
