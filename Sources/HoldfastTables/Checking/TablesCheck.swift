internal import Holdfast
internal import HoldfastLog
package import HoldfastText
internal import HoldfastWallet

/// Compares a set of tables with the log, completely: every row and every column, every balance, hold, lock, sum and
/// day. Reads only, may run beside a `tables sync`, and looks at each shard as it is at the beginning.
///
/// The rows are compared with those of the log's events, the balances with the state to which the ledger's own replay
/// leads, the sums with a plain addition over all events.
package final class TablesCheck {
    package struct Report: Sendable {
        package var shards = 0
        package var events = 0
        package var rows: Int64 = 0
        package var players = 0
        package var holds = 0
        package var daysInArchive = 0
        package var deadLetters = 0
        /// The last event that every shard has.
        package var position: UInt64 = 0
        package var logEnd: UInt64 = 0
        package var differences = Differences()
        package var isGood: Bool { differences.count == 0 }
    }

    private let files: LedgerFiles
    private let paths: TablesPaths
    private var shards: [ShardCheck] = []
    private var report = Report()

    /// Records of one shard that are compared at once.
    private static let batchBytes = 1 << 20

    package static func run(
        ledger: String, tables: String, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws(TablesError) -> Report {
        let check = try TablesCheck(ledger, TablesPaths(tables))
        return try check.run(progress)
    }

    private init(_ ledger: String, _ paths: TablesPaths) throws(TablesError) {
        self.paths = paths
        let global = try GlobalFile(paths, for: .reading)
        let map = try global.map()
        OpenFiles.allow(map.shards * 4 + 64)
        // The shards first, the log after them: so it has all that they have.
        for number in 0..<map.shards {
            let identity = TablesSet.identity(number, map)
            shards.append(
                ShardCheck(try ShardFile(paths.shard(number), for: .reading, expecting: identity)))
        }
        for shard in shards { try shard.begin() }
        do throws(LedgerError) { files = try LedgerFiles(ledger) } catch { throw .ledger(error) }
        let log = files.directory.manifest.log
        guard map.log == log.text else {
            throw .otherLedger(path: paths.directory, found: map.log, expected: log.text)
        }
        report.shards = map.shards
        report.logEnd = files.lastPosition
        report.position = shards.map(\.cursor).min() ?? 0
    }

    private func run(_ progress: (Int, Int) -> Void) throws(TablesError) -> Report {
        let end = shards.map(\.cursor).max() ?? 0
        for shard in shards where shard.cursor > files.lastPosition {
            throw .aheadOfLog(file: shard.file.path, position: shard.cursor, logEnd: files.lastPosition)
        }
        let machines = try readLog(upTo: end, progress)
        for shard in shards { try shard.finishRows(&report.differences) }
        try compareStates(machines)
        for shard in shards { try shard.finish(&report) }
        return report
    }

    /// Every event once: its rows are compared, its effects added up, and the ledger's own state machine led on.
    private func readLog(
        upTo end: UInt64, _ progress: (Int, Int) -> Void
    ) throws(TablesError) -> [WalletMachine] {
        let machines = files.logs.map { _ in WalletMachine(files.configuration) }
        let feed = try LogFeed(files, from: 1, shards: shards.count)
        var failure: TablesError?
        while feed.next <= end {
            let count = try feed.readBatch { [self] shard, record, address, lane, undone in
                guard failure == nil, record.position <= shards[shard].cursor else { return }
                do throws(TablesError) {
                    do throws(LedgerError) {
                        try machines[lane].apply(record, at: address)
                    } catch {
                        throw .ledger(error)
                    }
                    shards[shard].batch.append(record, at: address, lane: lane, undoneMovement: undone)
                    if shards[shard].batch.bytes > Self.batchBytes {
                        try shards[shard].compareBatch(&report.differences)
                    }
                } catch {
                    failure = error
                }
            }
            if let failure { throw failure }
            if count == 0 { break }
            report.events += count
            progress(report.events, Int(end))
        }
        for shard in shards { try shard.compareBatch(&report.differences) }
        return machines
    }

    private func compareStates(_ machines: [WalletMachine]) throws(TablesError) {
        for machine in machines {
            var failure: TablesError?
            machine.withState { state in
                state.forEachPlayer { view in
                    guard failure == nil else { return }
                    do throws(TablesError) { try compare(view) } catch { failure = error }
                }
            }
            if let failure { throw failure }
        }
    }

    private func compare(_ view: PlayerView) throws(TablesError) {
        let shard = shards[Shard.number(of: view.player, shards: shards.count)]
        report.players += 1
        report.holds += view.holds.count
        try shard.compare(view, &report.differences)
    }
}

extension TablesCheck.Report {
    package var json: JSONWriter {
        JSONWriter.line { json in
            json.member("ok", isGood)
            json.member("shards", shards)
            json.member("events", events)
            json.member("rows", rows)
            json.member("players", players)
            json.member("holds", holds)
            json.member("days_in_archive", daysInArchive)
            json.member("dead_letters", deadLetters)
            json.member("position", position)
            json.member("log_end", logEnd)
            json.member("differences", differences.count)
            json.member("first", objects: differences.first) { $0.writeMembers(to: &$1) }
        }
    }
}
