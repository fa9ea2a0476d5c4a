import HoldfastLog
import HoldfastMemory

/// How far one command came.
enum Step: Equatable {
    case done
    case batchIsFull
    case needsLane(Int)
}

/// What a transfer has to know of its recipient.
enum Recipient: BitwiseCopyable {
    /// In this lane, if there: look.
    case local
    /// In another lane, which is held still: these are the facts.
    case remote(isKnown: Bool, purse: PurseFacts, hasRoom: Bool)
}

extension WalletState {
    /// Decides the commands of a batch from where it stands.
    mutating func decide(_ work: CommandBatch, on turn: inout LaneTurn) -> WorkProgress {
        if !wheelIsLive { startWheel() }
        let content = work.content
        let records = Records(of: work, on: turn)
        openRange(turn)
        var cursor = work.cursor
        var index = work.nextIndex
        defer {
            work.cursor = cursor
            work.nextIndex = index
        }
        var pipeline = Pipeline(content.frames, cursor: cursor, index: index, count: content.count)
        while index < content.count {
            advance(&pipeline, to: index)
            let entry = entry(index).pointee
            let frame = CommandFrame(entry.frame!)
            let step = decide(
                frame, guess: entry, recipient: .local, on: &turn, records, into: content.outcomes + index)
            switch step {
            case .done: break
            case .batchIsFull: return .batchIsFull
            case .needsLane(let lane): return .needsLane(lane)
            }
            cursor &+= frame.frameBytes
            index &+= 1
        }
        // Time has passed for a batch without commands too, and a query must not see a hold beyond its time.
        guard expire(on: &turn) else { return .batchIsFull }
        return .finished
    }

    /// What outcomes need to name their records by. It lives no longer than the call that got the batch.
    struct Records: BitwiseCopyable {
        private let work: Unmanaged<CommandBatch>
        let ordinal: UInt16

        init(of work: CommandBatch, on turn: borrowing LaneTurn) {
            self.work = .passUnretained(work)
            ordinal = work.ordinal(ofBatch: turn.batch.address)
        }

        func note(_ failure: LogError) {
            let work = work.takeUnretainedValue()
            if work.failure == nil { work.failure = failure }
        }
    }

    /// Lets request memory take in every address of the open batch.
    @inline(__always)
    mutating func openRange(_ turn: borrowing LaneTurn) {
        requests.setRange(
            from: window.floor, upTo: turn.batch.address &+ UInt64(truncatingIfNeeded: turn.batch.capacity))
    }

    /// Lets time come to the turn's: what falls due by then expires first. False when the batch is full.
    @inline(__always)
    mutating func passTime(_ turn: inout LaneTurn) -> Bool {
        guard turn.now > expiredUpTo else { return true }
        return expireDue(&turn)
    }

    /// One command, in the domain's order: time, assets, duplicates, player, the operation's own checks. Nothing has
    /// changed when the answer is not `done`, but for holds that expired.
    @inline(__always)
    mutating func decide(
        _ frame: CommandFrame, guess: PipelineEntry, recipient: Recipient, on turn: inout LaneTurn,
        _ records: Records, into outcome: UnsafeMutablePointer<Outcome>
    ) -> Step {
        if frame.at > turn.now { turn.now = frame.at }
        guard passTime(&turn) else { return .batchIsFull }
        // A transfer lays down two records, here or in two lanes.
        guard turn.batch.hasRoom(for: 2 &* WalletEvent.recordBytesMax) else { return .batchIsFull }
        if frame.isUndeclared {
            outcome.pointee = .refused(.unknownAsset, at: turn.now)
            return .done
        }

        var player = guess.player
        if player == 0 || !isPlayer(player, frame.tenant, frame.player) {
            player = findPlayer(frame.keyHash, frame.tenant, frame.player)
        }
        let isKnown = player != 0 && players.pointer(player).pointee.seq > 0
        do throws(LogError) {
            var isFresh = false
            if isKnown {
                isFresh = requests.pages.firstMatch(frame.requestHash) == nil
                if !isFresh || longHolds > 0, let answer = try earlierAnswer(frame, player, turn) {
                    outcome.pointee = answer
                    return .done
                }
            } else if !frame.operation.createsPlayer {
                outcome.pointee = .refused(.unknownPlayer, at: turn.now)
                return .done
            }
            return try decideNew(frame, player, guess.hold, isKnown, isFresh, recipient, &turn, records, outcome)
        } catch {
            fail(error, turn.now, records, outcome)
            return .done
        }
    }

    /// A request that has no answer yet.
    @inline(__always)
    private mutating func decideNew(
        _ frame: CommandFrame, _ player: UInt32, _ holdGuess: UInt32, _ isKnown: Bool, _ isFresh: Bool,
        _ recipient: Recipient, _ turn: inout LaneTurn, _ records: Records, _ outcome: UnsafeMutablePointer<Outcome>
    ) throws(LogError) -> Step {
        var situation = Situation(now: turn.now)
        var found = FoundTarget()
        var asset = frame.asset
        var recipientPlayer: UInt32 = 0
        if isKnown {
            situation.isLocked = players.pointer(player).pointee.isLocked
            if frame.hasTarget {
                found = try findTarget(frame.targetHash, player, frame.target, guess: holdGuess, turn)
                situation.target = found.facts
                // A credit has an asset of its own; a confirm and a rollback concern their target's.
                if asset == 0 { asset = found.asset }
            }
            situation.purse = facts(player, asset)
        }
        switch frame.operation {
        case .exchange: situation.toPurse = facts(player, frame.toAsset)
        case .transfer:
            switch recipient {
            case .remote(let isKnown, let purse, let hasRoom):
                guard hasRoom else { throw Full.furtherPurses.error(self) }
                situation.recipientIsKnown = isKnown
                situation.toPurse = purse
            case .local:
                let lane = LanePlacement.lane(ofHash: frame.targetHash, lanes: lanes)
                guard lane == turn.lane else { return .needsLane(lane) }
                recipientPlayer = findPlayer(frame.targetHash, frame.tenant, frame.other)
                if recipientPlayer != 0, players.pointer(recipientPlayer).pointee.seq == 0 { recipientPlayer = 0 }
                situation.recipientIsKnown = recipientPlayer != 0
                situation.toPurse = facts(recipientPlayer, asset)
            }
        case .credit, .debit, .authorise, .confirm, .rollback, .lock, .unlock: break
        }
        let decision = HoldfastWallet.decide(frame.command, in: situation)
        var concern = Concern(player: player, asset: asset, recipient: recipientPlayer, target: found, isFresh: isFresh)
        if let full = record(decision, &situation, frame, &concern, &turn, records, outcome) { throw full.error(self) }
        return .done
    }

    @inline(never)
    private func fail(
        _ error: LogError, _ time: Int64, _ records: Records,
        _ outcome: UnsafeMutablePointer<Outcome>
    ) {
        records.note(error)
        var failed = Outcome()
        failed.status = .failed
        failed.time = time
        outcome.pointee = failed
    }
}
