internal import Holdfast
internal import HoldfastLog
internal import HoldfastWallet

/// One way through a whole ledger: one thread reads and checks, one applies every event with the `apply` that served
/// it live, and one adds up the events' bytes by itself. In the end both must have the same books.
final class LedgerPass {
    let files: LedgerFiles
    let machines: [WalletMachine]
    private(set) var summation: PlainBooks
    private(set) var findings = FindingList()
    private let applying: Applying
    private let summing: Summing
    private let relay: RecordRelay
    /// What the machines lent out: request memory is of no account to any balance, so it is filled by a thread of its
    /// own, and only where it will be compared with a snapshot's.
    private let shares: [any RecoveryShare]

    /// Events up to and including a time. A lane that has given up its beginning starts from its oldest snapshot, which
    /// has the first of the events that are left already: these are only looked at as bytes.
    init(_ files: LedgerFiles, upTo time: Int64? = nil, remembersRequests: Bool = false) throws(LedgerError) {
        self.files = files
        var machines: [WalletMachine] = []
        let summation = PlainBooks()
        for log in files.logs {
            let machine = try files.machineAtBeginning(of: log, asOf: time)
            if log.isTrimmed { machine.withState { summation.begin(with: &$0) } }
            machines.append(machine)
        }
        let applying = Applying(machines, files)
        let summing = Summing(summation, files)
        let shares = machines.compactMap { $0.lendShare() }
        self.machines = machines
        self.summation = summation
        self.applying = applying
        self.summing = summing
        self.shares = shares
        var takers: [any RecordTaker] = [applying, summing]
        if remembersRequests { takers.append(Remembering(shares)) }
        relay = RecordRelay(takers: takers, upTo: time ?? .max)
    }

    var events: Int { Int(relay.count) }

    func take(_ records: RecordRun, lane: Int) { _ = relay.put(records, of: lane) }

    /// Waits for the books, and gathers what did not add up: each event once, though two may have found it.
    func finish() throws(LedgerError) {
        defer { for share in shares { share.giveBack() } }
        try relay.finish()
        findings.add(applying.findings)
        let known = Set(applying.findings.kept.map { Place($0) })
        for finding in summing.findings.kept where !known.contains(Place(finding)) { findings.add(finding) }
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
    private let machines: [WalletMachine]
    private let files: LedgerFiles
    private(set) var findings = FindingList()

    init(_ machines: [WalletMachine], _ files: LedgerFiles) {
        self.machines = machines
        self.files = files
    }

    func take(_ block: RecordBlock) {
        let machine = machines[block.lane]
        var rest = block.records
        while !rest.isEmpty {
            do throws(LogError) {
                return try machine.apply(rest)
            } catch {
                // All before the one that does not fit were taken in. It is named, believed, and the rest goes on.
                let (index, fault) = machine.withState { ($0.takenIn, $0.lastFault) }
                note(rest[index], fault, error, block.lane)
                machine.withState { [placed = rest[index]] in $0.adopt(placed.record, at: placed.address) }
                rest = UnsafeBufferPointer(rebasing: rest[(index + 1)...])
            }
        }
    }

    private func note(_ placed: PlacedRecord, _ fault: EventFault?, _ error: LogError, _ lane: Int) {
        let check: Finding.Check =
            switch fault?.what {
            case .seq: .seq
            case .balance: .balance
            case .hold: .hold
            case .malformed, .other, nil: .event
            }
        var finding = Finding(check, placed, in: files.logs[lane], found: fault?.found ?? error.description)
        finding.expected = fault?.expected
        finding.asset = fault?.asset?.description
        findings.add(finding)
    }
}

/// The second opinion.
private final class Summing: RecordTaker, @unchecked Sendable {
    // @unchecked: used by its thread alone, until that has ended.
    private let books: PlainBooks
    private let files: LedgerFiles
    private(set) var findings = FindingList()

    init(_ books: PlainBooks, _ files: LedgerFiles) {
        self.books = books
        self.files = files
    }

    func take(_ block: RecordBlock) {
        let records = block.records
        withUnsafeTemporaryAllocation(of: UnsafeRawPointer.self, capacity: PlainBooks.groupMax) { group in
            var done = 0
            while done < records.count {
                let count = min(PlainBooks.groupMax, records.count - done)
                for index in 0..<count { group[index] = records[done + index].record.base }
                books.take(UnsafeBufferPointer(rebasing: group[..<count])) { index, disagreement in
                    note(records[done + index], disagreement, block.lane)
                }
                done += count
            }
        }
    }

    private func note(_ placed: PlacedRecord, _ disagreement: PlainBooks.Disagreement, _ lane: Int) {
        let check: Finding.Check =
            switch disagreement.what {
            case .unreadable: .event
            case .seq: .seq
            case .balance, .toBalance: .balance
            case .law: .law
            }
        var finding = Finding(check, placed, in: files.logs[lane], found: disagreement.found)
        finding.expected = disagreement.expected
        finding.asset = disagreement.asset
        findings.add(finding)
    }
}

/// The memory of requests.
private final class Remembering: RecordTaker {
    private let shares: [any RecoveryShare]

    init(_ shares: [any RecoveryShare]) { self.shares = shares }

    func take(_ block: RecordBlock) throws(LogError) { try shares[block.lane].apply(block.records) }
}
