import CHoldfast
import HoldfastLog
import HoldfastMemory
import Synchronization

/// All that a lane knows of its players, in flat memory. It is a reader of the lane's log: everything here follows
/// from the records, through `remember` and `move`, live and at recovery alike.
///
/// | table | entry | bytes |
/// | --- | --- | --- |
/// | players | slot by number, number by hash of the key | 64 + 15 to 21 |
/// | purses | a player's second asset and further ones | 32 |
/// | holds | open ones only: slot, number by hash of the request, place in the wheel | 128 + 16 + 15 to 21 |
/// | requests | address of the newest record about each request of the window | 15 to 21 |
///
/// The parts are in extensions: players and purses, holds, requests (what a name refers to), events (how one changes
/// the state), views, snapshots.
package struct WalletState: ~Copyable {
    let seed: UInt64
    let lanes: Int
    var assets: AssetTable
    var tenants = TenantTable()

    var players: Slab<PlayerSlot>
    var playersByKey: HashPages
    var purses: Slab<PurseSlot>
    var longIDs: ByteArena

    var holds: Slab<HoldSlot>
    var holdsByRequest: HashPages
    var wheel: TimingWheel
    /// Recovery leaves the wheel alone: it is set up in the log's order when time starts to pass again.
    var wheelIsLive = false
    /// Everything due up to this time has expired. A hold that is opened later is due later.
    var expiredUpTo: Int64 = .min
    /// Open holds that outlive the window of their request: while there are any, request memory isn't enough.
    var longHolds = 0

    var requests: RequestMemory
    var window: RequestWindow
    /// Request memory is with a thread of its own, or nobody wants to know: then records only move players.
    var requestsAreLent = false

    /// The latest time that anything here has seen.
    package internal(set) var latestTime: Int64 = 0
    /// Events taken in since the process started.
    package internal(set) var eventsTaken: UInt64 = 0
    /// Of the group that recovery was handed last, and why the one behind them could not be.
    package internal(set) var takenIn = 0
    package internal(set) var lastFault: EventFault?

    var snapshot = SnapshotCursor()
    var loaded = SnapshotLoading()
    /// Never used. A member that can't move makes the compiler pass the whole state by its address; without it each
    /// call of a method that doesn't mutate copied 700 bytes to the stack, a tenth of the time of a command.
    private let pin = Atomic(false)
    /// Commands on their way through the pipeline.
    let ring: UnsafeMutablePointer<PipelineEntry>
    /// Records on their way at recovery.
    let recovery: UnsafeMutablePointer<RecoveryEntry>

    package init(_ configuration: WalletConfiguration) {
        precondition(SlotLayout.isAsDocumented)
        let capacity = configuration.capacity
        seed = configuration.seed
        lanes = configuration.lanes
        assets = AssetTable(registry: configuration.assets)
        players = Slab(capacity: capacity.players)
        playersByKey = HashPages(capacity: capacity.players)
        purses = Slab(capacity: capacity.furtherPurses)
        longIDs = ByteArena(capacity: capacity.longIDBytes)
        holds = Slab(capacity: capacity.openHolds)
        holdsByRequest = HashPages(capacity: capacity.openHolds)
        wheel = TimingWheel(capacity: capacity.openHolds, startingAt: 0)
        requests = RequestMemory(capacity: capacity.requests)
        window = RequestWindow(milliseconds: configuration.windowMilliseconds)
        ring = .allocate(capacity: Pipeline.ringCount)
        ring.initialize(repeating: PipelineEntry(), count: Pipeline.ringCount)
        recovery = .allocate(capacity: RecoveryEntry.onTheirWayMax)
        recovery.initialize(repeating: RecoveryEntry(), count: RecoveryEntry.onTheirWayMax)
    }

    deinit {
        ring.deallocate()
        recovery.deallocate()
    }

    package var playerCount: Int { players.liveCount }
    package var openHoldCount: Int { holds.liveCount }
    package var rememberedRequestCount: Int { requests.pages.count }
    /// Memory in use, in bytes.
    package var residentBytes: Int {
        players.residentBytes + playersByKey.residentBytes + purses.residentBytes + longIDs.residentBytes
            + holds.residentBytes + holdsByRequest.residentBytes + requests.pages.residentBytes
    }
}

extension Full {
    /// The error that a caller sees.
    func error(_ state: borrowing WalletState) -> LogError {
        switch self {
        case .players: Self.error("players", state.players.capacity)
        case .furtherPurses: Self.error("purses beyond each player's first", state.purses.capacity)
        case .openHolds: Self.error("open holds", state.holds.capacity)
        case .requests: state.requests.fullError
        case .longIDBytes: Self.error("bytes of long player ids", state.longIDs.residentBytes)
        case .tenants: Self.error("tenants", TenantTable.tenantsMax)
        case .assets: Self.error("names of assets", AssetRegistry.namesMax)
        }
    }

    fileprivate static func error(_ what: String, _ bound: Int) -> LogError {
        .invalid(argument: what, reason: "a lane holds at most \(bound) of them; nothing was recorded")
    }
}

extension RequestMemory {
    var fullError: LogError { Full.error("requests within the window", pages.count) }
}
