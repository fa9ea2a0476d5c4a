public import HoldfastLog

extension Ledger {
    /// All events from a position on, in the order of their positions: first those that are there, then those that
    /// come, until the task is cancelled or the ledger closed.
    public func subscribe(from position: UInt64 = 1) -> LedgerSubscription {
        LedgerSubscription(ledger: self, checkpoint: nil, from: position)
    }

    /// Follows the ledger from a named, durable checkpoint on. It moves only when the consumer says so, with
    /// `acknowledge`, so that a consumer that failed resumes without a gap.
    public func subscribe(checkpoint name: String) throws(LedgerError) -> LedgerSubscription {
        let checkpoint = try Checkpoint(name, in: directory)
        let done = try checkpoint.load() ?? 0
        if done > lastPosition {
            throw .invalid(
                argument: "checkpoint \(name)",
                reason: "it stands at \(done), but the log ends at \(lastPosition): it belongs to another ledger, "
                    + "or the log has lost its end")
        }
        return LedgerSubscription(ledger: self, checkpoint: checkpoint, from: done + 1)
    }
}

/// A live view of a ledger's events, as an asynchronous sequence.
public struct LedgerSubscription: AsyncSequence, Sendable {
    let ledger: Ledger
    let checkpoint: Checkpoint?
    let from: UInt64

    /// Makes the checkpoint durable behind `event`.
    public func acknowledge(_ event: LedgerEvent) async throws(LedgerError) {
        guard let checkpoint else {
            throw .invalid(argument: "subscription", reason: "it has no checkpoint; subscribe with a name to get one")
        }
        try checkpoint.advance(to: event.position)
    }

    public func makeAsyncIterator() -> Iterator { Iterator(self) }

    public struct Iterator: AsyncIteratorProtocol {
        private let subscription: LedgerSubscription
        private var reader: LogReader?
        private var page: [LedgerEvent] = []
        private var at = 0

        init(_ subscription: LedgerSubscription) { self.subscription = subscription }

        public mutating func next() async throws(LedgerError) -> LedgerEvent? { try await next(isolation: nil) }

        public mutating func next(isolation actor: isolated (any Actor)?) async throws(LedgerError) -> LedgerEvent? {
            let ledger = subscription.ledger
            if reader == nil {
                reader = try LogReader(
                    ledger.logs, from: subscription.from, upTo: ledger.engine.durable.mark.addresses)
            }
            while at == page.count {
                if try turnPage() { break }
                guard await ledger.engine.durable.wait(beyond: reader!.next - 1) else {
                    if Task.isCancelled { return nil }
                    if let failure = ledger.engine.failure { throw failure }
                    return nil
                }
                try reader!.extend(to: ledger.engine.durable.mark.addresses)
            }
            at += 1
            return page[at - 1]
        }

        private mutating func turnPage() throws(LedgerError) -> Bool {
            var events: [LedgerEvent] = []
            let count = try reader!.readBatch { (record, _, _, _) throws(LedgerError) in
                events.append(try LedgerEvent(record))
            }
            page = events
            at = 0
            return count > 0
        }
    }
}
