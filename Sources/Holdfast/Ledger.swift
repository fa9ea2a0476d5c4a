public import HoldfastLog
package import HoldfastWallet
internal import Synchronization

/// A wallet ledger: players' money as events in an append-only log.
///
///     let ledger = try await Ledger.open(at: "ledger")
///     let player = Player("p1", of: "evian")
///     try await ledger.credit(player, asset: "BRL", amount: 5_000, requestID: "d1")
///     try await ledger.authorise(player, asset: "BRL", amount: 1_200, requestID: "b1")
///     let answer = try await ledger.confirm(player, target: "b1", requestID: "c1")
///     print(answer.accepted?.funds?.balance ?? 0)
///     await ledger.close()
///
/// An answer is durable when it arrives, refusals too. A refusal is an answer; thrown is what keeps the ledger from
/// answering: a full or failing disk, damage, more commands than it can take. One process owns a ledger.
public final class Ledger: Sendable {
    package let directory: LogDirectory
    package let engine: LaneEngine<WalletMachine>
    package let logs: [FileBatchLog]
    package let configuration: WalletConfiguration
    package let assets: AssetRegistry
    /// Asked for every command; through the generic engine each question would cost a look-up of its type.
    package let laneCount: Int
    let clock: any LogClock
    private let builder: Mutex<CommandBuilder>
    private let ownership: Locked<(any DirectoryLock)?>
    public let opened: OpenReport

    public typealias OpenReport = EventStore.OpenReport

    /// What is fixed when a ledger is created.
    public struct Options: Sendable {
        /// Players are spread over lanes, each with a thread of its own that decides. One is enough for a million
        /// transactions a second; more help where there are many cores.
        public var lanes = 1
        /// Assets beyond the ISO 4217 currencies, BTC, ETH and USDT, with the digits behind their decimal point.
        public var assets: [String: Int] = [:]
        /// How long a request_id is guarded, 24 hours at least.
        public var requestWindowMilliseconds: Int64 = 86_400_000
        public var segmentBytes: UInt64?

        public init(
            lanes: Int = 1, assets: [String: Int] = [:], requestWindowMilliseconds: Int64 = 86_400_000,
            segmentBytes: UInt64? = nil
        ) {
            self.lanes = lanes
            self.assets = assets
            self.requestWindowMilliseconds = requestWindowMilliseconds
            self.segmentBytes = segmentBytes
        }
    }

    /// Creates an empty ledger in a directory that is missing or empty.
    public static func create(at path: String, options: Options = Options()) async throws(LedgerError) {
        _ = try create(at: path, options: options, on: RealDisk(), at: SystemClock().now())
    }

    package static func create(
        at path: String, options: Options, on disk: any Disk, at time: Int64, identity: LogDirectory.Identity? = nil
    ) throws(LedgerError) -> LogDirectory {
        let settings = try LedgerSettings(
            assets: options.assets, windowMilliseconds: options.requestWindowMilliseconds)
        let plan = LogDirectory.Plan(
            lanes: options.lanes, segmentBytes: options.segmentBytes, kind: LedgerSettings.kind,
            settings: settings.fields)
        return try LogDirectory.create(path, plan, on: disk, at: time, identity: identity)
    }

    /// Opens the ledger in a directory, creating an empty one where there is none.
    public static func open(at path: String, options: Options = Options()) async throws(LedgerError) -> Ledger {
        let disk = RealDisk()
        if !disk.fileExists(path + "/manifest") {
            _ = try create(at: path, options: options, on: disk, at: SystemClock().now())
        }
        return try open(at: path, on: disk, clock: SystemClock(), drive: .threads)
    }

    /// Opens the ledger in a directory; throws where there is none. Full segments are sealed in the background unless
    /// `seals` is false; then they wait for `holdfast seal` or for an opening that does.
    public static func openExisting(at path: String, seals: Bool = true) async throws(LedgerError) -> Ledger {
        try open(at: path, on: RealDisk(), clock: SystemClock(), drive: .threads, seals: seals)
    }

    package static func open(
        at path: String, on disk: any Disk, clock: any LogClock, drive: LaneEngine<WalletMachine>.Drive,
        snapshots: SnapshotPolicy? = .automatic, seals: Bool = true
    ) throws(LedgerError) -> Ledger {
        let directory = try LogDirectory.ledger(at: path, on: disk)
        return try Ledger(directory, clock: clock, drive: drive, snapshots: snapshots, seals: seals)
    }

    private init(
        _ directory: LogDirectory, clock: any LogClock, drive: LaneEngine<WalletMachine>.Drive,
        snapshots: SnapshotPolicy?, seals: Bool
    ) throws(LedgerError) {
        let configuration = try directory.walletConfiguration()
        let lock = try directory.lock()
        let logs = try directory.openLanes(for: .writing)
        var report = OpenReport(logs)
        let lanes = try LaneRecovery.recover(logs) { WalletMachine(configuration) }
        for lane in lanes { report.add(lane.report) }
        engine = try LaneEngine(lanes: lanes.map { ($0.log, $0.machine) }, clock: clock, drive: drive)
        if seals { engine.sealInBackground() }
        if let snapshots {
            engine.takeSnapshots(
                snapshots, behind: report.eventsReplayed, at: directory.places, on: directory.disk)
        }
        laneCount = lanes.count
        self.directory = directory
        self.logs = logs
        self.configuration = configuration
        self.clock = clock
        assets = configuration.assets
        builder = Mutex(
            CommandBuilder(
                assets: configuration.assets, seed: configuration.seed, clockIsGiven: !clock.runsByItself))
        ownership = Locked(lock)
        opened = report
    }

    /// Answers what was handed over, marks the ledger as closed in order, and gives the directory free.
    public func close() async { closeAndWait() }

    package func closeAndWait() {
        engine.close()
        ownership.with { $0 = nil }
    }

    /// Writes a snapshot of all wallets, so that the next opening reads only what comes after it. Commands flow on.
    ///
    /// A running ledger takes snapshots by itself too, when the events since the last one come to an eighth of its
    /// players and remembered requests, and to four million at least.
    public func snapshot() async throws(LedgerError) {
        try await engine.snapshot(at: directory.places, on: directory.disk)
    }

    /// The same for a thread that may wait.
    package func snapshotAndWait() throws(LedgerError) {
        let done = Signal()
        let outcome = Locked<Result<Void, LedgerError>?>(nil)
        Task {
            let result: Result<Void, LedgerError>
            do throws(LedgerError) { result = .success(try await snapshot()) } catch { result = .failure(error) }
            outcome.with { $0 = result }
            done.raise()
        }
        while true {
            let ticket = done.ticket
            if let outcome = outcome.with({ $0 }) { return try outcome.get() }
            done.wait(after: ticket)
        }
    }

    /// Why segments of some lane are not sealed any more, if that is so. Everything else goes on.
    public var sealingFailure: LedgerError? { engine.sealingFailure }

    /// Position of the last durable event; 0 when there is none.
    public var lastPosition: UInt64 { engine.durable.mark.position }

    func withBuilder<Result: Sendable>(_ body: (inout CommandBuilder) -> Result) -> Result {
        builder.withLock { body(&$0) }
    }

    package func lane(ofKeyHash hash: UInt64) -> Int { LanePlacement.lane(ofHash: hash, lanes: laneCount) }
}

extension LogDirectory {
    package func walletConfiguration() throws(LedgerError) -> WalletConfiguration {
        let settings = try LedgerSettings(reading: self)
        return WalletConfiguration(
            assets: AssetRegistry(declared: settings.assets), seed: manifest.hashSeed, lanes: manifest.lanes,
            windowMilliseconds: settings.windowMilliseconds)
    }
}
