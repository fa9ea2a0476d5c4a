private import Holdfast
private import HoldfastLog
private import HoldfastWallet

extension TablesReport {
    /// Reads a set of tables, beside whoever writes them. Each shard is seen as it is at one moment.
    ///
    /// `progress` is told now and then how many days of players have been looked at.
    package static func read(
        _ path: String, _ selection: ReportSelection = .init(), progress: @escaping (Int) -> Void = { _ in }
    ) throws(TablesError) -> TablesReport {
        let paths = TablesPaths(path)
        guard RealDisk().fileExists(path) else { throw .notTables(path: path, reason: "there is no such directory") }
        let global = try GlobalFile(paths, for: .reading)
        if let tenant = selection.tenant { try global.require(tenant: tenant) }
        var report = try readShards(paths, global, selection, progress)
        report.exponents = AssetRegistry().exponents.merging(try global.exponents()) { _, declared in declared }
            .mapValues { Int($0) }
        return report
    }

    /// While a new set takes this one's place, files and map may not fit for a moment: then all is read again.
    private static func readShards(
        _ paths: TablesPaths, _ global: GlobalFile, _ selection: ReportSelection, _ progress: @escaping (Int) -> Void
    ) throws(TablesError) -> TablesReport {
        var attempts = 0
        while true {
            attempts += 1
            let map = try global.map()
            do throws(TablesError) {
                let sums = ReportSums(selection)
                var reader = ShardReportReader(selection, sums, progress)
                for number in 0..<map.shards {
                    let identity = TablesSet.identity(number, map)
                    try reader.read(ShardFile(paths.shard(number), for: .reading, expecting: identity))
                }
                if try global.map() == map { return sums.report() }
            } catch {
                guard attempts < swapAttemptsMax, try isSwapping(global, map) else { throw error }
                Pause.milliseconds(100)
            }
        }
    }

    private static func isSwapping(_ global: GlobalFile, _ map: GlobalFile.ShardMap) throws(TablesError) -> Bool {
        if try global.swap() != nil { return true }
        return try global.map() != map
    }

    private static let swapAttemptsMax = 50
}

/// Reads one shard after the other into a report's sums.
private struct ShardReportReader: ~Copyable {
    private let selection: ReportSelection
    private let sums: ReportSums
    private let progress: (Int) -> Void
    private var rows = 0

    init(_ selection: ReportSelection, _ sums: ReportSums, _ progress: @escaping (Int) -> Void) {
        self.selection = selection
        self.sums = sums
        self.progress = progress
    }

    mutating func read(_ shard: ShardFile) throws(TablesError) {
        // One transaction: what is read belongs together.
        try shard.database.run("BEGIN")
        let database = shard.database
        let bounds = try database.prepare("SELECT min(day), max(day) FROM days")
        let hasDays = try bounds.step()
        let deadLetters = try database.integer("SELECT count(*) FROM dead_letters WHERE state <> 'retried'") ?? 0
        sums.noteShard(
            position: try shard.position(), deadLetters: deadLetters,
            firstDay: hasDays ? bounds.integerIfAny(0).map { Day(number: $0) } : nil,
            lastDay: hasDays ? bounds.integerIfAny(1).map { Day(number: $0) } : nil)
        bounds.reset()
        try readTotals(database)
        let names = try ShardNames(database, only: selection.tenant)
        try readPurses(database, names)
        try readActivity(database, names)
        try database.run("COMMIT")
    }

    private func readTotals(_ database: Database) throws(TablesError) {
        let flows = DailyTotals.Flow.allCases
        let columns = flows.map { $0.canBeUndone ? "\($0.column) - \($0.column)_undone" : $0.column }
        let statement = try database.prepare(
            """
            SELECT tenant_id, asset, day, \(columns.joined(separator: ", ")) FROM daily_totals
            WHERE day BETWEEN ?1 AND ?2 AND tenant_id = coalesce(?3, tenant_id)
            """)
        bindDays(statement)
        if let tenant = selection.tenant { statement.bind(3, tenant) } else { statement.bindNull(3) }
        while try statement.step() {
            var money = MoneySums()
            for (column, flow) in flows.enumerated() { money[flow] = Int128(statement.integer(Int32(3 + column))) }
            sums.addMoney(
                sums.scope(statement.text(0), statement.text(1)), Day(number: statement.integer(2)), money)
        }
        statement.reset()
    }

    private func readPurses(_ database: Database, _ names: ShardNames) throws(TablesError) {
        let statement = try database.prepare("SELECT player, asset, deposits, withdrawals FROM purses")
        while try statement.step() {
            guard let tenant = names.tenant(of: statement.integer(0)) else { continue }
            sums.addPurse(
                names.scope(tenant, statement.integer(1), sums), deposits: statement.integer(2),
                withdrawals: statement.integer(3))
        }
        statement.reset()
    }

    /// From the first day on, whatever the report's days are: who is new is known only so.
    private mutating func readActivity(_ database: Database, _ names: ShardNames) throws(TablesError) {
        let statement = try database.prepare(
            "SELECT day, asset, player, did FROM activity WHERE day BETWEEN ?1 AND ?2 ORDER BY day")
        bindDays(statement)
        statement.bind(1, DayRange.earliest.number)
        var days = PlayerDays(selection.days)
        while try statement.step() {
            rows += 1
            if rows & 0xFFFF == 0 { progress(rows) }
            let player = statement.integer(2)
            guard let tenant = names.tenant(of: player) else { continue }
            days.note(
                player: player, asset: statement.integer(1), day: Day(number: statement.integer(0)),
                did: statement.integer(3), into: sums
            ) { asset in names.scope(tenant, asset, sums) }
        }
        statement.reset()
        days.finish(sums)
    }

    private func bindDays(_ statement: Statement) {
        statement.bind(1, selection.days.lower.number).bind(2, selection.days.upper.number)
    }
}

/// The players' tenants and the assets' names of one shard, by their numbers in it.
private final class ShardNames {
    private var tenants: [String] = []
    /// By player; 0 for one who isn't asked for, else the tenant's place and 1.
    private var tenantOf: [UInt32] = [0]
    private var assets: [Int64: String] = [:]
    private var scopes: [ScopeKey: Int] = [:]

    private struct ScopeKey: Hashable {
        let tenant: Int
        let asset: Int64
    }

    init(_ database: Database, only tenant: String?) throws(TablesError) {
        try readAssets(database)
        try readPlayers(database, only: tenant)
    }

    private func readAssets(_ database: Database) throws(TablesError) {
        let statement = try database.prepare("SELECT ref, asset FROM assets")
        while try statement.step() { assets[statement.integer(0)] = statement.text(1) }
        statement.reset()
    }

    private func readPlayers(_ database: Database, only tenant: String?) throws(TablesError) {
        let statement = try database.prepare("SELECT ref, tenant_id FROM player_refs ORDER BY ref")
        var numbers: [String: UInt32] = [:]
        while try statement.step() {
            // Players are numbered as they come, without a gap, and none is ever removed.
            guard statement.integer(0) == tenantOf.count else {
                throw .invalid(
                    argument: database.path,
                    reason: "its players' numbers have a gap at \(tenantOf.count); "
                        + "`holdfast tables check` compares it with the log")
            }
            let name = statement.text(1)
            if let tenant, name != tenant {
                tenantOf.append(0)
                continue
            }
            if numbers[name] == nil {
                tenants.append(name)
                numbers[name] = UInt32(tenants.count)
            }
            tenantOf.append(numbers[name]!)
        }
        statement.reset()
    }

    func tenant(of player: Int64) -> Int? {
        guard player > 0, player < tenantOf.count, tenantOf[Int(player)] > 0 else { return nil }
        return Int(tenantOf[Int(player)]) - 1
    }

    func scope(_ tenant: Int, _ asset: Int64, _ sums: ReportSums) -> Int {
        let key = ScopeKey(tenant: tenant, asset: asset)
        if let known = scopes[key] { return known }
        let scope = sums.scope(tenants[tenant], asset == PlayerDays.anyAsset ? nil : assets[asset] ?? "?")
        scopes[key] = scope
        return scope
    }
}
