internal import HoldfastTables
internal import HoldfastText
internal import HoldfastWallet

/// The nightly job, once: moves days that have grown old into files, and drops those that have been in files for long
/// enough.
package final class ArchiveRun {
    let archive: Archive
    let shelves: [any RowShelf]
    let options: RunOptions
    let source: (any RowSource)?
    let report: (_ rowsDone: Int) -> Void
    var result = RunReport()
    var rowsDone = 0
    /// Whole, but not committed: its last files are synced and read back while the next rows are on their way.
    private var underWay: (batch: Batch, shelf: any RowShelf)?

    /// With a `source` rows come from there instead of the shelves, which are marked and dropped all the same.
    package init(
        _ archive: Archive, _ shelves: [any RowShelf], _ options: RunOptions, source: (any RowSource)? = nil,
        report: @escaping (_ rowsDone: Int) -> Void = { _ in }
    ) {
        self.archive = archive
        self.shelves = shelves
        self.options = options
        self.source = source
        self.report = report
    }

    package func run() throws(ArchiveError) -> RunReport {
        result.recovered = archive.recovered
        try checkOptions()
        try checkClock()
        for shelf in shelves { try checkThatTakenRowsAreHere(shelf) }
        if options.isDryRun {
            for shelf in shelves { try Self.foresee(shelf, options, &result) }
            return result
        }
        let rows = RowsAhead(
            try daysDue(), from: source, onThread: options.threads > 3,
            rowsMax: source?.rowsAheadMax ?? ArchiveLimits.rowsAheadMax)
        defer { rows.stop() }
        var moved: [any RowShelf] = []
        for shelf in shelves {
            do throws(ArchiveError) {
                try moveDays(of: shelf, rows)
            } catch {
                // What is whole must not wait for the next run.
                try? settle()
                throw error
            }
            moved.append(shelf)
            while let first = moved.first, underWay?.shelf !== first {
                try dropDays(of: first)
                moved.removeFirst()
            }
        }
        try settle()
        for shelf in moved { try dropDays(of: shelf) }
        return result
    }

    private func daysDue() throws(ArchiveError) -> [DueDay] {
        var due: [DueDay] = []
        for shelf in shelves {
            for day in try shelf.days() where day.day.end <= options.now - options.olderThan && day.unarchivedRows > 0 {
                due.append(DueDay(shelf, day))
            }
        }
        return due
    }

    private func mayGoOn() -> Bool {
        if options.mayGoOn() { return true }
        result.isCutShort = true
        return false
    }

    private func dropDays(of shelf: any RowShelf) throws(ArchiveError) {
        for day in try shelf.days() where day.rows > 0 && day.day.end <= options.now - options.deleteAfter {
            // A day with a problem stays; the others must not wait for it.
            guard day.unarchivedRows == 0 else { continue }
            guard mayGoOn() else { return }
            do throws(ArchiveError) {
                try drop(day, from: shelf)
            } catch {
                if case .io = error { throw error }
                result.problems.append("\(shelf.name), \(day.day) was not dropped: \(error)")
            }
        }
    }

    // MARK: Before anything is done

    private func checkOptions() throws(ArchiveError) {
        guard options.deleteAfter >= options.olderThan else {
            throw .invalid(
                argument: "delete-after", reason: "rows can't be deleted before they are moved, at older-than")
        }
        if let own = options.log?.log, let log = archive.otherLog(than: own) {
            throw .invalid(
                argument: archive.storage.root,
                reason: "it is the archive of ledger \(log), not of \(own); an archive holds one ledger")
        }
        if let database = archive.chain.database, database != options.database {
            throw .invalid(
                argument: "database", reason: "this archive calls its ledger \(database), not \(options.database)")
        }
    }

    private func checkClock() throws(ArchiveError) {
        guard let newest = archive.chain.newestRun, !options.forgivesClock,
            options.now < newest - ArchiveLimits.clockSkewMilliseconds
        else { return }
        throw .clock(
            reason: "it is \(RFC3339.text(options.now)), but the last run went by \(RFC3339.text(newest)). "
                + "Nothing was changed. Set the clock right; if it was wrong in that run, add --forgive-clock")
    }

    /// Tables that were archived elsewhere would lose what is in neither of the two.
    private func checkThatTakenRowsAreHere(_ shelf: any RowShelf) throws(ArchiveError) {
        let lacking = archive.chain.lacking(try shelf.rowsTaken(), of: shelf.label)
        guard let (day, rows, held) = lacking.first else { return }
        throw .invalid(
            argument: archive.storage.root,
            reason: "\(shelf.name) says that \(rows) rows of \(day) are archived, and this archive has \(held) of "
                + "that day. Nothing was changed. Is it the archive of these tables? If that one is lost, "
                + "`holdfast tables rebuild --all-days` brings back what the log still has")
    }

    // MARK: Moving

    /// Days of one shelf on their way into one snapshot.
    private final class Batch {
        let id: Int64
        let line: PressLine
        var days: [Day] = []
        var rows = 0
        var found = 0

        init(id: Int64, line: PressLine) {
            self.id = id
            self.line = line
        }
    }

    private func moveDays(of shelf: any RowShelf, _ rows: RowsAhead) throws(ArchiveError) {
        var batch: Batch?
        for index in rows.days.indices where rows.days[index].shelf === shelf {
            guard mayGoOn() else { break }
            let day = rows.days[index].day
            if archive.chain.files(of: day, sharing: shelf.label).isEmpty {
                let current: Batch
                if let open = batch { current = open } else { current = try begin(shelf) }
                batch = current
                try move(index, of: rows, into: current)
                if current.line.bytesWritten >= options.snapshotBytesMax
                    || current.days.count >= options.snapshotDaysMax
                {
                    try end(current, shelf)
                    batch = nil
                }
            } else {
                if let open = batch { try end(open, shelf) }
                batch = nil
                try moveRest(index, of: rows)
            }
        }
        if let batch { try end(batch, shelf) }
    }

    /// After the last row of a batch, which is committed once the next one is as far, or nothing else is to be done.
    private func end(_ batch: Batch, _ shelf: any RowShelf) throws(ArchiveError) {
        try batch.line.end()
        try settle()
        underWay = (batch, shelf)
    }

    private func settle() throws(ArchiveError) {
        guard let (batch, shelf) = underWay else { return }
        underWay = nil
        try commit(batch, shelf)
    }

    /// A day of which files have something already, in a snapshot of its own. Where the two contradict each other it
    /// stays as it is; the other days must not wait for it.
    private func moveRest(_ index: Int, of rows: RowsAhead) throws(ArchiveError) {
        let (day, shelf) = (rows.days[index].day, rows.days[index].shelf)
        let batch = try begin(shelf)
        do throws(ArchiveError) {
            try move(index, of: rows, into: batch)
        } catch {
            if case .io = error { throw error }
            _ = try? batch.line.finish()
            try archive.clear(Layout.staging(batch.id))
            result.problems.append("\(shelf.name), \(day) was not moved: \(error)")
            return
        }
        try end(batch, shelf)
        try settle()
    }

    private func begin(_ shelf: any RowShelf) throws(ArchiveError) -> Batch {
        let id = try archive.beginSnapshot()
        let press = PartPress(
            storage: archive.storage, staging: Layout.staging(id), database: options.database, shards: shelf.label,
            engine: options.engine, identifiers: archive.identifiers.fork(), partBytesMax: options.partBytesMax,
            threads: options.threads)
        return Batch(id: id, line: PressLine(press, threads: options.threads))
    }

    private func move(_ index: Int, of rows: RowsAhead, into batch: Batch) throws(ArchiveError) {
        let (day, shelf) = (rows.days[index].day, rows.days[index].shelf)
        let line = batch.line
        let part = PartRows(day: day) { (member) throws(ArchiveError) in try line.send(member) }
        let known = archive.chain.files(of: day, sharing: shelf.label)
        var taken = 0
        func note() {
            taken += 1
            if taken & 0xFFFF == 0 { report(rowsDone + taken) }
        }
        if known.isEmpty {
            try rows.forEachRow(of: index) { (row) throws(ArchiveError) in
                note()
                try part.append(row)
            }
        } else {
            // Part of the day is in files: late rows, tables made anew, another number of shards, or a run that died
            // between the commit and the mark. Only rows that are in none of them move.
            let archived = try ArchivedRows(
                known, of: archive, codec: GzipCodec(), place: "\(shelf.name), \(day)")
            try rows.forEachRow(of: index) { (row) throws(ArchiveError) in
                note()
                if try archived.contains(row) { batch.found += 1 } else { try part.append(row) }
            }
            try archived.finish()
        }
        try part.finish()
        batch.days.append(day)
        batch.rows += taken
        rowsDone += taken
        report(rowsDone)
    }

    private func commit(_ batch: Batch, _ shelf: any RowShelf) throws(ArchiveError) {
        let files = try batch.line.finish()
        var move = RunReport.Move(
            shelf: shelf.name, days: batch.days.map(\.description), rows: batch.rows, found: batch.found)
        var receipt = "found in the archive"
        if files.isEmpty {
            try archive.clear(Layout.staging(batch.id))
        } else {
            let snapshot = try archive.commit(
                SnapshotDraft(id: batch.id, operation: .append, label: shelf.name, added: files, log: options.log),
                at: options.now)
            move.files = files.count
            move.bytes = snapshot.addedBytes
            move.snapshot = snapshot.id
            receipt = "snapshot \(snapshot.id)"
        }
        for day in batch.days { try shelf.markArchived(day, receipt: receipt, at: options.now) }
        result.moved.append(move)
    }
}

extension SnapshotChain {
    /// Days of which the files hold fewer rows than a shard gave, in order. The files are gone through once: there are
    /// some for each tenant, shard and day.
    func lacking(_ given: [Day: Int], of label: ShardLabel) -> [(day: Day, given: Int, held: Int)] {
        if given.isEmpty { return [] }
        var held: [Day: Int] = [:]
        for file in live.values where file.mayShareRows(with: label) { held[file.day, default: 0] += file.facts.rows }
        return given.sorted { $0.key < $1.key }.map { ($0.key, $0.value, held[$0.key] ?? 0) }.filter { $0.2 < $0.1 }
    }

    /// Files of a day that may hold rows of a shard. Those of other shards can't, as long as their number was the
    /// same.
    func files(of day: Day, sharing label: ShardLabel) -> [DataFile] {
        files(of: day).filter { $0.mayShareRows(with: label) }
    }
}

extension DataFile {
    fileprivate func mayShareRows(with label: ShardLabel) -> Bool { shards?.sharesNothing(with: label) != true }
}
