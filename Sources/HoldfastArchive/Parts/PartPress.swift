internal import HoldfastLog
internal import HoldfastTables

/// Compresses members and writes them into files in staging. Each file that is full, and at the end each, is synced and
/// read back, with further threads on that: mostly they wait for the disk, and syncs that come together share their way
/// to it. Belongs to one thread at a time.
package final class PartPress {
    private let storage: Storage
    private let directory: String
    private let database: String
    private let shards: ShardLabel?
    private let codec: GzipCodec
    private let partBytesMax: Int
    private var identifiers: Identifiers
    private var open: [Place: OpenPart] = [:]
    private var order: [Place] = []
    private let checkers: [Checker]
    private var closed = 0

    private struct Place: Hashable {
        let tenant: String
        let day: Day
    }

    /// A file that is whole but may still be in the system's memory only.
    private struct ClosedPart: Sendable {
        /// In the order in which they were closed.
        let number: Int
        let file: DataFile
        let opened: any DiskFile
        let path: String
    }

    /// Syncs files and reads them back, in order, on a thread of its own or where they are sent.
    private final class Checker {
        private let good = Locked<[(number: Int, file: DataFile)]>([])
        private let stage: Stage<ClosedPart>

        init(onThread: Bool) {
            let good = good
            let codec = GzipCodec()
            stage = Stage(thread: onThread ? "hf-archive-check" : nil, capacity: ArchiveLimits.partsUnderWay) {
                (part) throws(ArchiveError) in
                try PartPress.check(part, codec: codec)
                good.with { $0.append((part.number, part.file)) }
            }
        }

        func send(_ part: ClosedPart) throws(ArchiveError) { try stage.send(part) }

        /// The files that were sent, all of them good.
        func finish() throws(ArchiveError) -> [(number: Int, file: DataFile)] {
            try stage.finish()
            return good.with { $0 }
        }
    }

    private final class OpenPart {
        let name: String
        let file: any DiskFile
        var size: UInt64 = 0
        var rowsBytes = 0
        let fileDigest = RunningDigest()
        let rowsDigest = RunningDigest()
        var facts = RowFacts()
        var splits: [DataFile.Split] = []

        init(name: String, file: any DiskFile) {
            self.name = name
            self.file = file
        }
    }

    package init(
        storage: Storage, staging directory: String, database: String, shards: ShardLabel?, engine: GzipEngine,
        identifiers: Identifiers, partBytesMax: Int = ArchiveLimits.partBytesMax, threads: Int = 1
    ) {
        self.storage = storage
        self.directory = directory
        self.database = database
        self.shards = shards
        self.identifiers = identifiers
        self.partBytesMax = partBytesMax
        codec = GzipCodec(engine)
        checkers = (0..<(threads > 2 ? ArchiveLimits.partCheckers : 1)).map { _ in Checker(onThread: threads > 2) }
    }

    /// Returns how many bytes of a file it became.
    @discardableResult
    package func take(_ member: Member) throws(ArchiveError) -> Int {
        let place = Place(tenant: member.tenant, day: member.day)
        let part = try part(for: place)
        part.splits.append(
            DataFile.Split(offset: part.size, firstPlayer: String(decoding: member.facts.firstPlayer, as: UTF8.self)))
        let bytes = try member.withBytes { (rows) throws(ArchiveError) in
            part.rowsDigest.update(rows)
            part.rowsBytes += rows.count
            let packed = codec.pack(rows)
            part.fileDigest.update(packed)
            try onDisk { () throws(DiskFailure) in try part.file.write(packed, at: part.size) }
            part.size += UInt64(packed.count)
            return packed.count
        }
        part.facts.append(member.facts)
        if part.size >= UInt64(partBytesMax) { try close(place) }
        return bytes
    }

    /// Ends what is open; with further threads it is being checked then.
    func closeAll() throws(ArchiveError) {
        for place in order where open[place] != nil { try close(place) }
        order = []
    }

    /// All files, synced and read back.
    package func finish() throws(ArchiveError) -> [DataFile] {
        try closeAll()
        var files: [(number: Int, file: DataFile)] = []
        for checker in checkers { files += try checker.finish() }
        return files.sorted { $0.number < $1.number }.map(\.file)
    }

    private func part(for place: Place) throws(ArchiveError) -> OpenPart {
        if let part = open[place] { return part }
        let name = "part-\(identifiers.uuid()).jsonl.gz"
        let part = OpenPart(name: name, file: try storage.open("\(directory)/\(name)", for: .creating))
        open[place] = part
        order.append(place)
        return part
    }

    private func close(_ place: Place) throws(ArchiveError) {
        let part = open.removeValue(forKey: place)!
        let partition = Layout.partition(tenant: place.tenant, database: database, day: place.day)
        let file = DataFile(
            path: "\(partition)/\(part.name)", tenant: place.tenant, database: database, day: place.day,
            shards: shards, facts: part.facts, fileBytes: part.size, rowsBytes: part.rowsBytes,
            fileHash: part.fileDigest.finish(), rowsHash: part.rowsDigest.finish(), splits: part.splits)
        let next = checkers[closed % checkers.count]
        try next.send(ClosedPart(number: closed, file: file, opened: part.file, path: "\(directory)/\(part.name)"))
        closed += 1
    }

    /// What is on disk must unpack to the rows that went in: a fault of the compressor, the memory or the disk shows
    /// here, while the rows are still in the tables.
    private static func check(_ part: ClosedPart, codec: GzipCodec) throws(ArchiveError) {
        try onDisk { () throws(DiskFailure) in try part.opened.sync() }
        part.opened.forgetCached()
        let reader = PartReader(part.file, opened: part.opened, path: part.path, codec: codec)
        while try reader.nextMember() != nil {}
        try reader.checkHashes()
    }
}
