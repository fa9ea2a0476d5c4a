import HoldfastArchive
import HoldfastTables
import HoldfastWallet
import SimulatedDisk
import Testing

@testable import Holdfast
@testable import HoldfastLog

/// A ledger with some days that are long past, sealed, and its archive, on one simulated machine.
final class OldLedger {
    static let path = "/ledger"
    static let archive = "/archive"
    static let day: Int64 = 86_400_000
    static let start: Int64 = 20_400 * day
    /// When the last events came: all others are much older.
    static let now = start + 600 * day
    static let players = (0..<5).map { "p\($0)" }
    private static let identity = LogDirectory.Identity(log: LogID(high: 0x486F_6C64, low: 0x6661_7374), seed: 7)

    let ledger: Ledger
    private let clock: GivenClock
    private var builder: CommandBuilder
    private var decoder = CommandDecoder()
    private var lastTime: Int64 = 0

    /// Opens the ledger as a new process would, and creates it where there is none.
    init(on disk: SimulatedDisk, lanes: Int = 2) throws {
        if !disk.fileExists(Self.path + "/manifest") {
            _ = try Ledger.create(
                at: Self.path, options: .init(lanes: lanes, segmentBytes: 64 << 10), on: disk, at: Self.start,
                identity: Self.identity)
        }
        clock = GivenClock(Self.start)
        ledger = try Ledger.open(at: Self.path, on: disk, clock: clock, drive: .byHand, snapshots: nil)
        builder = CommandBuilder(assets: ledger.assets, seed: ledger.configuration.seed, clockIsGiven: true)
    }

    /// The answer to one command, in a batch of its own.
    @discardableResult
    func send(_ op: String, _ player: String, _ request: String, _ more: String, at time: Int64) throws -> Outcome {
        var text = #"{"op":"\#(op)","tenant":"evian","player":"\#(player)","request_id":"\#(request)"\#(more)}"#
        let batch = CommandBatch(commandsExpected: 1)
        var command = PreparedCommand()
        let fault = text.withUTF8 { bytes in
            var form = decoder.decode(UnsafeRawBufferPointer(bytes))!
            let fault = builder.prepare(&form, into: &command)
            command.at = time
            batch.append(&command)
            return fault
        }
        #expect(fault == nil)
        let lane = ledger.lane(ofKeyHash: command.keyHash)
        let failed = Locked<LogError?>(nil)
        batch.whenDone = { batch, error in failed.with { $0 = error ?? batch.failure } }
        if let refused = ledger.engine.offer(batch, to: lane) { throw refused }
        run()
        if let failure = failed.with({ $0 }) { throw failure }
        return batch.outcome(0)
    }

    func run() {
        for lane in 0..<ledger.engine.laneCount { ledger.engine.runLane(lane) }
        while ledger.engine.commit() {}
    }

    func takeSnapshot() throws {
        _ = try ledger.engine.startSnapshots(at: ledger.directory.places, on: ledger.directory.disk)
        for lane in 0..<ledger.engine.laneCount { while ledger.engine.runLane(lane) {} }
        while ledger.engine.commit() {}
    }

    func close() { ledger.closeAndWait() }

    // MARK: A whole world

    struct Plan {
        var lanes = 2
        var eventsPerDay = 130
        var snapshots = 2
        var seals = true
        /// Rows of the log that never came into the archive.
        var leavesOut: (String) -> Bool = { _ in false }
        var changes: (String) -> String = { $0 }
        var log = OldLedger.identity.log.text
    }

    /// Three days of events six hundred days ago, a few of now, snapshots, sealed; all rows archived.
    static func make(_ plan: Plan = Plan()) throws -> SimulatedDisk {
        let disk = SimulatedDisk()
        let old = try OldLedger(on: disk, lanes: plan.lanes)
        for day in 0..<3 {
            for number in 0..<plan.eventsPerDay {
                let player = players[number % players.count]
                let at = start + Int64(day) * OldLedger.day + Int64(number) * 1_000
                let more = #","asset":"BRL","amount":\#(number + 1),"ref":"round/\#(number)""#
                try old.send("credit", player, "d\(day)-\(number)", more, at: at)
            }
        }
        try old.send(
            "exchange", "p0", "x", #","asset":"BRL","amount":9,"to_asset":"USD","rate":{"num":1,"den":3}"#,
            at: start + 2 * day + 900_000)
        try old.send("credit", "once", "only", #","asset":"BRL","amount":1"#, at: start + 2 * day + 950_000)
        for number in 0..<10 {
            try old.send(
                "debit", players[number % players.count], "b\(number)", #","asset":"BRL","amount":1"#,
                at: now + Int64(number))
        }
        for number in 0..<plan.snapshots {
            // Each begins where the log then ends, so they need something between them to be two.
            for player in players {
                try old.send("credit", player, "s\(number)", #","asset":"BRL","amount":1"#, at: now + 100)
            }
            try old.takeSnapshot()
        }
        old.close()
        if plan.seals { _ = try LogDirectory.ledger(at: path, on: disk).sealAll() }
        try archive(plan, on: disk)
        return disk
    }

    private static func archive(_ plan: Plan, on disk: SimulatedDisk) throws {
        var rows: [Day: [MemoryShelf.Row]] = [:]
        for line in try lines(disk) where !plan.leavesOut(line.text) {
            rows[Day(of: line.time), default: []].append(MemoryShelf.Row(line: plan.changes(line.text)))
        }
        for day in rows.keys { rows[day]!.sort { RowMaker.key($0.line) < RowMaker.key($1.line) } }
        let shelf = MemoryShelf(number: 0, of: 1, rows, disk: disk)
        var options = RunOptions(now: now + 50 * day, database: "ledger")
        options.threads = 1
        options.engine = .zlib1
        options.log = Snapshot.LogCover(log: plan.log, lastPosition: 1, lanes: [])
        let archive = try Archive.open(archive, for: .writing, on: disk, identifiers: Identifiers(SplitMix(seed: 3)))
        _ = try ArchiveRun(archive, [shelf], options).run()
    }

    /// Every row that the log still has, as text.
    static func lines(_ disk: SimulatedDisk) throws -> [(text: String, time: Int64)] {
        let files = try LedgerFiles(path, on: disk)
        let reader = try files.reader(from: files.firstPosition)
        var lines: [(text: String, time: Int64)] = []
        while try reader.readBatch({ (record, _, _, _) throws(LogError) in
            let rows = try EventRows(reading: record)
            let writer = LineOfRow()
            for row in [rows.first] + (rows.second.map { [$0] } ?? []) {
                lines.append((writer.with(row) { line, _ in String(decoding: line, as: UTF8.self) }, record.time))
            }
        }) > 0 {}
        return lines
    }

    /// Every wallet as the newest snapshots and what came after them say.
    static func wallets(_ disk: SimulatedDisk) throws -> [Wallet] {
        var wallets: [Wallet] = []
        for (machine, _) in try LedgerFiles(path, on: disk).recoverStates() {
            machine.withState { state in state.forEachPlayer { wallets.append(Wallet($0)) } }
        }
        return wallets.sorted { $0.player.id < $1.player.id }
    }

    static func retain(
        _ disk: SimulatedDisk, olderThan: Int64 = 400 * day, dryRun: Bool = false
    ) throws(ArchiveError) -> RetentionReport {
        try SegmentRetention(ledger: path, archive: archive, olderThan: olderThan, isDryRun: dryRun, on: disk).run()
    }

    static func segments(_ disk: SimulatedDisk) -> [String] {
        disk.fileNames.filter { $0.hasPrefix(path) && ($0.hasSuffix(".sealed") || $0.hasSuffix(".log")) }
    }
}
