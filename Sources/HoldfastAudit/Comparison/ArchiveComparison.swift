internal import Holdfast
internal import HoldfastArchive
internal import HoldfastLog
internal import HoldfastTables
internal import HoldfastWallet

extension Comparison {
    /// Every row of the archive against the log, by sums of hashes for each tenant and day; where these differ, row by
    /// row. References may have been erased in the archive: they have no part in a row's hash.
    init(archive root: String, with files: LedgerFiles, _ progress: (Int) -> Void) throws {
        self.init(with: "archive", path: root)
        let archive = try Archive.open(root, for: .reading)
        if let log = archive.chain.log, log != files.directory.manifest.log.hexadecimal {
            var finding = Finding(.archive, found: "an archive of log \(log)")
            finding.expected = "an archive of log \(files.directory.manifest.log.hexadecimal)"
            add(finding)
            return
        }
        let archived = readFiles(of: archive)
        looked(at: "files", archive.chain.live.count)
        looked(at: "rows", archived.values.reduce(0) { $0 + $1.rows })
        looked(at: "days", Set(archived.keys.map(\.day)).count)
        let logged = try Self.tally(files, archived, progress)
        let differing = Set(archived.keys.filter { logged[$0] != archived[$0] })
        guard !differing.isEmpty else { return }
        for partition in differing.sorted(by: { ($0.day, $0.tenant) < ($1.day, $1.tenant) }) {
            try compareRows(of: partition, archive, files)
        }
    }

    /// The sums of every file, tenant by tenant and day by day; a file that is not as its manifest says is a finding.
    private mutating func readFiles(of archive: Archive) -> [ArchivePartition: RowTally] {
        var sums: [ArchivePartition: RowTally] = [:]
        for file in archive.chain.live.values.sorted(by: { $0.path < $1.path }) {
            guard let fault = RowTally.fault(reading: file, of: archive, into: &sums) else { continue }
            var finding = Finding(.archive, found: fault)
            finding.file = archive.storage.full(archive.place(of: file))
            finding.tenant = file.tenant
            add(finding)
        }
        return sums
    }

    /// The same sums over the log's rows, of the tenants and days that the archive has.
    private static func tally(
        _ files: LedgerFiles, _ archived: [ArchivePartition: RowTally], _ progress: (Int) -> Void
    ) throws -> [ArchivePartition: RowTally] {
        let days = Set(archived.keys.map(\.day))
        let hasher = RowHasher()
        let line = LineOfRow()
        var logged: [ArchivePartition: RowTally] = [:]
        try files.forEachRecord(EventSelection(), pause: progress) { record throws(LedgerError) in
            let day = Day(of: record.time)
            guard days.contains(day) else { return }
            let rows = try EventRows(reading: record)
            let partition = ArchivePartition(tenant: String(decoding: rows.first.tenantID, as: UTF8.self), day: day)
            guard archived[partition] != nil else { return }
            for row in [rows.first, rows.second] {
                guard let row else { continue }
                let digest = line.with(row) { hasher.hash($0, ref: $1) }
                logged[partition, default: RowTally()].add(digest)
            }
        }
        return logged
    }

    /// One tenant's day, row by row.
    private mutating func compareRows(
        of partition: ArchivePartition, _ archive: Archive, _ files: LedgerFiles
    ) throws {
        var left = try RowTally.rows(of: partition, in: archive)
        var differences: [Finding] = []
        let hasher = RowHasher()
        let line = LineOfRow()
        let selection = EventSelection(
            tenant: partition.tenant, from: partition.day.begin, to: partition.day.end - 1)
        try files.forEachRecord(selection) { record throws(LedgerError) in
            let rows = try EventRows(reading: record)
            for (half, row) in [rows.first, rows.second].enumerated() {
                guard let row else { continue }
                let key = ArchivedRow(player: Array(row.playerID), seq: row.seq, half: UInt8(half))
                let found = left.removeValue(forKey: key)
                let digest = line.with(row) { hasher.hash($0, ref: $1) }
                if found?.digest == digest { continue }
                var finding = Finding(.archive, found: found == nil ? "no such row" : "a row that says otherwise")
                finding.file = found?.file
                finding.name(record)
                finding.expected = "the row of the log's event"
                differences.append(finding)
            }
        }
        for (key, row) in left {
            var finding = Finding(.archive, found: "a row that the log does not have, or has twice")
            finding.file = row.file
            finding.tenant = partition.tenant
            finding.player = String(decoding: key.player, as: UTF8.self)
            finding.seq = key.seq
            differences.append(finding)
        }
        for finding in differences { add(finding) }
    }
}

/// A tenant's rows of one day.
struct ArchivePartition: Hashable {
    var tenant: String
    var day: Day
}

struct ArchivedRow: Hashable {
    var player: [UInt8]
    var seq: UInt64
    var half: UInt8
}

/// How many rows, and the sum of their hashes.
struct RowTally: Equatable {
    private(set) var rows = 0
    private var sum = RowSetHash()

    mutating func add(_ digest: Digest) {
        rows += 1
        sum.add(digest)
    }

    /// Adds up a file's rows; what is wrong with the file, if anything.
    static func fault(
        reading file: DataFile, of archive: Archive, into sums: inout [ArchivePartition: RowTally]
    ) -> String? {
        do throws(ArchiveError) {
            try read(file, of: archive, into: &sums)
            return nil
        } catch {
            return error.description
        }
    }

    private static func read(
        _ file: DataFile, of archive: Archive, into sums: inout [ArchivePartition: RowTally]
    ) throws(ArchiveError) {
        let hasher = RowHasher()
        let partition = ArchivePartition(tenant: file.tenant, day: file.day)
        var tally = sums[partition] ?? RowTally()
        let cursor = RowCursor(
            try PartReader(file, at: archive.place(of: file), in: archive.storage, codec: GzipCodec()))
        while try cursor.advance() { tally.add(hasher.hash(cursor.row.line, ref: cursor.row.refRange)) }
        sums[partition] = tally
        try cursor.finish()
    }

    /// Every row of a partition, with its hash and its file.
    static func rows(
        of partition: ArchivePartition, in archive: Archive
    ) throws(ArchiveError) -> [ArchivedRow: (digest: Digest, file: String)] {
        let hasher = RowHasher()
        var rows: [ArchivedRow: (digest: Digest, file: String)] = [:]
        for file in archive.chain.files(of: partition.day) where file.tenant == partition.tenant {
            let place = archive.place(of: file)
            let cursor = RowCursor(try PartReader(file, at: place, in: archive.storage, codec: GzipCodec()))
            while try cursor.advance() {
                let key = ArchivedRow(
                    player: Array(cursor.row.player), seq: cursor.row.seq, half: cursor.row.half)
                rows[key] = (hasher.hash(cursor.row.line, ref: cursor.row.refRange), archive.storage.full(place))
            }
        }
        return rows
    }
}
