internal import Holdfast
internal import HoldfastLog
internal import HoldfastTables
internal import HoldfastText

/// What else a ledger's log is compared with.
package struct ComparisonPlan: Sendable {
    /// Directory of the SQL tables.
    package var tables: String?
    /// Root of the archive.
    package var archive: String?
    /// Directory of a backup.
    package var backup: String?

    package init(tables: String? = nil, archive: String? = nil, backup: String? = nil) {
        self.tables = tables
        self.archive = archive
        self.backup = backup
    }

    package var isEmpty: Bool { names.isEmpty }
    var names: [String] {
        [("tables", tables), ("archive", archive), ("backup", backup)].compactMap { $0.1 == nil ? nil : $0.0 }
    }

    /// Carries out every comparison that is wanted. One that can't be made is a finding of its own, so that what was
    /// found otherwise is told all the same. `progress` hears what is being compared and how far it is.
    package func run(_ path: String, progress: (_ what: String, _ done: Int) -> Void = { _, _ in }) -> [Comparison] {
        var results: [Comparison] = []
        if let tables {
            results.append(
                Comparison(.tables, at: tables) {
                    try Comparison(tables: tables, with: path) { progress("tables", $0) }
                })
        }
        if let archive {
            results.append(
                Comparison(.archive, at: archive) {
                    try Comparison(archive: archive, with: LedgerFiles(path)) { progress("archive", $0) }
                })
        }
        if let backup {
            results.append(
                Comparison(.backup, at: backup) {
                    try Comparison(backup: backup, with: LedgerFiles(path)) { progress("backup", $0) }
                })
        }
        return results
    }
}

/// The log against one other record of the same events.
package struct Comparison: Sendable {
    /// `tables`, `archive`, `backup`
    package let with: String
    package let path: String
    /// What was looked at, and how much of it.
    package private(set) var amounts: [(what: String, count: Int)] = []
    package private(set) var findings = FindingList()

    init(with: String, path: String) {
        self.with = with
        self.path = path
    }

    /// One that is made, or what kept it from being.
    fileprivate init(_ check: Finding.Check, at path: String, _ make: () throws -> Comparison) {
        do {
            self = try make()
        } catch {
            self.init(with: check.rawValue, path: path)
            add(Finding(error, as: check, at: path))
        }
    }

    mutating func looked(at what: String, _ count: Int) { amounts.append((what, count)) }
    mutating func add(_ finding: Finding) { findings.add(finding) }
    /// Differences that nobody keeps.
    mutating func addUncounted(_ count: Int) { findings.add(uncounted: count) }

    /// Left out where nothing was compared.
    static func write(_ comparisons: [Comparison], to json: inout JSONWriter) {
        if comparisons.isEmpty { return }
        json.member("compared", objects: comparisons) { $0.writeMembers(to: &$1) }
    }

    private func writeMembers(to json: inout JSONWriter) {
        json.member("with", with as String?)
        json.member("path", path as String?)
        json.member("ok", findings.isEmpty)
        json.member("differences", findings.count)
        for amount in amounts {
            json.key(amount.what as String)
            json.integer(amount.count)
        }
    }
}

extension Comparison {
    /// The tables' own complete check: every row and column, balance, hold, lock, sum and day.
    fileprivate init(tables: String, with ledger: String, _ progress: (Int) -> Void) throws {
        self.init(with: "tables", path: tables)
        let report = try TablesCheck.run(ledger: ledger, tables: tables) { done, _ in progress(done) }
        looked(at: "shards", report.shards)
        looked(at: "rows", Int(report.rows))
        if report.logBegin > 1 { looked(at: "rows_given_up", Int(report.rowsGivenUp)) }
        looked(at: "players", report.players)
        looked(at: "holds", report.holds)
        looked(at: "position", Int(report.position))
        for shard in report.unreadable {
            var finding = Finding(.tables, found: "it can't be read: \(shard.error)")
            finding.file = shard.file
            add(finding)
        }
        for difference in report.differences.first {
            var finding = Finding(.tables, found: "\(difference.what): \(difference.found ?? "nothing")")
            finding.file = difference.file
            finding.tenant = difference.tenant
            finding.player = difference.player
            finding.seq = difference.seq
            finding.position = difference.position
            finding.expected = difference.expected
            add(finding)
        }
        findings.add(uncounted: report.differences.count - report.differences.first.count)
    }

    /// Every file of the backup against its hash, and every point that it can restore against the log's chain: a chain
    /// that passes through the same hash holds the same events up to there.
    fileprivate init(backup: String, with files: LedgerFiles, _ progress: (Int) -> Void) throws {
        self.init(with: "backup", path: backup)
        let target = BackupTarget(backup, on: files.directory.disk)
        let manifest = try target.existingManifest()
        var done = 0
        for file in manifest.files {
            do throws(LogError) {
                let damage = try LogRestore.damage(to: file, of: target) { bytes in
                    done += bytes
                    progress(done)
                }
                if let damage { add(Finding(damage, as: .backup)) }
            } catch {
                add(Finding(error, as: .backup))
            }
        }
        looked(at: "files", manifest.files.count)
        looked(at: "bytes", Int(manifest.files.reduce(0) { $0 + $1.bytes }))
        looked(at: "points", manifest.points.count)
        looked(at: "position", Int(manifest.points.map(\.position).max() ?? 0))
        for point in manifest.points {
            for (lane, taken) in point.lanes.enumerated() where taken.tail.number > 0 {
                guard lane < files.logs.count else { continue }
                comparePoint(taken.tail, taken: point.taken, with: files.logs[lane])
            }
        }
    }

    private mutating func comparePoint(_ tail: LogTail, taken: Int64, with log: FileBatchLog) {
        var finding = Finding(.backup, found: "")
        finding.place(at: tail.address - 1, in: log)
        finding.expected =
            "batch \(tail.number) with hash \(tail.hash.hexadecimal), as backed up at \(RFC3339.text(taken))"
        do throws(LogError) {
            // A batch is good for as long as its cursor is there.
            let cursor = try log.batches(from: tail.address - 1, upTo: log.tail.address)
            defer { withExtendedLifetime(cursor) {} }
            guard tail.address <= log.tail.address, let batch = try cursor.next() else {
                finding.found = "the log ends before it, at address \(log.tail.address)"
                return add(finding)
            }
            if batch.header.number == tail.number, batch.hash == tail.hash { return }
            finding.found = "batch \(batch.header.number) with hash \(batch.hash.hexadecimal)"
        } catch {
            finding.found = Finding(error, as: .backup).found
        }
        add(finding)
    }
}
