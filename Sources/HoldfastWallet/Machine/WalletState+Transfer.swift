import HoldfastLog
import HoldfastMemory

extension WalletState {
    /// Decides the one command at which a batch stands, a transfer to a player of another lane, over both lanes'
    /// states: both halves are laid down or neither.
    mutating func decideTransfer(
        _ work: CommandBatch, on turn: inout LaneTurn, with other: inout WalletState, on otherTurn: inout LaneTurn
    ) -> WorkProgress {
        let content = work.content
        guard work.nextIndex < content.count else { return .finished }
        let frame = CommandFrame(content.frames + work.cursor)
        // Both halves bear one time, and nothing due before it may follow it in either lane.
        let now = max(turn.now, otherTurn.now, frame.at)
        turn.now = now
        otherTurn.now = now
        guard expire(on: &turn), other.expire(on: &otherTurn),
            otherTurn.batch.hasRoom(for: WalletEvent.recordBytesMax)
        else { return .batchIsFull }

        let recipient = other.knownPlayer(frame.targetHash, frame.tenant, frame.other)
        let facts = Recipient.remote(
            isKnown: recipient != 0, purse: other.facts(recipient, frame.asset),
            hasRoom: other.purses.liveCount < other.purses.capacity)
        let outcome = content.outcomes + work.nextIndex
        let step = decide(
            frame, guess: PipelineEntry(), recipient: facts, on: &turn, Records(of: work, on: turn), into: outcome)
        guard step == .done else { return .batchIsFull }
        if outcome.pointee.isRecordedNow, outcome.pointee.status == .accepted {
            other.receive(frame, by: recipient, &otherTurn)
        }
        work.cursor += frame.frameBytes
        work.nextIndex += 1
        return .finished
    }

    /// The number of a player who has events, or 0.
    func knownPlayer(_ hash: UInt64, _ tenant: UnsafeRawBufferPointer, _ id: UnsafeRawBufferPointer) -> UInt32 {
        let player = findPlayer(hash, tenant, id)
        return player != 0 && players.pointer(player).pointee.seq > 0 ? player : 0
    }
}
