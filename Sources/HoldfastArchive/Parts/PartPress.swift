internal import HoldfastLog
internal import HoldfastTables

/// The second stage of writing parts: compresses members, writes them into files in staging, and at the end syncs
/// each file and reads it back. Belongs to one thread at a time.
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
    private var done: [DataFile] = []
    package private(set) var bytesWritten = 0

    private struct Place: Hashable {
        let tenant: String
        let day: Day
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
        identifiers: Identifiers, partBytesMax: Int = ArchiveLimits.partBytesMax
    ) {
        self.storage = storage
        self.directory = directory
        self.database = database
        self.shards = shards
        self.identifiers = identifiers
        self.partBytesMax = partBytesMax
        codec = GzipCodec(engine)
    }

    package func take(_ member: Member) throws(ArchiveError) {
        let place = Place(tenant: member.tenant, day: member.day)
        let part = try part(for: place)
        part.splits.append(
            DataFile.Split(offset: part.size, firstPlayer: String(decoding: member.facts.firstPlayer, as: UTF8.self)))
        try member.withBytes { (rows) throws(ArchiveError) in
            part.rowsDigest.update(rows)
            part.rowsBytes += rows.count
            let packed = codec.pack(rows)
            part.fileDigest.update(packed)
            try onDisk { () throws(DiskFailure) in try part.file.write(packed, at: part.size) }
            part.size += UInt64(packed.count)
            bytesWritten += packed.count
        }
        part.facts.append(member.facts)
        if part.size >= UInt64(partBytesMax) { try close(place) }
    }

    /// All files, synced and read back.
    package func finish() throws(ArchiveError) -> [DataFile] {
        for place in order where open[place] != nil { try close(place) }
        order = []
        return done
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
        try onDisk { () throws(DiskFailure) in try part.file.sync() }
        let partition = Layout.partition(tenant: place.tenant, database: database, day: place.day)
        let file = DataFile(
            path: "\(partition)/\(part.name)", tenant: place.tenant, database: database, day: place.day,
            shards: shards, facts: part.facts, fileBytes: part.size, rowsBytes: part.rowsBytes,
            fileHash: part.fileDigest.finish(), rowsHash: part.rowsDigest.finish(), splits: part.splits)
        try readBack(part, as: file)
        done.append(file)
    }

    /// What is on disk must unpack to the rows that went in: a fault of the compressor, the memory or the disk shows
    /// here, while the rows are still in the tables.
    private func readBack(_ part: OpenPart, as file: DataFile) throws(ArchiveError) {
        part.file.forgetCached()
        let reader = PartReader(file, opened: part.file, path: "\(directory)/\(part.name)", codec: codec)
        while try reader.nextMember() != nil {}
        try reader.checkHashes()
    }
}
