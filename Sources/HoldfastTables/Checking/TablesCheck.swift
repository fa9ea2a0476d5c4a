internal import Holdfast
internal import HoldfastLog
package import HoldfastText
internal import HoldfastWallet

/// Compares a set of tables with the log, completely: every row and every column, every balance, hold, lock, sum and
/// day. Reads only, may run beside a `tables sync`, and looks at each shard as it is at the beginning.
///
/// The rows are compared with those of the log's events, the balances with the state to which the ledger's own replay
/// leads, the sums with a plain addition over all events.
///
/// A shard that can't be read is named as such, and the others are compared all the same. Where the log has given up its
/// beginning, the balances come from its oldest snapshot on, and what only the events before could tell is not compared.
package final class TablesCheck {
    package struct Report: Sendable {
        package var shards = 0
        package var events = 0
        package var rows: Int64 = 0
        /// Of the ledger, as far as they were compared.
        package var players = 0
        package var holds = 0
        package var daysInArchive = 0
        package var deadLetters = 0
        /// With which event the log begins, and rows of events before it: there is nothing to compare these with.
        package var logBegin: UInt64 = 1
        package var rowsGivenUp: Int64 = 0
        /// The last event that every shard has, of those that can be read.
        package var position: UInt64 = 0
        package var logEnd: UInt64 = 0
        package var differences = Differences()
        /// Shards that could not be compared, or not to the end.
        package var unreadable: [UnreadableShard] = []
        package var isGood: Bool { differences.count == 0 && unreadable.isEmpty }
    }

    private let files: LedgerFiles
    private let paths: TablesPaths
    /// By number; nil for one that can't be read.
    private var shards: [ShardCheck?] = []
    private var report = Report()
    private let room: OpenFiles

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
        room = OpenFiles(map.shards * TablesPaths.filesOfShard)
        // The shards first, the log after them: so it has all that they have.
        var unreadable: [UnreadableShard] = []
        for number in 0..<map.shards {
            let path = paths.shard(number)
            do throws(TablesError) {
                let file = try ShardFile(path, for: .reading, expecting: TablesSet.identity(number, map))
                let shard = ShardCheck(file)
                try shard.begin()
                shards.append(shard)
            } catch {
                shards.append(nil)
                unreadable.append(UnreadableShard(file: path, error: error))
            }
        }
        do throws(LedgerError) { files = try LedgerFiles(ledger) } catch { throw .ledger(error) }
        let log = files.directory.manifest.log
        guard map.log == log.text else {
            throw .otherLedger(path: paths.directory, found: map.log, expected: log.text)
        }
        report.shards = map.shards
        report.logEnd = files.lastPosition
        report.position = shards.compactMap { $0?.cursor }.min() ?? 0
        report.unreadable = unreadable
    }

    private func run(_ progress: (Int, Int) -> Void) throws(TablesError) -> Report {
        let logEnd = files.lastPosition
        withEachShard { (shard, _) throws(TablesError) in
            guard shard.cursor > logEnd else { return }
            throw .aheadOfLog(file: shard.file.path, position: shard.cursor, logEnd: logEnd)
        }
        let machines = try readLog(upTo: shards.compactMap { $0?.cursor }.max() ?? 0, progress)
        withEachShard { (shard, report) throws(TablesError) in try shard.finishRows(&report.differences) }
        compareStates(machines)
        withEachShard { (shard, report) throws(TablesError) in try shard.finish(&report) }
        report.unreadable.sort { $0.file < $1.file }
        return report
    }

    private func withEachShard(_ body: (ShardCheck, inout Report) throws(TablesError) -> Void) {
        for number in shards.indices { withShard(number, body) }
    }

    /// Does nothing of a shard that can't be read. One that fails here is such a one from now on.
    private func withShard(_ number: Int, _ body: (ShardCheck, inout Report) throws(TablesError) -> Void) {
        guard let shard = shards[number] else { return }
        do throws(TablesError) {
            try body(shard, &report)
        } catch {
            shards[number] = nil
            report.unreadable.append(UnreadableShard(file: paths.shard(number), error: error))
        }
    }

    /// Every event once: its rows are compared, its effects added up, and the ledger's own state machine led on.
    private func readLog(
        upTo end: UInt64, _ progress: (Int, Int) -> Void
    ) throws(TablesError) -> [WalletMachine] {
        let (start, machines) = try beginning()
        let feed = try LogFeed(files, from: start.position, shards: shards.count)
        var failure: TablesError?
        while feed.next <= end {
            let count = try feed.readBatch { [self] shard, record, address, lane, undone in
                // Each player is led on to where their shard stands.
                guard failure == nil, record.position <= shards[shard]?.cursor ?? end else { return }
                do throws(LedgerError) {
                    try machines[lane].apply(record, at: address)
                } catch {
                    failure = .ledger(error)
                    return
                }
                withShard(shard) { (shard, report) throws(TablesError) in
                    shard.batch.append(record, at: address, lane: lane, undoneMovement: undone)
                    if shard.batch.bytes > Self.batchBytes { try shard.compareBatch(&report.differences) }
                }
            }
            if let failure { throw failure }
            if count == 0 { break }
            report.events += count
            progress(report.events, Int(end))
        }
        withEachShard { (shard, report) throws(TablesError) in try shard.compareBatch(&report.differences) }
        return machines
    }

    /// Where the comparison begins, of which every shard hears, and the state of the lanes there.
    private func beginning() throws(TablesError) -> (CheckStart, [WalletMachine]) {
        let start: CheckStart
        let machines: [WalletMachine]
        do throws(LedgerError) {
            (start, machines) = try files.startOfCheck(upTo: shards.compactMap { $0?.cursor }.min() ?? .max)
        } catch {
            throw .ledger(error)
        }
        report.logBegin = start.position
        withEachShard { (shard, _) throws(TablesError) in try shard.begin(at: start) }
        return (start, machines)
    }

    private func compareStates(_ machines: [WalletMachine]) {
        for machine in machines {
            machine.withState { state in state.forEachPlayer { compare($0) } }
        }
    }

    private func compare(_ view: PlayerView) {
        withShard(Shard.number(of: view.player, shards: shards.count)) { (shard, report) throws(TablesError) in
            try shard.compare(view, &report.differences)
        }
    }
}

/// A shard that the check could not compare, and why.
package struct UnreadableShard: Sendable {
    package let file: String
    package let error: TablesError
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
            if logBegin > 1 {
                json.member("log_begin", logBegin)
                json.member("rows_given_up", rowsGivenUp)
            }
            json.member("unreadable", objects: unreadable) { shard, json in
                json.member("file", shard.file as String?)
                json.member("error", shard.error.description as String?)
            }
            json.member("differences", differences.count)
            json.member("first", objects: differences.first) { $0.writeMembers(to: &$1) }
        }
    }
}
