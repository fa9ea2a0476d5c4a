public import HoldfastLog
internal import HoldfastWallet

extension Ledger {
    /// A player's wallet now; nil when they have no events. What it shows is durable.
    public func wallet(of player: Player) async throws(LedgerError) -> Wallet? {
        try await view(of: player).map { Wallet($0) }
    }

    /// A player's wallet as it was after their event `seq`.
    public func wallet(of player: Player, atSeq seq: UInt64) async throws(LedgerError) -> Wallet? {
        try await replay(player) { $0.revision <= seq }
    }

    /// A player's wallet as it was at a time, in milliseconds since 1970 UTC. Holds that had ended by then have
    /// fallen back.
    public func wallet(of player: Player, asOf time: Int64) async throws(LedgerError) -> Wallet? {
        try await replay(player) { $0.time <= time }?.withHoldsEnded(by: time)
    }

    /// A player's events: from the first on, or backwards from the last.
    ///
    /// Where the log has given up its beginning, it is the first event that is left.
    public func history(
        of player: Player, from seq: UInt64? = nil, limit: Int = 100, backwards: Bool = false
    ) async throws(LedgerError) -> [LedgerEvent] {
        guard limit > 0, let view = try await view(of: player) else { return [] }
        let chain = RecordChain(log: logs[lane(of: player)], key: player.keyBytes, last: view.lastAddress)
        if backwards {
            return try chain.backwards(from: seq ?? view.seq, limit: limit) { record throws(LedgerError) in
                try LedgerEvent(record)
            }
        }
        let log = logs[lane(of: player)]
        let kept = log.isTrimmed ? try chain.firstRevision() ?? view.seq + 1 : 1
        if let seq, kept > 1, seq < kept {
            throw .givenUp(
                needed: "event \(seq) of player \(player.id) of \(player.tenant)",
                remains: "the player's events begin with \(kept)")
        }
        let first = max(kept, seq ?? kept)
        guard first <= view.seq else { return [] }
        let last = min(view.seq, first + UInt64(limit) - 1)
        let events = try chain.backwards(from: last, limit: Int(last - first) + 1) { record throws(LedgerError) in
            try LedgerEvent(record)
        }
        return events.reversed()
    }

    private func replay(
        _ player: Player, while holds: (RecordView) -> Bool
    ) async throws(LedgerError) -> Wallet? {
        guard let view = try await view(of: player) else { return nil }
        let chain = RecordChain(log: logs[lane(of: player)], key: player.keyBytes, last: view.lastAddress)
        var replay = PlayerReplay(player, configuration)
        for address in try chain.addresses(while: { _ in true }).reversed() {
            let record = try chain.record(at: address)
            if !holds(record) { break }
            try replay.apply(record, at: address)
        }
        if replay.isEmpty, view.lastAddress < logs[lane(of: player)].firstAddress {
            throw .givenUp(
                needed: "an earlier wallet of player \(player.id) of \(player.tenant)",
                remains: "the player has had no event since it begins")
        }
        return replay.wallet()
    }

    /// Asks the player's lane, in turn with the commands; returns once what it saw is durable.
    func view(of player: Player) async throws(LedgerError) -> PlayerView? {
        let batch = CommandBatch(commandsExpected: 1)
        let found = Locked<PlayerView?>(nil)
        batch.query = { state, _ in
            let view = state.view(tenant: player.tenant, player: player.id)
            found.with { $0 = view }
        }
        try await submit(batch, lane: lane(of: player))
        return found.with { $0 }
    }

    func lane(of player: Player) -> Int {
        var tenant = player.tenant
        var id = player.id
        return tenant.withUTF8 { tenant in
            id.withUTF8 { id in
                let (tenant, id) = (UnsafeRawBufferPointer(tenant), UnsafeRawBufferPointer(id))
                return lane(ofKeyHash: withBuilder { $0.keyHash(tenant: tenant, player: id) })
            }
        }
    }
}

/// A stream's records, from its last one back: each knows where the one before it stands.
package struct RecordChain {
    private let log: FileBatchLog
    private let key: [UInt8]
    let last: UInt64
    private let scratch = RecordScratch()

    init(log: FileBatchLog, key: [UInt8], last: UInt64) {
        self.log = log
        self.key = key
        self.last = last
    }

    /// No record stands before it: an event that says so had none before it, or one that was given up.
    var beginning: UInt64 { max(1, log.firstAddress) }

    /// The revision of the first record that the log still has, if it has one.
    func firstRevision() throws(LedgerError) -> UInt64? {
        guard let first = try addresses(while: { _ in true }).last else { return nil }
        return try record(at: first).revision
    }

    /// Good until the next call.
    package func record(at address: UInt64) throws(LedgerError) -> RecordView {
        if let record = try scratch.load(address, of: key, from: log) { return record }
        throw log.damage(at: address, "there is no event where another one refers to")
    }

    /// The addresses of the records, newest first.
    func addresses(while wanted: (RecordView) -> Bool) throws(LedgerError) -> [UInt64] {
        var addresses: [UInt64] = []
        var at = last
        let beginning = beginning
        while at >= beginning {
            let record = try record(at: at)
            if !wanted(record) { break }
            addresses.append(at)
            at = record.previous
        }
        return addresses
    }

    func backwards<Element>(
        from revision: UInt64, limit: Int, _ make: (RecordView) throws(LedgerError) -> Element
    ) throws(LedgerError) -> [Element] {
        var elements: [Element] = []
        var at = last
        let beginning = beginning
        while at >= beginning, elements.count < limit {
            let record = try record(at: at)
            if record.revision <= revision { elements.append(try make(record)) }
            at = record.previous
        }
        return elements
    }
}
