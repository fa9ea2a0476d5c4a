import Holdfast
import HoldfastLog
import HoldfastTestSupport
import HoldfastWallet
import WalletModel

@testable import HoldfastTables

/// A ledger on the real disk in a directory of its own, with room for tables beside it.
///
///     let work = try TestLedger(lanes: 2)
///     try await work.apply(TestLedger.lines(500))
///     try work.sync(shards: 4)
final class TestLedger {
    let place = TemporaryDirectory()
    var ledger: String { place.path + "/ledger" }
    var tables: String { place.path + "/tables" }
    var paths: TablesPaths { TablesPaths(tables) }
    private var latestTime: Int64 = 0

    init(lanes: Int = 1) throws {
        _ = try Ledger.create(
            at: ledger, options: .init(lanes: lanes, segmentBytes: 1 << 20), on: RealDisk(), at: 0)
    }

    /// Random lines of every sort, over several days.
    static func lines(_ count: Int, seed: UInt64 = 1) -> [String] {
        var commands = CommandGenerator(seed: seed)
        return (0..<count).map { _ in commands.next() }
    }

    /// One command of each field given; the time is in milliseconds.
    static func line(_ fields: String, player: String = "p1", id: String, at: Int64) -> String {
        "{\"tenant\":\"evian\",\"player\":\"\(player)\",\"request_id\":\"\(id)\",\(fields),\"at\":\(at)}"
    }

    /// Applies lines as `holdfast apply --clock given` does; every accepted one is durable afterwards.
    func apply(_ lines: [String]) async throws {
        let clock = GivenClock(latestTime)
        let ledger = try Ledger.open(at: ledger, on: RealDisk(), clock: clock, drive: .threads)
        do {
            try await apply(lines, to: ledger)
        } catch {
            await ledger.close()
            throw error
        }
        await ledger.close()
    }

    private func apply(_ lines: [String], to ledger: Ledger) async throws {
        var decoder = CommandDecoder()
        var builder = ledger.makeBuilder()
        let run = CommandRun(ledger)
        func settle() async throws {
            try await run.commit()
            run.reset()
        }
        for line in lines {
            var command = PreparedCommand()
            let bytes = Array(line.utf8)
            let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
            defer { copy.deallocate() }
            copy.copyBytes(from: bytes)
            guard var form = decoder.decode(UnsafeRawBufferPointer(copy)),
                builder.prepare(&form, into: &command) == nil
            else { continue }
            latestTime = max(latestTime, command.at)
            command.at = latestTime
            let crosses = run.crossesLanes(command)
            if crosses { try await settle() }
            run.append(&command)
            if crosses || run.count >= 50 { try await settle() }
        }
        try await settle()
    }

    @discardableResult
    func sync(shards: Int? = nil, settings: SyncSettings = SyncSettings()) throws -> SyncStatus {
        let sync = try TablesSync(ledger: ledger, into: tables, shards: shards, settings: settings)
        try sync.run(following: false)
        return sync.takeStatus()
    }

    func check() throws -> TablesCheck.Report {
        try TablesCheck.run(ledger: ledger, tables: tables)
    }

    /// Runs SQL on one of the shards, as an operator with a SQLite shell would.
    func shell(_ sql: String, shard: Int = 0) throws {
        let database = try Database(paths.shard(shard), for: .writing)
        try database.run(sql)
    }

    func value(_ sql: String, shard: Int = 0) throws -> Int64? {
        try Database(paths.shard(shard), for: .reading).integer(sql)
    }

    /// All rows of a query over all shards, as texts, sorted.
    func rows(_ sql: String) throws -> [String] {
        var rows: [String] = []
        let map = try GlobalFile(paths, for: .reading).map()
        for number in 0..<map.shards {
            let database = try Database(paths.shard(number), for: .reading)
            let statement = try database.prepare(sql)
            try statement.forEachRow { row throws(TablesError) in rows.append(row.wholeRow) }
        }
        return rows.sorted()
    }
}

extension Statement {
    var wholeRow: String {
        (0..<columnCount).map { isNull($0) ? "null" : text($0) }.joined(separator: "|")
    }
}

extension TestLedger {
    /// A second set of tables of the same ledger, beside the first; returns its name.
    static func tables(of work: TestLedger, shards: Int, named name: String) throws -> String {
        let sync = try TablesSync(ledger: work.ledger, into: work.place.path + "/" + name, shards: shards)
        try sync.run(following: false)
        return name
    }
}
