/// An embedded event store: streams of events in an append-only log that loses nothing.
///
///     let store = try await EventStore.open(at: "orders")
///     try await store.append(Event(type: 1, payload: Array("placed".utf8)), to: "order-17", expecting: .none)
///     for try await event in store.read("order-17") { print(event.revision, event.type) }
///     await store.close()
///
/// An append that returns is durable on disk. One process owns a store; any number of tasks may use it at once.
public final class EventStore: Sendable {
    package static let kind = "event store"

    let directory: LogDirectory
    let engine: LaneEngine<StreamMachine>
    let logs: [FileBatchLog]
    let options: Options
    /// Released last: the lock of the directory.
    private let ownership: Locked<(any DirectoryLock)?>
    public let opened: OpenReport

    /// What can be set when a store is opened.
    public struct Options: Sendable {
        /// Lanes decide in parallel; streams of one atomic append must share one. Fixed when the store is created.
        public var lanes = 1
        /// Size of a segment file, fixed when the store is created.
        public var segmentBytes: UInt64?
        /// Creates the store where there is none.
        public var createsIfMissing = true
        public var upcasters = Upcasters()
        /// Rewrites full segments in the background, by stream and compressed.
        public var seals = false

        public init(
            lanes: Int = 1, segmentBytes: UInt64? = nil, createsIfMissing: Bool = true,
            upcasters: Upcasters = Upcasters(), seals: Bool = false
        ) {
            self.lanes = lanes
            self.segmentBytes = segmentBytes
            self.createsIfMissing = createsIfMissing
            self.upcasters = upcasters
            self.seals = seals
        }
    }

    /// What opening did.
    public struct OpenReport: Sendable, Equatable {
        /// The store was closed in order the last time.
        public var closedCleanly = true
        /// Bytes of a batch that a crash tore; it had never been acknowledged.
        public var tornBytes: UInt64 = 0
        /// Events read again because no snapshot covered them.
        public var eventsReplayed: UInt64 = 0
        /// What was lost or damaged and has been rebuilt or passed over, in words.
        public var notes: [String] = []
    }

    /// Opens the store in a directory, creating it there if it is missing.
    public static func open(at path: String, options: Options = Options()) async throws(LogError) -> EventStore {
        try open(at: path, options: options, on: RealDisk(), clock: SystemClock(), drive: .threads)
    }

    package static func open(
        at path: String, options: Options, on disk: any Disk, clock: any LogClock,
        drive: LaneEngine<StreamMachine>.Drive, identity: LogDirectory.Identity? = nil,
        snapshots: SnapshotPolicy? = .automatic
    ) throws(LogError) -> EventStore {
        let directory: LogDirectory
        if options.createsIfMissing, !disk.fileExists(path + "/" + LogDirectory.manifestName) {
            let plan = LogDirectory.Plan(lanes: options.lanes, segmentBytes: options.segmentBytes, kind: kind)
            directory = try LogDirectory.create(path, plan, on: disk, at: clock.now(), identity: identity)
        } else {
            directory = try LogDirectory.open(path, kind: kind, on: disk)
        }
        return try EventStore(directory, options: options, clock: clock, drive: drive, snapshots: snapshots)
    }

    private init(
        _ directory: LogDirectory, options: Options, clock: any LogClock, drive: LaneEngine<StreamMachine>.Drive,
        snapshots: SnapshotPolicy?
    ) throws(LogError) {
        let lock = try directory.lock()
        let logs = try directory.openLanes(for: .writing)
        var report = OpenReport(logs)
        let seed = directory.manifest.hashSeed
        let lanes = try LaneRecovery.recover(logs) { StreamMachine(seed: seed) }
        for lane in lanes { report.add(lane.report) }
        engine = try LaneEngine(lanes: lanes.map { ($0.log, $0.machine) }, clock: clock, drive: drive)
        if options.seals { engine.sealInBackground() }
        if let snapshots {
            engine.takeSnapshots(
                snapshots, behind: report.eventsReplayed, at: directory.places, on: directory.disk)
        }
        self.directory = directory
        self.logs = logs
        self.options = options
        ownership = Locked(lock)
        opened = report
    }

    /// Finishes what was handed over, marks the log as closed cleanly, and gives the directory free.
    public func close() async { closeAndWait() }

    package func closeAndWait() {
        engine.close()
        ownership.with { $0 = nil }
    }

    /// Writes a snapshot of the streams' heads, so that the next opening reads only what comes after it.
    /// Appends go on meanwhile. A running store takes snapshots by itself too, when the events since the last one come
    /// to an eighth of its streams, and to four million at least.
    public func snapshot() async throws(LogError) {
        try await engine.snapshot(at: directory.places, on: directory.disk)
    }

    /// Position of the last durable event; 0 when there is none.
    public var lastPosition: UInt64 { engine.durable.mark.position }

    func lane(of key: UnsafeRawBufferPointer) -> Int {
        LanePlacement.lane(
            ofHash: StreamTable.hash(key, seed: directory.manifest.hashSeed), lanes: engine.laneCount)
    }
}

extension EventStore.OpenReport {
    package init(_ logs: [FileBatchLog]) {
        for log in logs {
            let found = log.openedWith
            let begun = log.segmentCount > 0
            closedCleanly = closedCleanly && (found.closedCleanly || !begun)
            tornBytes += found.tornBytes
            if found.indexRebuilt { notes.append("the segment table of \(log.at.directory) was rebuilt") }
        }
    }

    package mutating func add(_ recovery: LaneRecovery.Report) {
        eventsReplayed += recovery.replayed
        notes += recovery.passedOver.map { "a damaged snapshot was passed over: \($0)" }
    }
}
