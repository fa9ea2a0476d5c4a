internal import CHoldfast
internal import Holdfast
internal import HoldfastLog
internal import HoldfastTables
internal import HoldfastText

/// The nightly job on real files: a ledger, its tables, and the archive. For the command line and the service.
///
///     let report = try NightlyJob(ledger: "ledger", tables: "tables", root: "archive").run(at: now)
package struct NightlyJob: Sendable {
    package var ledger: String
    package var tables: String
    package var root: String
    package var olderThan: Int64 = 90 * 86_400_000
    package var deleteAfter: Int64 = 100 * 86_400_000
    package var engine = GzipEngine.best
    package var isDryRun = false
    package var forgivesClock = false
    /// The ledger's name in the partitions; without it the one that the archive has, or that of its directory.
    package var database: String?
    /// Rows come from the log instead of the tables.
    package var readsLog = false
    package var snapshotDaysMax = ArchiveLimits.snapshotDaysMax
    /// Asked before each day: once it says no, the run ends with what it has.
    package var mayGoOn: @Sendable () -> Bool = { true }

    package init(ledger: String, tables: String, root: String) {
        self.ledger = ledger
        self.tables = tables
        self.root = root
    }

    /// With a `now` of the caller's own, that one is believed; without, the system's clock is held against the ledger.
    package func run(
        at given: Int64?, report: @escaping @Sendable (_ rows: Int) -> Void = { _ in }
    ) throws(ArchiveError) -> RunReport {
        let now = given ?? SystemClock().now()
        let files = try inLog { () throws(LogError) in try LedgerFiles(ledger) }
        if given == nil { try checkClock(now, files) }
        let shelves = try TableShelf.all(in: tables)
        let log = files.directory.manifest.log.text
        if let other = shelves.first(where: { $0.log != log }) {
            throw .shelf(tables, reason: "these are the tables of ledger \(other.log), not of \(log)")
        }
        try checkLag(shelves, files, now)
        // A dry run leaves no trace, so it makes no archive either.
        if isDryRun, !RealDisk().directoryExists(root + "/" + Layout.metadata) {
            var options = RunOptions(now: now, database: database ?? Self.name(of: ledger))
            options.isDryRun = true
            set(&options)
            return try ArchiveRun.foresee(shelves: shelves, options)
        }
        let archive = try Archive.open(root, for: isDryRun ? .upkeep : .writing)
        var options = RunOptions(now: now, database: database ?? archive.chain.database ?? Self.name(of: ledger))
        set(&options)
        options.log = Snapshot.LogCover(log: log, lastPosition: files.lastPosition, lanes: try Self.lanes(of: files))
        let source = readsLog ? LogRows(files, shards: shelves.count, spillingInto: root) : nil
        return try Self.politely { () throws(ArchiveError) in
            try ArchiveRun(archive, shelves, options, source: source, report: report).run()
        }
    }

    private func set(_ options: inout RunOptions) {
        options.olderThan = olderThan
        options.deleteAfter = deleteAfter
        options.engine = engine
        options.isDryRun = isDryRun
        options.forgivesClock = forgivesClock
        options.snapshotDaysMax = snapshotDaysMax
        options.mayGoOn = mayGoOn
    }

    private func checkClock(_ now: Int64, _ files: LedgerFiles) throws(ArchiveError) {
        guard let newest = files.logs.map(\.tail.time).max(), newest > 0,
            now > newest + ArchiveLimits.clockLeadMilliseconds
        else { return }
        throw .clock(
            reason: "it is \(RFC3339.text(now)), and the ledger's newest event is of \(RFC3339.text(newest)). "
                + "Nothing was changed. If this is right, say so with --now \(RFC3339.text(now))")
    }

    private static func lanes(of files: LedgerFiles) throws(ArchiveError) -> [Snapshot.LogCover.Lane] {
        var lanes: [Snapshot.LogCover.Lane] = []
        for (lane, log) in files.logs.enumerated() {
            var sealed: Snapshot.LogCover.Sealed?
            if let newest = log.sealedSegments.last {
                sealed = .init(try inLog { () throws(LogError) in try log.root(of: newest) })
            }
            lanes.append(.init(lane: lane, address: log.tail.address, chain: log.tail.hash, sealed: sealed))
        }
        return lanes
    }

    /// Rows of a day that are still on their way into the tables would be missed today and found one by one later.
    private func checkLag(_ shelves: [TableShelf], _ files: LedgerFiles, _ now: Int64) throws(ArchiveError) {
        for shelf in shelves {
            let position = try shelf.position()
            guard position < files.lastPosition else { continue }
            var time: Int64?
            try inLog { () throws(LogError) in
                let reader = try files.reader(from: position + 1)
                _ = try reader.readBatch { (record, _, _, _) throws(LogError) in time = time ?? record.time }
            }
            guard let time, time <= now - olderThan else { continue }
            throw .shelf(
                shelf.name,
                reason: "the tables stand at event \(position) of \(files.lastPosition), and what they lack is old "
                    + "enough to move. Nothing was changed; run `holdfast tables sync` first.")
        }
    }

    /// `/var/lib/Evian Ledger/` is `evian-ledger`.
    static func name(of directory: String) -> String {
        let last = directory.split(separator: "/").last.map(String.init) ?? ""
        let name = last.lowercased().map { character -> Character in
            character.isASCII && (character.isLetter || character.isNumber || character == "_") ? character : "-"
        }
        let trimmed = String(name).split(separator: "-").joined(separator: "-")
        return trimmed.isEmpty ? "ledger" : trimmed
    }

    /// On a thread of its own that gives way to everything else, because a thread that is once low can't be raised.
    static func politely<Result>(
        _ body: () throws(ArchiveError) -> Result
    ) throws(ArchiveError) -> Result {
        var outcome: Swift.Result<Result, ArchiveError>?
        withoutActuallyEscaping(body) { body in
            // The caller waits for the thread, so that nothing is used by two at once.
            nonisolated(unsafe) let body = body
            nonisolated(unsafe) let place = UnsafeMutablePointer<Swift.Result<Result, ArchiveError>?>.allocate(
                capacity: 1)
            place.initialize(to: nil)
            let thread = WorkerThread(name: "hf-archive") {
                hf_polite_thread()
                do throws(ArchiveError) {
                    place.pointee = .success(try body())
                } catch {
                    place.pointee = .failure(error)
                }
            }
            thread.join()
            outcome = place.move()
            place.deallocate()
        }
        return try outcome!.get()
    }
}

extension ArchiveRun {
    /// What a first run would do, before there is an archive.
    static func foresee(shelves: [any RowShelf], _ options: RunOptions) throws(ArchiveError) -> RunReport {
        var report = RunReport()
        for shelf in shelves { try foresee(shelf, options, &report) }
        return report
    }

    static func foresee(
        _ shelf: any RowShelf, _ options: RunOptions, _ report: inout RunReport
    ) throws(ArchiveError) {
        let days = try shelf.days()
        let old = days.filter { $0.day.end <= options.now - options.olderThan && $0.unarchivedRows > 0 }
        if !old.isEmpty {
            report.moved.append(
                RunReport.Move(
                    shelf: shelf.name, days: old.map(\.day.description),
                    rows: old.reduce(0) { $0 + $1.unarchivedRows }))
        }
        for day in days where day.rows > 0 && day.day.end <= options.now - options.deleteAfter {
            report.dropped.append(RunReport.Drop(shelf: shelf.name, day: day.day.description, rows: day.rows))
        }
    }
}
