internal import Holdfast
internal import HoldfastLog
internal import HoldfastWallet

/// One way through a whole ledger, lane beside lane. Of each lane one thread reads and checks, one applies every event
/// with the `apply` that served it live, and one adds up the events' bytes by itself. In the end both must have the same
/// books.
final class LedgerPass: LogVerifier.Companion {
    let files: LedgerFiles
    private let lanes: [LanePass]
    private let progress: @Sendable (_ events: Int) -> Void
    private let eventsTaken = Locked(0)
    /// What the machines lent out: request memory is of no account to any balance, so it is filled by a thread of its
    /// own, and only where it will be compared with a snapshot's.
    private let shares: [any RecoveryShare]

    /// Events up to and including a time. A lane that has given up its beginning starts from its oldest snapshot, which
    /// has the first of the events that are left already: these are only looked at as bytes. `progress` hears on the
    /// caller's own thread how many events were read.
    init(
        _ files: LedgerFiles, upTo time: Int64? = nil, remembersRequests: Bool = false,
        progress: @escaping @Sendable (_ events: Int) -> Void
    ) throws(LedgerError) {
        self.files = files
        self.progress = progress
        var lanes: [LanePass] = []
        var shares: [any RecoveryShare] = []
        for log in files.logs {
            let machine = try files.machineAtBeginning(of: log, asOf: time)
            let books = PlainBooks()
            if log.isTrimmed { machine.withState { books.begin(with: &$0) } }
            let share = machine.lendShare()
            if let share { shares.append(share) }
            lanes.append(
                LanePass(machine, books, log, upTo: time ?? .max, remembering: remembersRequests ? share : nil))
        }
        self.lanes = lanes
        self.shares = shares
    }

    /// The engine's own books, lane by lane. Once finished.
    var machines: [WalletMachine] { lanes.map(\.machine) }
    /// The second opinion's.
    var books: [PlainBooks] { lanes.map(\.books) }
    /// Events that were taken in. Once finished.
    var events: Int { lanes.reduce(0) { $0 + $1.events } }

    func take(_ records: RecordRun, lane: Int, isOwnThread: Bool) {
        lanes[lane].take(records)
        let count = records.count
        let events = eventsTaken.with { taken in
            taken += count
            return taken
        }
        if isOwnThread { progress(events) }
    }

    func end(lane: Int) { lanes[lane].end() }

    /// What did not add up: each event once, though two may have found it. Once every lane has ended.
    func finish() throws(LedgerError) -> FindingList {
        defer { for share in shares { share.giveBack() } }
        var findings = FindingList()
        for lane in lanes { findings.add(try lane.finish()) }
        return findings
    }
}

/// The way through one lane. Its threads are there from the first record to the last.
private final class LanePass: @unchecked Sendable {
    // @unchecked: used by the thread that goes through the lane, and when that is done by whoever waited for it.
    let machine: WalletMachine
    let books: PlainBooks
    private(set) var events = 0
    private let applying: Applying
    private let summing: Summing
    private let takers: [any RecordTaker]
    private let log: FileBatchLog
    private let time: Int64
    private var relay: RecordRelay?
    private var outcome: Result<Void, LogError> = .success(())

    init(
        _ machine: WalletMachine, _ books: PlainBooks, _ log: FileBatchLog, upTo time: Int64,
        remembering share: (any RecoveryShare)?
    ) {
        self.machine = machine
        self.books = books
        self.log = log
        self.time = time
        applying = Applying(machine, log)
        summing = Summing(books, log)
        takers = [applying, summing] + (share.map { [Remembering($0)] } ?? [])
    }

    func take(_ records: RecordRun) {
        let relay = relay ?? RecordRelay(takers: takers, upTo: time)
        self.relay = relay
        _ = relay.put(records, of: log.at.lane)
    }

    /// Returns when all that was taken is in the books.
    func end() {
        guard let relay else { return }
        outcome = Result { () throws(LogError) in try relay.finish() }
        events = Int(relay.count)
        self.relay = nil
    }

    func finish() throws(LedgerError) -> FindingList {
        try outcome.get()
        var findings = applying.findings
        let known = Set(findings.kept.map { Place($0) })
        for finding in summing.findings.kept where !known.contains(Place(finding)) { findings.add(finding) }
        return findings
    }

    private struct Place: Hashable {
        let check: Finding.Check
        let file: String?
        let offset: UInt64?

        init(_ finding: Finding) {
            check = finding.check
            file = finding.file
            offset = finding.offset
        }
    }
}

extension PlainBooks {
    /// Takes over everybody's balances from a snapshot.
    fileprivate func begin(with state: inout WalletState) {
        var key: [UInt8] = []
        func compose(_ tenant: UnsafeRawBufferPointer, _ player: UnsafeRawBufferPointer) {
            key.removeAll(keepingCapacity: true)
            key += tenant
            key.append(UInt8(ascii: "/"))
            key += player
        }
        state.forEachSeq { tenant, player, seq in
            compose(tenant, player)
            key.withUnsafeBytes {
                begin(key: $0, seq: seq, asset: UnsafeRawBufferPointer(start: nil, count: 0), balance: 0, held: 0)
            }
        }
        state.forEachPurse { tenant, player, asset, facts in
            compose(tenant, player)
            key.withUnsafeBytes { key in
                asset.withBytes {
                    begin(key: key, seq: seq(key: key) ?? 0, asset: $0, balance: facts.balance, held: facts.held)
                }
            }
        }
    }
}

extension Finding {
    /// What is wrong with an event, and where it stands.
    fileprivate init(_ check: Check, _ placed: PlacedRecord, in log: FileBatchLog, found: String) {
        self.init(check, found: found)
        place(at: placed.address, in: log)
        name(placed.record)
    }

    /// Whom a record is of, as it says itself.
    mutating func name(_ record: RecordView) {
        seq = record.revision
        position = record.position
        name(key: record.key)
    }

    /// Whom a key, `tenant/player`, is of.
    mutating func name(key: UnsafeRawBufferPointer) {
        guard let slash = key.firstIndex(of: UInt8(ascii: "/")) else { return }
        tenant = String(decoding: key[..<slash], as: UTF8.self)
        player = String(decoding: key[(slash + 1)...], as: UTF8.self)
    }
}

/// The engine's own opinion.
private final class Applying: RecordTaker, @unchecked Sendable {
    // @unchecked: used by its thread alone, until that has ended.
    private let machine: WalletMachine
    private let log: FileBatchLog
    private(set) var findings = FindingList()

    init(_ machine: WalletMachine, _ log: FileBatchLog) {
        self.machine = machine
        self.log = log
    }

    func take(_ block: RecordBlock) {
        var rest = block.records
        while !rest.isEmpty {
            do throws(LogError) {
                return try machine.apply(rest)
            } catch {
                // All before the one that does not fit were taken in. It is named, believed, and the rest goes on.
                let (index, fault) = machine.withState { ($0.takenIn, $0.lastFault) }
                note(rest[index], fault, error)
                machine.withState { [placed = rest[index]] in $0.adopt(placed.record, at: placed.address) }
                rest = UnsafeBufferPointer(rebasing: rest[(index + 1)...])
            }
        }
    }

    private func note(_ placed: PlacedRecord, _ fault: EventFault?, _ error: LogError) {
        let check: Finding.Check =
            switch fault?.what {
            case .seq: .seq
            case .balance: .balance
            case .hold: .hold
            case .malformed, .other, nil: .event
            }
        var finding = Finding(check, placed, in: log, found: fault?.found ?? error.description)
        finding.expected = fault?.expected
        finding.asset = fault?.asset?.description
        findings.add(finding)
    }
}

/// The second opinion.
private final class Summing: RecordTaker, @unchecked Sendable {
    // @unchecked: used by its thread alone, until that has ended.
    private let books: PlainBooks
    private let log: FileBatchLog
    private(set) var findings = FindingList()

    init(_ books: PlainBooks, _ log: FileBatchLog) {
        self.books = books
        self.log = log
    }

    func take(_ block: RecordBlock) {
        let records = block.records
        books.take(records.count) {
            records[$0].record.base
        } note: {
            note(records[$0], $1)
        }
    }

    private func note(_ placed: PlacedRecord, _ disagreement: PlainBooks.Disagreement) {
        let check: Finding.Check =
            switch disagreement.what {
            case .unreadable: .event
            case .seq: .seq
            case .balance, .toBalance: .balance
            case .law: .law
            }
        var finding = Finding(check, placed, in: log, found: disagreement.found)
        finding.expected = disagreement.expected
        finding.asset = disagreement.asset
        findings.add(finding)
    }
}

/// The memory of requests.
private final class Remembering: RecordTaker {
    private let share: any RecoveryShare

    init(_ share: any RecoveryShare) { self.share = share }

    func take(_ block: RecordBlock) throws(LogError) { try share.apply(block.records) }
}
