internal import Holdfast
internal import HoldfastArchive
internal import HoldfastLog
internal import HoldfastTables
internal import HoldfastText
internal import HoldfastWallet

extension Comparison {
    /// Every row of the archive against the log, by sums of hashes for each tenant and day; where these differ, row by
    /// row. References may have been erased in the archive: they have no part in a row's hash. Rows from before the log
    /// begins are counted and no more: that they were the same was looked at when they were given up.
    init(archive root: String, with files: LedgerFiles, _ progress: (Int) -> Void) throws {
        self.init(with: "archive", path: root)
        let archive = try Archive.open(root, for: .reading)
        let own = files.directory.manifest.log.text
        if let log = archive.otherLog(than: own) {
            var finding = Finding(.archive, found: "an archive of log \(log)")
            finding.expected = "an archive of log \(own)"
            add(finding)
            return
        }
        let found = readFiles(of: archive, from: files.firstPosition)
        let archived = found.sums
        looked(at: "files", archive.chain.live.count)
        looked(at: "rows", archived.values.reduce(0) { $0 + $1.rows })
        if files.firstPosition > 1 { looked(at: "rows_given_up", found.older) }
        looked(at: "days", Set(archived.keys.map(\.day)).count)
        let logged = try Self.tally(files, archived, progress)
        // Of a day with a file that can't be read that is all there is to say.
        let differing = Set(archived.keys.filter { logged[$0] != archived[$0] }).subtracting(found.damaged)
        guard !differing.isEmpty else { return }
        for partition in differing.sorted(by: { ($0.day, $0.tenant) < ($1.day, $1.tenant) }) {
            let rows = try RowTally.rows(of: partition, in: archive, from: files.firstPosition)
            try compareRows(rows, of: partition, archive, files)
        }
    }

    /// What all files have, from the event `first` on; one that is not as its manifest says is a finding.
    private mutating func readFiles(of archive: Archive, from first: UInt64) -> ArchiveSums {
        var found = ArchiveSums()
        for file in archive.chain.live.values.sorted(by: { $0.path < $1.path }) {
            guard let fault = RowTally.fault(reading: file, of: archive, from: first, into: &found) else { continue }
            found.damaged.insert(ArchivePartition(tenant: file.tenant, day: file.day))
            let path = archive.storage.full(archive.place(of: file))
            var finding = Finding(fault, as: .archive, at: path)
            finding.tenant = file.tenant
            add(finding)
        }
        return found
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
    mutating func compareRows(
        _ archived: [ArchivedRow: RowTally.Archived], of partition: ArchivePartition, _ archive: Archive,
        _ files: LedgerFiles
    ) throws {
        var archived = archived
        var differing: [DifferingRow] = []
        let hasher = RowHasher()
        let line = LineOfRow()
        let selection = EventSelection(
            tenant: partition.tenant, from: partition.day.begin, to: partition.day.end - 1)
        try files.forEachRecord(selection) { record throws(LedgerError) in
            let rows = try EventRows(reading: record)
            for (half, row) in [rows.first, rows.second].enumerated() {
                guard let row else { continue }
                let key = ArchivedRow(player: Array(row.playerID), seq: row.seq, half: UInt8(half))
                let found = archived[key]
                let digest = line.with(row) { hasher.hash($0, ref: $1) }
                if let found, found.digest == digest {
                    // What is left is what the log does not have.
                    if found.copies == 1 { archived[key] = nil } else { archived[key]?.isInLog = true }
                    continue
                }
                archived[key] = nil
                differing.append(DifferingRow(key: key, expected: line.with(row) { bytes, _ in Array(bytes) }))
            }
        }
        for (key, row) in archived where !row.isInLog || row.copies > 1 {
            differing.append(DifferingRow(key: key, copies: row.isInLog ? row.copies : nil))
        }
        try name(differing, of: partition, archive)
    }

    /// Each row that differs: whose it is, and what the log and the archive say of it. Lines are read for as many as the
    /// report will keep.
    private mutating func name(
        _ differing: [DifferingRow], of partition: ArchivePartition, _ archive: Archive
    ) throws(ArchiveError) {
        let sorted = differing.sorted { ($0.key.seq, $0.key.half) < ($1.key.seq, $1.key.half) }
        let named = sorted.prefix(FindingList.keptMax)
        let lines = try RowTally.lines(of: Set(named.map(\.key)), partition, in: archive)
        for row in named {
            let found = lines[row.key] ?? []
            var finding = Finding(.archive, found: "no such row")
            finding.tenant = partition.tenant
            finding.player = String(decoding: row.key.player, as: UTF8.self)
            finding.seq = row.key.seq
            finding.file = found.last?.file
            if let copies = row.copies {
                finding.expected = "the row once"
                finding.found = "the row \(copies) times, in \(Set(found.map(\.file)).sorted().joined(separator: ", "))"
            } else if let expected = row.expected {
                let words = RowWords(expected, (found.first { $0.line != expected } ?? found.last)?.line)
                finding.expected = words.expected
                if let found = words.found { finding.found = found }
            } else {
                finding.expected = "no such row"
                finding.found = found.last.map { String(decoding: $0.line, as: UTF8.self) } ?? "a row"
            }
            add(finding)
        }
        addUncounted(sorted.count - named.count)
    }
}

/// A row of which the log and the archive say different things.
private struct DifferingRow {
    let key: ArchivedRow
    /// The log's row, as a line; nil where it has none, or the same one.
    var expected: [UInt8]?
    /// How often the archive has the log's row, where that is more than once.
    var copies: Int?
}

/// In which columns two lines of one row differ, in words.
private struct RowWords {
    var expected: String
    /// Nil where there is no line.
    var found: String?

    init(_ log: [UInt8], _ archive: [UInt8]?) {
        expected = String(decoding: log, as: UTF8.self)
        guard let archive else { return }
        found = String(decoding: archive, as: UTF8.self)
        guard let mine = try? JSONTree(parsing: log), let theirs = try? JSONTree(parsing: archive) else { return }
        let columns = EventRow.columns.filter { $0 != "ref" && mine[$0] != theirs[$0] }
        if columns.isEmpty { return }
        expected = columns.map { "\($0) \(Self.text(mine[$0]))" }.joined(separator: ", ")
        found = columns.map { "\($0) \(Self.text(theirs[$0]))" }.joined(separator: ", ")
    }

    private static func text(_ value: JSONTree?) -> String {
        switch value {
        case .string(let text)?: text
        case .integer(let number)?: "\(number)"
        case .number(let digits)?: digits
        case .bool(let flag)?: "\(flag)"
        default: "null"
        }
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

/// What the files of an archive have, tenant by tenant and day by day.
struct ArchiveSums {
    var sums: [ArchivePartition: RowTally] = [:]
    /// Rows of events that the log has given up.
    var older = 0
    /// Of these some file is not as its manifest says.
    var damaged: Set<ArchivePartition> = []
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
        reading file: DataFile, of archive: Archive, from first: UInt64, into found: inout ArchiveSums
    ) -> ArchiveError? {
        do throws(ArchiveError) {
            try read(file, of: archive, from: first, into: &found)
            return nil
        } catch {
            return error
        }
    }

    private static func read(
        _ file: DataFile, of archive: Archive, from first: UInt64, into found: inout ArchiveSums
    ) throws(ArchiveError) {
        let hasher = RowHasher()
        let partition = ArchivePartition(tenant: file.tenant, day: file.day)
        var tally = found.sums[partition] ?? RowTally()
        let cursor = RowCursor(
            try PartReader(file, at: archive.place(of: file), in: archive.storage, codec: GzipCodec()))
        while try cursor.advance() {
            if cursor.row.position < first {
                found.older += 1
            } else {
                tally.add(hasher.hash(cursor.row.line, ref: cursor.row.refRange))
            }
        }
        if tally.rows > 0 { found.sums[partition] = tally }
        try cursor.finish()
    }

    /// A row of the archive: its hash, and how often it is there.
    struct Archived {
        var digest: Digest
        var copies = 1
        var isInLog = false
    }

    /// Every row of a partition from a position on.
    static func rows(
        of partition: ArchivePartition, in archive: Archive, from first: UInt64 = 1
    ) throws(ArchiveError) -> [ArchivedRow: Archived] {
        let hasher = RowHasher()
        var rows: [ArchivedRow: Archived] = [:]
        try forEachRow(of: partition, in: archive) { key, row, _ in
            if row.position < first { return }
            let digest = hasher.hash(row.line, ref: row.refRange)
            rows[key, default: Archived(digest: digest, copies: 0)].copies += 1
            // Of several that say different things, one that the log does not say must not hide behind the other.
            if rows[key]?.digest != digest { rows[key]?.digest = Digest() }
        }
        return rows
    }

    /// The lines of some rows, and the files that they are in.
    static func lines(
        of keys: Set<ArchivedRow>, _ partition: ArchivePartition, in archive: Archive
    ) throws(ArchiveError) -> [ArchivedRow: [(line: [UInt8], file: String)]] {
        var lines: [ArchivedRow: [(line: [UInt8], file: String)]] = [:]
        if keys.isEmpty { return lines }
        try forEachRow(of: partition, in: archive) { key, row, file in
            if keys.contains(key) { lines[key, default: []].append((Array(row.line), file)) }
        }
        return lines
    }

    private static func forEachRow(
        of partition: ArchivePartition, in archive: Archive, _ body: (ArchivedRow, RowLineParser, String) -> Void
    ) throws(ArchiveError) {
        for file in archive.chain.files(of: partition.day) where file.tenant == partition.tenant {
            let place = archive.place(of: file)
            let cursor = RowCursor(try PartReader(file, at: place, in: archive.storage, codec: GzipCodec()))
            while try cursor.advance() {
                let key = ArchivedRow(
                    player: Array(cursor.row.player), seq: cursor.row.seq, half: cursor.row.half)
                body(key, cursor.row, archive.storage.full(place))
            }
        }
    }
}
