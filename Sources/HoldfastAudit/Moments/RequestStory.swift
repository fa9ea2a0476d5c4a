package import Holdfast
internal import HoldfastLog
internal import HoldfastWallet

/// Everything that a player's log says about one request: its own command, what acted on it since, and what it acted
/// on itself.
package struct RequestStory: Sendable {
    package enum Role: String, Sendable {
        /// The command that bears the request_id.
        case command
        /// Something that names the request as its target: a confirm, a rollback, an expiry.
        case actsOnIt = "acts_on_it"
        /// About the request that this one names as its target.
        case itsTarget = "its_target"
        /// The other half of somebody's transfer under this request_id.
        case received
    }

    package struct Step: Sendable {
        package var role: Role
        package var line: Statement.Line
        package var requestID: String?
        package var target: String?
        package var amount: Int64?
        package var refusal: Refusal?
        package var location: EventLocation
        /// That the event stands where it is said to stand; nil where proofs were not asked for.
        package var proof: InclusionProof?
    }

    package let player: Player
    package let requestID: String
    package private(set) var steps: [Step] = []
    /// What the request has become: `open_hold`, `confirmed`, `rolled_back`, `hold_expired`, `tombstoned`, `refused`, or
    /// the name of its event.
    package private(set) var state = ""
    /// Of an open hold.
    package private(set) var expiresAt: Int64?

    /// Nil when the player's log does not know the request. The prover makes each step's proof; the words are for this
    /// reader.
    package init?(
        of requestID: String, player: Player, in files: LedgerFiles, provenBy prover: Prover? = nil,
        for reader: MoneyTable.Reader = .plainText
    ) throws(LedgerError) {
        self.player = player
        self.requestID = requestID
        let own = Array(requestID.utf8)
        // First which requests are told of: this one, and those that it names as its targets.
        var targets: Set<[UInt8]> = []
        var isKnown = false
        try files.forEachRecord(of: player) { (record, _) throws(LedgerError) in
            let event = try WalletEvent(reading: record)
            let isOwn = event.requestID.elementsEqual(own)
            if isOwn || event.target.elementsEqual(own) { isKnown = true }
            if isOwn, event.target.count > 0 { targets.insert(Array(event.target)) }
            return true
        }
        if !isKnown { return nil }
        targets.remove(own)
        var found: [(step: Step, address: UInt64, record: [UInt8])] = []
        var words = EventWords(MoneyTable(files.configuration.assets, for: reader))
        try files.forEachRecord(of: player) { (record, address) throws(LedgerError) in
            let event = try WalletEvent(reading: record)
            guard let role = Self.role(of: event, own: own, targets: targets) else { return true }
            if role != .itsTarget { note(event, isOwn: role != .actsOnIt) }
            found.append((Step(event, role, at: record.position, &words), address, Array(record.bytes)))
            return true
        }
        for (step, address, record) in found {
            var step = step
            step.location = try files.location(of: address, player: player)
            step.proof = try prover?.inclusion(of: record, at: address, lane: files.lane(of: player))
            steps.append(step)
        }
    }

    private static func role(
        of event: borrowing WalletEvent, own: [UInt8], targets: Set<[UInt8]>
    ) -> Role? {
        if event.requestID.elementsEqual(own) { return event.kind == .received ? .received : .command }
        if event.target.elementsEqual(own) { return .actsOnIt }
        if targets.isEmpty { return nil }
        if targets.contains(Array(event.requestID)) { return .itsTarget }
        return targets.contains(Array(event.target)) ? .itsTarget : nil
    }

    /// The newest event that changes what the request is decides its state; a refused attempt changes nothing.
    private mutating func note(_ event: borrowing WalletEvent, isOwn: Bool) {
        if isOwn {
            state = event.kind == .authorised ? "open_hold" : event.kind.name
            expiresAt = event.kind == .authorised ? event.moment : nil
            return
        }
        switch event.kind {
        case .confirmed, .rolledBack, .holdExpired, .tombstoned:
            state = event.kind.name
            expiresAt = nil
        default: break
        }
    }
}

extension RequestStory.Step {
    fileprivate init(
        _ event: borrowing WalletEvent, _ role: RequestStory.Role, at position: UInt64, _ words: inout EventWords
    ) {
        let rows = EventRows(of: event, position: position)
        self.role = role
        requestID = event.requestID.count > 0 ? EventWords.text(event.requestID) : nil
        target = event.target.count > 0 ? EventWords.text(event.target) : nil
        amount = rows.first.amount
        refusal = event.refusal
        line = Statement.Line(event, rows, &words)
        location = EventLocation(
            lane: 0, batch: 0, batchHash: "", batchTime: 0, batchEvents: 0, address: 0, file: "", offset: 0)
    }
}
