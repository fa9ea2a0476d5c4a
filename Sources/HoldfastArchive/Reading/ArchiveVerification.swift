package import HoldfastLog
internal import HoldfastTables
package import HoldfastText

/// Reads the whole archive and holds it against its manifests; and, where there are tables, against those.
package struct ArchiveVerification: Sendable {
    package struct Fault: Sendable, Equatable {
        package let file: String
        package let found: String
    }

    package private(set) var snapshots = 0
    package private(set) var files = 0
    package private(set) var rows = 0
    package private(set) var bytes: UInt64 = 0
    package private(set) var tableRows = 0
    package private(set) var faults: [Fault] = []
    /// What a run left undone that died; the next one does it first.
    package private(set) var unfinished: [String] = []

    package var isGood: Bool { faults.isEmpty }

    package static func run(
        _ root: String, tables: String? = nil, on disk: any Disk = RealDisk(),
        report: (_ rows: Int, _ total: Int) -> Void = { _, _ in }
    ) throws(ArchiveError) -> ArchiveVerification {
        let archive = try Archive.open(root, for: .inspecting, on: disk)
        let shelves: [any RowShelf] = if let tables { try TableShelf.all(in: tables) } else { [] }
        return try check(archive, shelves, report: report)
    }

    package static func check(
        _ archive: Archive, _ shelves: [any RowShelf] = [], report: (_ rows: Int, _ total: Int) -> Void = { _, _ in }
    ) throws(ArchiveError) -> ArchiveVerification {
        var verification = ArchiveVerification()
        verification.snapshots = archive.chain.snapshots.count
        for fault in archive.chainFaults { verification.note(fault, at: archive.storage.full(Layout.metadata)) }
        try verification.checkNames(archive)
        let codec = GzipCodec()
        let givenUp = try verification.givenUpByOthers(archive)
        for file in archive.chain.live.values.sorted(by: { $0.path < $1.path }) where !givenUp.contains(file.path) {
            verification.checkFile(file, archive, codec)
            report(verification.rows, archive.chain.totalRows)
        }
        try verification.checkRetired(archive, codec)
        verification.checkOverlaps(archive)
        for shelf in shelves { try verification.check(shelf, archive) }
        return verification
    }

    private mutating func note(_ file: String, _ found: String) { faults.append(Fault(file: file, found: found)) }

    private mutating func note(_ error: ArchiveError, at file: String) {
        switch error {
        case .damaged(let path, let found): note(path, found)
        case .missing(let path, let neededBy): note(path, "it is missing, and \(neededBy) needs it")
        default: note(file, "\(error)")
        }
    }

    // MARK: Names

    /// Manifests under both of their names, and files that nobody knows.
    private mutating func checkNames(_ archive: Archive) throws(ArchiveError) {
        let storage = archive.storage
        for name in try storage.list(Layout.staging) { unfinished.append("\(Layout.staging)/\(name)") }
        var known = Set(archive.chain.snapshots.map { Storage.name(of: $0.fileName) })
        for (index, snapshot) in archive.chain.snapshots.enumerated() {
            guard storage.fileExists(snapshot.fileName) else {
                note(
                    storage.full(snapshot.fileName), "the manifest is missing; its copy is version \(snapshot.sequence)"
                )
                continue
            }
            let bytes = try storage.read(snapshot.fileName)
            if bytes.withUnsafeBytes({ Digest.sha256($0) }) != archive.chain.hashes[index] {
                note(storage.full(snapshot.fileName), "it is not the manifest of version \(snapshot.sequence)")
            }
        }
        // Whose files they are, a snapshot may say that can't be read.
        if !archive.chainFaults.isEmpty { return }
        known.formUnion(archive.chain.snapshots.map { Storage.name(of: Layout.version($0.sequence)) })
        if let base = archive.chain.base { known.insert(Storage.name(of: Layout.base(base.sequence))) }
        known.formUnion([Storage.name(of: Layout.lock), Storage.name(of: Layout.receipts)])
        for name in try storage.list(Layout.metadata) where !known.contains(name) {
            note(storage.full("\(Layout.metadata)/\(name)"), "no snapshot knows this file; `archive expire` removes it")
        }
        for path in try archive.filesInWarehouse() where archive.chain.live[path] == nil {
            note(storage.full(path), "no snapshot knows this file; `archive expire` removes it")
        }
    }

    // MARK: Files

    private mutating func checkFile(_ file: DataFile, _ archive: Archive, _ codec: GzipCodec) {
        let path = archive.place(of: file)
        do throws(ArchiveError) {
            let reader = try PartReader(file, at: path, in: archive.storage, codec: codec)
            if let problem = try FileCheck.problem(reader) { note(archive.storage.full(path), problem) }
        } catch {
            note(error, at: archive.storage.full(path))
        }
        files += 1
        rows += file.facts.rows
        bytes += file.fileBytes
    }

    /// Files that a snapshot which can't be read has replaced: they lie where it retired them.
    private func givenUpByOthers(_ archive: Archive) throws(ArchiveError) -> Set<String> {
        if archive.chainFaults.isEmpty { return [] }
        let storage = archive.storage
        var retired: Set<String> = []
        for folder in try storage.list(Layout.retired) where storage.directoryExists("\(Layout.retired)/\(folder)") {
            retired.formUnion(try storage.list("\(Layout.retired)/\(folder)"))
        }
        let gone = archive.chain.live.keys.filter { path in
            retired.contains(Storage.name(of: path)) && !storage.fileExists(path)
        }
        return Set(gone)
    }

    private mutating func checkRetired(_ archive: Archive, _ codec: GzipCodec) throws(ArchiveError) {
        for snapshot in archive.chain.snapshots {
            for file in snapshot.removed where !archive.storage.fileExists(snapshot.retired(file.path)) {
                if archive.storage.fileExists(file.path) { continue }
                note(
                    archive.storage.full(snapshot.retired(file.path)),
                    "it is missing; older snapshots than \(snapshot.id) can't be restored")
            }
        }
    }

    /// Rows that lie in two files of a partition. Files of other shards, and players apart, can't share any.
    private mutating func checkOverlaps(_ archive: Archive) {
        let partitions = Dictionary(grouping: archive.chain.live.values) { Storage.directory(of: $0.path) }
        for (_, files) in partitions.sorted(by: { $0.key < $1.key }) where Self.mayOverlap(files) {
            do throws(ArchiveError) {
                var cursors: [RowCursor] = []
                for file in files.sorted(by: { $0.path < $1.path }) {
                    let reader = try PartReader(
                        file, at: archive.place(of: file), in: archive.storage, codec: GzipCodec())
                    cursors.append(RowCursor(reader))
                }
                let merged = MergedParts(cursors)
                while try merged.advance() {}
            } catch {
                let isKnown =
                    if case .damaged(let path, _) = error { faults.contains { $0.file == path } } else { true }
                if !isKnown { note(error, at: files[0].path) }
            }
        }
    }

    private static func mayOverlap(_ files: [DataFile]) -> Bool {
        for (index, left) in files.enumerated() {
            for right in files[(index + 1)...] {
                if let a = left.shards, let b = right.shards, a.sharesNothing(with: b) { continue }
                if comparePlayers(left.facts.lastPlayer, right.facts.firstPlayer) < 0 { continue }
                if comparePlayers(right.facts.lastPlayer, left.facts.firstPlayer) < 0 { continue }
                return true
            }
        }
        return false
    }

    // MARK: Tables

    private mutating func check(_ shelf: any RowShelf, _ archive: Archive) throws(ArchiveError) {
        for (day, rows, held) in archive.chain.lacking(try shelf.rowsTaken(), of: shelf.label) {
            note("\(shelf.name), \(day)", "\(rows) rows are archived, and the files of that day hold \(held)")
        }
        for day in try shelf.days() {
            let files = archive.chain.files(of: day.day, sharing: shelf.label)
            let isArchived = day.unarchivedRows == 0
            if files.isEmpty, !isArchived { continue }
            let place = "\(shelf.name), \(day.day)"
            do throws(ArchiveError) {
                let archived = try ArchivedRows(files, of: archive, codec: GzipCodec(), place: place)
                var missing = 0
                var found = 0
                tableRows += try shelf.forEachRow(of: day.day, notYetArchived: !isArchived) {
                    (row) throws(ArchiveError) in
                    if try archived.contains(row) { found += 1 } else { missing += 1 }
                }
                if isArchived, missing > 0 {
                    note(place, "\(missing) rows are marked as archived and lie in no file")
                }
                if !isArchived, found > 0 {
                    unfinished.append("\(place): \(found) rows lie in files and are not marked")
                }
            } catch {
                note(error, at: place)
            }
        }
    }

    package var json: JSONWriter {
        JSONWriter.line { json in
            json.member("ok", isGood)
            json.member("snapshots", snapshots)
            json.member("files", files)
            json.member("records", rows)
            json.member("bytes", bytes)
            json.member("table_records", tableRows)
            json.member("faults", objects: faults) { fault, json in
                json.member("file", fault.file as String?)
                json.member("found", fault.found as String?)
            }
            json.member("unfinished", texts: unfinished)
        }
    }
}

/// Everything that a manifest says about a file, computed again from the file.
enum FileCheck {
    static func problem(_ reader: PartReader) throws(ArchiveError) -> String? {
        let file = reader.file
        let cursor = RowCursor(reader)
        let hasher = RowSetHasher()
        let tenant = Array(file.tenant.utf8)
        var facts = RowFacts()
        var last = RowKey(player: [], seq: 0, half: 0)
        while try cursor.advance() {
            let row = cursor.row
            guard last.isBefore(player: row.player, seq: row.seq, half: row.half) else {
                return "row \(cursor.rows) is out of order or there twice: event \(row.seq) of player "
                    + String(decoding: row.player, as: UTF8.self)
            }
            guard row.text(.tenantID)!.elementsEqual(tenant), file.day.contains(row.createdAt) else {
                return "row \(cursor.rows) is not of tenant \(file.tenant) and day \(file.day)"
            }
            if !last.player.withUnsafeBytes({ comparePlayers($0, row.player) == 0 }) { last.player = Array(row.player) }
            last.seq = row.seq
            last.half = row.half
            if facts.rows == 0 { facts.firstPlayer = last.player }
            hasher.add(row.line, ref: row.refRange)
            facts.add(seq: row.seq, position: row.position, createdAt: row.createdAt, nulls: row.nulls)
        }
        facts.lastPlayer = last.player
        facts.setHash.add(hasher.take())
        try cursor.finish()
        return facts == file.facts ? nil : difference(facts, file.facts)
    }

    private static func difference(_ found: RowFacts, _ expected: RowFacts) -> String {
        if found.setHash != expected.setHash { return "its row-set-hash is not that of its manifest" }
        if found.nullCounts != expected.nullCounts { return "its null counts are not those of its manifest" }
        return "its bounds are not those of its manifest"
    }
}
