/// The ledger as the domain describes it, with plain dictionaries and whole lists, to hold against the
/// engine. It shares no code with it, and where speed and clarity differ it takes clarity.
///
///     var ledger = NaiveLedger()
///     let answer = ledger.apply(line: commandLine)
///
/// Time comes from each command's `at`, as with `--clock given`.
public struct NaiveLedger: Sendable {
    public internal(set) var players: [AccountName: NaivePlayer] = [:]
    /// In the order in which they were opened, which settles who expires first at the same moment.
    public internal(set) var openHolds: [NaiveHold] = []
    /// The latest time seen.
    public internal(set) var now: Int64 = 0

    let windowMilliseconds: Int64
    let declaredAssets: Set<String>

    public init(
        windowMilliseconds: Int64 = 86_400_000, declaredAssets: Set<String> = NaiveAssets.builtIn
    ) {
        self.windowMilliseconds = windowMilliseconds
        self.declaredAssets = declaredAssets
    }

    /// Decides one command line and gives its answer.
    public mutating func apply(line: String) -> JSONValue {
        let command: NaiveCommand
        do throws(NaiveForm.Fault) {
            command = try NaiveForm.read(line)
        } catch {
            return .unrecorded("invalid_request", field: error.field)
        }
        if let at = command.at { advance(to: at) } else { advance(to: now) }
        guard [command.asset, command.toAsset].allSatisfy(isDeclared) else {
            return .unrecorded("unknown_asset")
        }
        if let known = answerFromMemory(command) { return known }
        if players[command.account] == nil {
            guard command.operation.createsPlayer else { return .unrecorded("unknown_player") }
            players[command.account] = NaivePlayer()
        }
        return record(decide(command), of: command)
    }

    /// Moves time forward and expires what has fallen due, in the order of the holds' time.
    public mutating func advance(to time: Int64) {
        now = max(now, time)
        while let due = nextDueHold() { expire(due) }
    }

    private func isDeclared(_ asset: String?) -> Bool {
        guard let asset else { return true }
        return declaredAssets.contains(NaiveAssets.base(of: asset))
    }
}

// MARK: One request, one answer

extension NaiveLedger {
    /// The answer to a request whose id is still guarded, or nil when the id is free.
    private func answerFromMemory(_ command: NaiveCommand) -> JSONValue? {
        guard let record = players[command.account]?.records[command.requestID] else { return nil }
        let inWindow = now < record.firstAnsweredAt + windowMilliseconds
        guard inWindow || record.state == .openHold else { return nil }
        guard let first = record.command else {
            return .unrecorded(
                command.operation.canBeRolledBack ? "rolled_back" : "request_id_reused")
        }
        return command.isSameRequest(as: first)
            ? record.answer.asDuplicate : .unrecorded("request_id_reused")
    }

    /// Writes what was decided into the player's log and gives the answer.
    private mutating func record(_ decision: NaiveDecision, of command: NaiveCommand) -> JSONValue {
        let answer: JSONValue
        let state: NaiveRecord.State
        switch decision {
        case .refused(let refusal, let asset):
            state = .refused
            append("refused", by: command.requestID, error: refusal.rawValue, to: command.account)
            answer = .refused(refusal, asset: asset, player: players[command.account]!)
        case .accepted(let change):
            state = change.opensHoldUntil == nil ? .accepted : .openHold
            perform(change, of: command)
            answer = .accepted(change, player: players[command.account]!)
        }
        players[command.account]!.records[command.requestID] = NaiveRecord(
            command: command, answer: answer, firstAnsweredAt: now, state: state)
        return answer
    }
}

// MARK: Effects

extension NaiveLedger {
    private mutating func perform(_ change: NaiveChange, of command: NaiveCommand) {
        append(
            change.event, by: command.requestID, amount: change.amount, moves: change.moves,
            to: command.account)
        if let received = change.received {
            append(
                "received", by: command.requestID, amount: change.amount, moves: [received],
                to: command.recipient)
        }
        if let isLocked = change.setsLock { players[command.account]!.isLocked = isLocked }
        if let state = change.targetBecomes { settle(command.target!, of: command.account, state) }
        if let expiresAt = change.opensHoldUntil {
            openHolds.append(
                NaiveHold(
                    account: command.account, requestID: command.requestID,
                    asset: change.asset!, amount: change.amount, expiresAt: expiresAt))
        }
    }

    /// Gives the target its new state; a hold that has one is no longer open.
    private mutating func settle(
        _ target: ByteName, of account: AccountName, _ state: NaiveRecord.State
    ) {
        if state == .tombstone {
            players[account]!.records[target] = NaiveRecord(
                command: nil, answer: .null, firstAnsweredAt: now, state: .tombstone)
        } else {
            players[account]!.records[target]!.state = state
            openHolds.removeAll { $0.account == account && $0.requestID == target }
        }
    }

    private mutating func append(
        _ name: String, by requestID: ByteName, amount: Int64 = 0, moves: [NaiveMove] = [],
        error: String? = nil, at time: Int64? = nil, to account: AccountName
    ) {
        var effects: [NaiveEffect] = []
        for move in moves {
            var purse = players[account]!.purse(move.asset)
            purse.balance += move.balance
            purse.held += move.held
            players[account]!.purses[move.asset] = purse
            effects.append(
                NaiveEffect(
                    asset: move.asset, balanceDelta: move.balance, heldDelta: move.held, after: purse))
        }
        players[account]!.events.append(
            NaiveEvent(
                seq: players[account]!.seq + 1, name: name, requestID: requestID, amount: amount,
                error: error, effects: effects, createdAt: time ?? now))
    }
}

// MARK: Expiry

extension NaiveLedger {
    /// `min` takes the first of equals: the hold that was opened first.
    private func nextDueHold() -> NaiveHold? {
        openHolds.filter { $0.expiresAt <= now }.min { $0.expiresAt < $1.expiresAt }
    }

    /// The event bears the time at which the hold ended, however late the ledger comes to write it.
    private mutating func expire(_ hold: NaiveHold) {
        append(
            "hold_expired", by: hold.requestID, amount: hold.amount,
            moves: [NaiveMove(asset: hold.asset, held: -hold.amount)], at: hold.expiresAt,
            to: hold.account)
        settle(hold.requestID, of: hold.account, .expiredHold)
    }
}
