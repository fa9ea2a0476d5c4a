import HoldfastMemory

/// What a remembered request has become, as far as the memory itself knows. The record has the truth.
enum RequestStatus: UInt8 {
    case plain = 0
    case refused = 1
    case openHold = 2
    case confirmed = 3
    case expired = 4
    case rolledBack = 5
    case tombstone = 6

    static var last: RequestStatus { .tombstone }

    /// Of the request that an event's command bears.
    @inline(__always)
    init(ofOwn kind: EventKind) {
        switch kind {
        case .authorised: self = .openHold
        case .refused: self = .refused
        default: self = .plain
        }
    }

    /// Of the request that an event has as its target; only for those that change it.
    @inline(__always)
    init(ofTarget kind: EventKind) {
        switch kind {
        case .confirmed: self = .confirmed
        case .rolledBack: self = .rolledBack
        case .holdExpired: self = .expired
        default: self = .tombstone
        }
    }
}

/// The requests of the window: for each the address of the newest record about it.
///
/// Entries are found by hash and proven by reading the record. Several may be of one request: a stale one stays
/// when its name begins a new life, or when a snapshot caught it twice. The one with the highest address counts.
struct RequestMemory: ~Copyable {
    var pages: HashPages
    /// At least the newest address that was remembered.
    private var newest: UInt64 = 0
    /// Some event of the window was not noted for want of room.
    private var hasMissedOne = false

    init(capacity: Int) {
        pages = HashPages(capacity: capacity, window: LiveWindow(newest: 0, span: 0))
    }

    /// Records lie on multiples of eight bytes, so 40 bits reach 8 TiB back.
    @inline(__always)
    private static func value(_ address: UInt64) -> UInt64 { address >> 3 & HashLayout.valueMask }

    /// Lets go of what lies before `floor`, and takes in addresses up to `newest`.
    @inline(__always)
    mutating func setRange(from floor: UInt64, upTo newest: UInt64) {
        self.newest = max(self.newest, newest)
        let span = min((self.newest &- floor) >> 3, HashLayout.valueMask)
        pages.window = LiveWindow(newest: Self.value(self.newest), span: span)
    }

    /// Addresses up to here are taken in.
    var newestAddress: UInt64 { newest }

    /// Whether it has all that the window's events say. Pages are never given back, so one that has room for more of them
    /// always had, also before it went through a snapshot.
    var isWhole: Bool { !hasMissedOne && pages.hasRoomForPages }

    /// The address that an entry's value stands for: the latest one that is not beyond the newest.
    @inline(__always)
    func address(_ match: HashMatch) -> UInt64 { address(value: match.value) }

    @inline(__always)
    func address(value: UInt64) -> UInt64 {
        newest & ~7 &- ((Self.value(newest) &- value) & HashLayout.valueMask) << 3
    }

    /// Remembers a request that was seen to be unknown. False when there is no room.
    @inline(__always)
    mutating func add(_ hash: UInt64, _ address: UInt64, _ status: RequestStatus) -> Bool {
        pages.insert(hash, value: Self.value(address), status: status.rawValue)
    }

    /// Remembers that the record at `address` is the newest about a request; `older` is the one that was it before,
    /// 0 if none is known. Doing it again changes nothing, and an older record never displaces a newer one. False
    /// when there is no room.
    @inline(__always)
    mutating func remember(_ hash: UInt64, _ address: UInt64, after older: UInt64, _ status: RequestStatus) -> Bool {
        guard let first = pages.firstMatch(hash) else {
            return add(hash, address, status)
        }
        // Nearly always the entry that the record follows is the only one.
        if older != 0, first.value == Self.value(older) {
            pages.update(first, value: Self.value(address), status: status.rawValue)
            return true
        }
        return remember(hash, address, after: older, status, from: first)
    }

    @inline(never)
    private mutating func remember(
        _ hash: UInt64, _ address: UInt64, after older: UInt64, _ status: RequestStatus, from first: HashMatch
    ) -> Bool {
        var itself: HashMatch?
        var before: HashMatch?
        var match: HashMatch? = first
        while let candidate = match {
            if candidate.value == Self.value(address) {
                itself = candidate
            } else if older != 0, candidate.value == Self.value(older) {
                before = candidate
            }
            match = pages.nextMatch(after: candidate)
        }
        switch (itself, before) {
        case (nil, nil): return pages.insert(hash, value: Self.value(address), status: status.rawValue)
        case (nil, let before?): pages.update(before, value: Self.value(address), status: status.rawValue)
        case (_?, let before?): pages.remove(before)
        case (_?, nil): break
        }
        return true
    }

    /// Takes back what `remember` inserted.
    mutating func forget(_ hash: UInt64, _ address: UInt64) {
        var match = pages.firstMatch(hash)
        while let candidate = match {
            if candidate.value == Self.value(address) {
                pages.remove(candidate)
                return
            }
            match = pages.nextMatch(after: candidate)
        }
    }
}

extension RequestMemory {
    /// Remembers what an event says about its own request and about its target. Doing it again changes nothing, and
    /// the order doesn't matter: so recovery does it for every record, whatever a snapshot brought already.
    @inline(__always)
    mutating func remember(_ event: inout WalletEvent, _ place: inout EventPlace) -> Bool {
        if event.kind.isCommand {
            let status = RequestStatus(ofOwn: event.kind)
            let isNoted =
                place.isFresh
                ? add(place.requestHash, place.address, status)
                : remember(place.requestHash, place.address, after: 0, status)
            guard isNoted else { return false }
        }
        if event.kind.changesTarget, !bearsItsTargetsName(&event, &place) {
            let isNoted = remember(
                place.targetHash, place.address, after: event.about, RequestStatus(ofTarget: event.kind))
            // Only a tombstone is lost when there is no room. The others follow an entry of their target, which they
            // take over; where that has left the window, its request isn't guarded any more, and targets are also
            // found in the log.
            if !isNoted {
                hasMissedOne = true
                guard event.kind == .tombstoned else { return true }
                forget(place.requestHash, place.address)
                return false
            }
        }
        return true
    }

    /// A rollback under its own target's name: what counts is that it is the newest command of that name.
    @inline(__always)
    private func bearsItsTargetsName(_ event: inout WalletEvent, _ place: inout EventPlace) -> Bool {
        guard event.kind.isCommand, place.requestHash == place.targetHash else { return false }
        return sameBytes(event.requestID, event.target)
    }
}
